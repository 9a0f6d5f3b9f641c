import { describe } from 'vitest';
import { TempDir } from '../support/temp-dir.js';
import { catalogContract } from './catalog.contract.js';
import { openCatalog } from './opened-catalog.js';

describe('a catalog on SQLite', () => {
  catalogContract(async () => {
    const dir = await TempDir.create();
    return openCatalog({ kind: 'sqlite', path: dir.join('catalog.sqlite') }, dir);
  });
});
