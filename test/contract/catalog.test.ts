import { Client } from 'pg';
import { describe } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { CatalogLocation } from '../../src/catalog/data-source.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { SqliteFile } from '../support/sqlite.js';
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
    sql: (statement) => runSql(location, statement),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const each of opened) await each[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

async function runSql(location: CatalogLocation, statement: string): Promise<unknown> {
  if (location.kind === 'sqlite') {
    await using file = await SqliteFile.open(location.path);
    await file.exec(statement);
    return;
  }
  const client = new Client({ connectionString: location.url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
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
