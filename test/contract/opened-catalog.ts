import { Client } from 'pg';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { CatalogLocation } from '../../src/catalog/data-source.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { SqliteFile } from '../support/sqlite.js';
import type { CatalogSubject } from './catalog-subject.js';

/** A catalog at that place, which goes with it. */
export async function openCatalog(location: CatalogLocation, place: AsyncDisposable): Promise<CatalogSubject> {
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
