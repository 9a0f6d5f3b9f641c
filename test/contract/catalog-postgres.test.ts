import { afterAll, beforeAll, describe } from 'vitest';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { catalogContract } from './catalog.contract.js';
import { openCatalog } from './opened-catalog.js';

describe.skipIf(!hasPostgres)('a catalog on PostgreSQL', () => {
  let empty: ScratchPostgres;

  beforeAll(async () => {
    empty = await ScratchPostgres.create();
    await using _migrated = await TypeormCatalog.open({ kind: 'postgres', url: empty.url });
  });
  afterAll(() => empty[Symbol.asyncDispose]());

  catalogContract(async () => {
    const scratch = await ScratchPostgres.create(empty);
    return openCatalog({ kind: 'postgres', url: scratch.url }, scratch);
  });
});
