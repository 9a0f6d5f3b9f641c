import { mkdir, writeFile } from 'node:fs/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteInstance, restore, verify } from '../support/backup-use.js';
import { createFullDatabase, stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { CONTENTS, RICH_SCHEMA } from '../support/postgres-samples.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { setS3Credentials } from '../support/s3-credentials.js';
import { S3Server } from '../support/s3-server.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { createFullSqlite, stateOfSqlite } from '../support/sqlite-sample.js';
import { listFiles } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

type Env = Readonly<Record<string, string>>;

/** Where databases are, seen without the product. */
interface Place {
  readonly url: string;
  /** Everything in a database: definitions, and every row of every table or a checksum of them. */
  stateOf(name: string): Promise<unknown>;
}

/** Two places of one kind, and in the first of them a database with all that is hard to keep. */
interface Site extends AsyncDisposable {
  readonly source: Place;
  readonly other: Place;
  readonly database: string;
  /** For the server: where backups are proved whose instance is gone. */
  readonly env: Env;
  /** Changes rows and definitions, and makes what the backup does not have. */
  change(): Promise<void>;
}

async function createSqliteSite(): Promise<Site> {
  const dir = await TempDir.create();
  const place = (folder: string): Place => ({
    url: `sqlite:${dir.join(folder)}`,
    stateOf: (name) => stateOfSqlite(dir.join(folder, name)),
  });
  for (const folder of ['source', 'other']) await mkdir(dir.join(folder));
  await createFullSqlite(dir.join('source', 'shop.db'), 'wal');
  await createSampleDatabase(dir.join('other', 'small.db'), { sizeBytes: 1000 });
  return {
    source: place('source'),
    other: place('other'),
    database: 'shop.db',
    env: {},
    change: async () => {
      await using file = await SqliteFile.open(dir.join('source', 'shop.db'));
      await file.exec('DELETE FROM texts WHERE id % 2 = 0; DROP TABLE numbers; CREATE TABLE later (id)');
    },
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function createPostgresSite(): Promise<Site> {
  const [source, other] = await Promise.all([PostgresServer.start(), PostgresServer.start()]);
  await source.createDatabase('shop');
  await source.sql(RICH_SCHEMA, 'shop');
  const place = (server: PostgresServer): Place => ({
    url: server.url(),
    stateOf: (name) => server.sql(CONTENTS, name),
  });
  return {
    source: place(source),
    other: place(other),
    database: 'shop',
    env: { VERIFY_POSTGRES_URL: other.url() },
    change: async () => {
      await source.sql('UPDATE people SET worth = 0; DROP TABLE orders; CREATE TABLE later (id int)', 'shop');
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

async function createMariadbSite(): Promise<Site> {
  const [source, other] = await Promise.all([MariadbServer.start(), MariadbServer.start()]);
  await createFullDatabase(source, 'Shop');
  const place = (server: MariadbServer): Place => ({ url: server.url(), stateOf: (name) => stateOf(server, name) });
  return {
    source: place(source),
    other: place(other),
    database: 'Shop',
    env: { VERIFY_MARIADB_URL: other.url() },
    change: async () => {
      await source.sql(
        `UPDATE numbers SET tiny = 5; DROP TABLE ${quoted('old_words')}; CREATE TABLE later (id INT)`,
        'Shop',
      );
    },
    [Symbol.asyncDispose]: async () => {
      await source[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

/** Where the backups of a test are kept, and what shows that they are kept so. */
interface Storage extends AsyncDisposable {
  readonly env: Env;
  /** The files of the store. */
  listFiles(app: TestApp): Promise<readonly string[]>;
}

function onDisk(): Promise<Storage> {
  return Promise.resolve({
    env: {},
    listFiles: (app) => listFiles(app.artifacts),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

async function encrypted(): Promise<Storage> {
  const dir = await TempDir.create();
  const identity = await generateX25519Identity();
  const identityFile = dir.join('identity.txt');
  await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
  return {
    env: { ENCRYPTION_RECIPIENTS: await identityToRecipient(identity), ENCRYPTION_IDENTITY_FILE: identityFile },
    listFiles: (app) => listFiles(app.artifacts),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function inBucket(): Promise<Storage> {
  const server = await S3Server.start();
  return {
    env: { ARTIFACT_STORE: `s3://${server.bucket}/site`, S3_ENDPOINT: server.endpoint },
    listFiles: () => Promise.resolve([...server.objects.keys()]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const STORAGES = [
  { name: 'plain', create: onDisk, file: /\.zst$/ },
  { name: 'encrypted', create: encrypted, file: /\.zst\.age$/ },
  { name: 's3', create: inBucket, file: /^site\/default\/[^/]+\/.+\.zst$/ },
];

const SITES = [
  { product: 'SQLite', create: createSqliteSite, isThere: true },
  { product: 'PostgreSQL', create: createPostgresSite, isThere: hasPostgresPrograms },
  { product: 'MariaDB', create: createMariadbSite, isThere: hasMariadbPrograms },
];

setS3Credentials();

for (const { product, create, isThere } of SITES) {
  describe.skipIf(!isThere)(`a ${product} database that was backed up`, () => {
    let site: Site;
    let before: unknown;
    beforeAll(async () => {
      site = await create();
      before = await site.source.stateOf(site.database);
    });
    afterAll(() => site[Symbol.asyncDispose]());

    test.each(STORAGES)('comes back wherever it is restored to: $name', async (kind) => {
      await using storage = await kind.create();
      const { PATH = '' } = process.env;
      await using app = await TestApp.start({ env: { PATH, ...site.env, ...storage.env } });
      const { source, other, database } = site;
      const sourceId = await app.register('source', source.url);
      const otherId = await app.register('other', other.url);
      const { id: backupId, status, failure } = await app.takeBackup(sourceId, 'before', { databases: [database] });
      expect({ status, failure }).toEqual({ status: 'COMPLETED', failure: null });
      const stored = (await storage.listFiles(app)).filter((file) => !file.endsWith('manifest.json'));
      expect(stored.filter((file) => !kind.file.test(file))).toEqual([]);
      const restoreTo = async (targetInstanceId: string, restoreAs: string, overwrite = false): Promise<void> => {
        const databases = [{ name: database, restoreAs }];
        const ended = await restore(app, { backupId, targetInstanceId, databases, overwrite });
        expect({ status: ended.status, failure: ended.failure }).toEqual({ status: 'COMPLETED', failure: null });
      };

      await site.change();
      expect(await source.stateOf(database)).not.toEqual(before);
      expect(await verify(app, backupId, 'RESTORE')).toMatchObject({ status: 'PASSED' });
      await restoreTo(sourceId, database, true);
      expect(await source.stateOf(database)).toEqual(before);

      await restoreTo(sourceId, `copy-${kind.name}`);
      expect(await source.stateOf(`copy-${kind.name}`)).toEqual(before);

      expect((await deleteInstance(app, sourceId)).errors).toBeUndefined();
      await restoreTo(otherId, `moved-${kind.name}`);
      expect(await other.stateOf(`moved-${kind.name}`)).toEqual(before);
      expect(await verify(app, backupId, 'RESTORE')).toMatchObject({ status: 'PASSED' });
    });
  });
}
