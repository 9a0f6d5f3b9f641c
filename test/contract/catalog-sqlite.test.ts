import { describe } from 'vitest';
import { placeEmptyCatalog } from '../support/empty-catalog.js';
import { TempDir } from '../support/temp-dir.js';
import { catalogContract } from './catalog.contract.js';
import { openCatalog } from './opened-catalog.js';

describe('a catalog on SQLite', () => {
  catalogContract(async () => {
    const dir = await TempDir.create();
    const path = dir.join('catalog.sqlite');
    await placeEmptyCatalog(path);
    return openCatalog({ kind: 'sqlite', path }, dir);
  });
});
