import { DataSource } from 'typeorm';
import { describe, expect, test } from 'vitest';
import { createDataSource } from '../../src/catalog/data-source.js';
import type { CatalogLocation } from '../../src/catalog/data-source.js';
import { Initial1790000000000 } from '../../src/catalog/migrations/1790000000000-initial.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { BackupStatus } from '../../src/domain/backup.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { TempDir } from '../support/temp-dir.js';

const TABLES = ['instances', 'backups', 'backup_databases', 'status_changes'];

/** Rows as the first version of the product has written them. */
const ROWS = [
  `INSERT INTO instances VALUES
    ('i-1', 'shop', 'default', 'local', 'SQLITE', '3.50.0', 'PRIMARY', 'AVAILABLE', NULL, 'sqlite:/a', 'v1.a', 1, 2),
    ('i-2', 'notes', 'red', 'eu', 'SQLITE', '3.50.0', 'PRIMARY', 'BACKING_UP', 'busy', 'sqlite:/b', 'v1.b', 3, 4)`,
  `INSERT INTO backups VALUES
    ('b-1', 'first', 'it''s', 'MANUAL', 'COMPLETED', 'default', 'local', 'i-1', 'shop', 'SQLITE', '3.50.0', TRUE, 'DONE',
      1125899906842625, 1125899906842625, 1125899906842625, 20, 5, 6, 6, NULL, NULL, FALSE, TRUE, 'server-a', 7),
    ('b-2', 'second', NULL, 'MANUAL', 'BUILDING', 'red', 'eu', 'i-2', 'notes', 'SQLITE', '3.50.0', FALSE, 'COPYING',
      1, NULL, NULL, NULL, 8, NULL, NULL, NULL, NULL, FALSE, TRUE, 'server-a', 9),
    ('b-3', 'first', NULL, 'MANUAL', 'FAILED', 'default', 'local', 'i-1', 'shop', 'SQLITE', '3.50.0', TRUE, 'DONE',
      1, 2, NULL, NULL, 10, 11, NULL, 'DUMP_FAILED', 'It broke.', TRUE, FALSE, 'server-a', 12)`,
  `INSERT INTO backup_databases VALUES
    ('b-1', FALSE, 'shop.db', 'shop.db.sqlite.zst', 'sqlite', 'zstd', NULL, 1125899906842625, 20, 'abcd'),
    ('b-2', FALSE, 'notes.db', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `INSERT INTO status_changes (instance_id, previous_status, status, reason, backup_id, occurred_at) VALUES
    ('i-1', 'AVAILABLE', 'BACKING_UP', 'because', 'b-1', 5), ('i-1', 'BACKING_UP', 'AVAILABLE', NULL, 'b-1', 6)`,
];

type Rows = Readonly<Record<string, readonly unknown[]>>;

async function readRows(source: DataSource): Promise<Rows> {
  const tables = await Promise.all(
    TABLES.map(
      async (table) => [table, await source.query<unknown[]>(`SELECT * FROM ${table} ORDER BY 1, 2`)] as const,
    ),
  );
  return Object.fromEntries(tables);
}

async function withSource<T>(source: DataSource, work: (source: DataSource) => Promise<T>): Promise<T> {
  await source.initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

/** The catalog of the first version, with rows in it. */
async function createFirst(location: CatalogLocation): Promise<Rows> {
  const { options } = createDataSource(location);
  return withSource(new DataSource({ ...options, migrations: [Initial1790000000000] }), async (source) => {
    await source.runMigrations();
    for (const sql of ROWS) await source.query(sql);
    return readRows(source);
  });
}

async function expectSameContent(location: CatalogLocation): Promise<void> {
  await using catalog = await TypeormCatalog.open(location);
  const [shop, notes] = await catalog.instances.findMany(['i-1', 'i-2']);
  expect(shop).toMatchObject({ name: 'shop', status: 'AVAILABLE', endpoint: 'sqlite:/a', updatedAt: new Date(2) });
  expect(notes).toMatchObject({ project: 'red', status: 'BACKING_UP', statusReason: 'busy' });
  expect(await catalog.instances.findSealedUrls(['i-1', 'i-2'])).toEqual(['v1.a', 'v1.b']);
  const backups = await catalog.backups.findMany(['b-1', 'b-2', 'b-3']);
  expect(backups.map((backup) => backup?.status)).toEqual([
    'COMPLETED',
    'BUILDING',
    'FAILED',
  ] satisfies `${BackupStatus}`[]);
  expect(backups[0]).toMatchObject({ description: "it's", sizeBytes: 2 ** 50 + 1, includeSystemDatabases: true });
  expect(backups[2]?.failure).toMatchObject({ code: 'DUMP_FAILED', message: 'It broke.' });
  expect((await catalog.backups.findDatabases(['b-1']))[0]?.[0]?.artifact).toMatchObject({ sha256: 'abcd' });
  expect(await catalog.statusChanges.latestId()).toBe('2');

  const due = await catalog.instances.listDueChecks(new Date(0), 10);
  expect(due).toEqual([{ instance: shop, dueAt: new Date(0), missedChecks: 0 }]);
  expect(await catalog.backups.listBuilding()).toMatchObject([{ isCondemned: false }]);
}

async function expectRoundTrip(location: CatalogLocation): Promise<void> {
  const before = await createFirst(location);

  await expectSameContent(location);
  const after = await withSource(createDataSource(location), async (source) => {
    for (let rest = source.migrations.length; rest > 1; rest -= 1) await source.undoLastMigration();
    return readRows(source);
  });

  expect(after).toEqual(before);
  await expectSameContent(location);
}

describe('a catalog of the first version', () => {
  test('keeps its rows when it is brought up to date, and when that is undone, on SQLite', async () => {
    await using dir = await TempDir.create();
    await expectRoundTrip({ kind: 'sqlite', path: dir.join('catalog.sqlite') });
  });

  test.skipIf(!hasPostgres)(
    'keeps its rows when it is brought up to date, and when that is undone, on PostgreSQL',
    async () => {
      await using scratch = await ScratchPostgres.create();
      await expectRoundTrip({ kind: 'postgres', url: scratch.url });
    },
  );
});
