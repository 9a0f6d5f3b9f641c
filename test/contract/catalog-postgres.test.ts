import { describe } from 'vitest';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { catalogContract } from './catalog.contract.js';
import { openCatalog } from './opened-catalog.js';

describe.skipIf(!hasPostgres)('a catalog on PostgreSQL', () => {
  catalogContract(async () => {
    const scratch = await ScratchPostgres.create();
    return openCatalog({ kind: 'postgres', url: scratch.url }, scratch);
  });
});
