import { describe } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { CatalogLocation } from '../../src/catalog/data-source.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { TempDir } from '../support/temp-dir.js';
import { catalogContract } from './catalog.contract.js';
import type { CatalogSubject } from './catalog-subject.js';

async function open(location: CatalogLocation, place: AsyncDisposable): Promise<CatalogSubject> {
  const catalog = await TypeormCatalog.open(location);
  const opened: Catalog[] = [catalog];
  return {
    catalog,
    openAgain: async (): Promise<Catalog> => {
      const again = await TypeormCatalog.open(location);
      opened.push(again);
      return again;
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const each of opened) await each[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

describe('a catalog on SQLite', () => {
  catalogContract(async () => {
    const dir = await TempDir.create();
    return open({ kind: 'sqlite', path: dir.join('catalog.sqlite') }, dir);
  });
});

describe.skipIf(!hasPostgres)('a catalog on PostgreSQL', () => {
  catalogContract(async () => {
    const scratch = await ScratchPostgres.create();
    return open({ kind: 'postgres', url: scratch.url }, scratch);
  });
});
