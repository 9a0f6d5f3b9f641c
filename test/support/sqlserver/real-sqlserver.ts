import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from '../../../src/domain/instance.js';
import { SqlServerConnection } from '../../../src/engines/sqlserver/connection.js';
import { quoteIdentifier, quoteText } from '../../../src/engines/sqlserver/quote.js';
import { SqlServerEngine } from '../../../src/engines/sqlserver/sqlserver-engine.js';
import { toServer } from '../../../src/engines/sqlserver/url.js';
import type { EngineSubject } from '../../contract/database-engine.contract.js';
import type { RestorerSubject } from '../../contract/restorer-subject.js';
import { newStagingId } from '../restores.js';
import { TempDir } from '../temp-dir.js';
import { FAULTY_NAMES, ODD_NAMES } from './names.js';

const REAL_URL = process.env.TEST_SQLSERVER_URL ?? '';
const NAMES = ["a'b]c", 'shop', 'stock'];

/** Whether there is a SQL Server to test with. */
export const hasSqlServer = REAL_URL !== '';
export const sqlServerFault = hasSqlServer
  ? null
  : 'No SQL Server is there (TEST_SQLSERVER_URL is not set): it is tested over the model of one alone';

/** An empty server that is there for tests: all user databases on it are made and dropped by them. */
class RealSqlServer implements AsyncDisposable {
  readonly connection: SqlServerConnection;
  readonly serverDir: string;
  readonly localDir: string;

  private constructor(connection: SqlServerConnection) {
    const { exchange } = toServer(REAL_URL);
    if (exchange.kind !== 'folder') throw new Error('TEST_SQLSERVER_URL must name a folder in backupDir');
    this.connection = connection;
    this.serverDir = exchange.serverDir;
    this.localDir = exchange.localDir;
  }

  static async connect(): Promise<RealSqlServer> {
    const connection = await SqlServerConnection.open(toServer(REAL_URL), new AbortController().signal);
    const server = new RealSqlServer(connection);
    const names = await server.listUserDatabases();
    if (names.length > 0) {
      await connection[Symbol.asyncDispose]();
      throw new Error(
        `TEST_SQLSERVER_URL must lead to a server without user databases, and this one has ${names.join(', ')}`,
      );
    }
    return server;
  }

  async createDatabase(name: string, rows: number): Promise<void> {
    const database = quoteIdentifier(name);
    await this.connection.run(`CREATE DATABASE ${database}`);
    // A schema is created by a batch of its own, in the database itself.
    const run = `EXEC ${database}.sys.sp_executesql`;
    await this.connection.run(`${run} N'CREATE SCHEMA [odd schema]'`);
    await this.connection.run(
      `${run} N'CREATE TABLE [odd schema].[a b] (n int); INSERT INTO [odd schema].[a b] VALUES (1), (NULL)'`,
    );
    await this.connection.run(`${run} N'CREATE TABLE dbo.items (id int PRIMARY KEY, content nvarchar(200) NOT NULL);
INSERT INTO dbo.items SELECT TOP (${rows.toString()}) n, CONVERT(nvarchar(40), HASHBYTES(''SHA2_256'', CONVERT(varchar(12), n)), 2) + N''é数''
FROM (SELECT ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS n FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b) AS numbers'`);
  }

  async contentOf(name: string): Promise<unknown> {
    const database = quoteIdentifier(name);
    return {
      items: await this.connection.run(`SELECT id, content FROM ${database}.dbo.items ORDER BY id`),
      odd: await this.connection.run(`SELECT n FROM ${database}.[odd schema].[a b] ORDER BY n`),
    };
  }

  /** Restores a dump by hand, as README says, and returns what it holds. */
  async restoreByHand(dump: Buffer): Promise<unknown> {
    const name = `by_hand_${newStagingId()}`;
    const path = join(this.localDir, `${name}.bak`);
    const device = `DISK = ${quoteText(`${this.serverDir}${this.serverDir.startsWith('/') ? '/' : '\\'}${name}.bak`)}`;
    await writeFile(path, dump, { mode: 0o644 });
    try {
      const files = await this.connection.run<{ LogicalName: string; Type: string }>(
        `RESTORE FILELISTONLY FROM ${device}`,
      );
      const [folder] = await this.connection.rows<{ path: string }>(
        "SELECT CONVERT(nvarchar(512), SERVERPROPERTY('InstanceDefaultDataPath')) AS path",
      );
      const moves = files.map(
        ({ LogicalName, Type }) =>
          `MOVE ${quoteText(LogicalName)} TO ${quoteText(`${folder?.path ?? ''}${name}.${Type}`)}`,
      );
      await this.connection.run(`RESTORE DATABASE ${quoteIdentifier(name)} FROM ${device} WITH ${moves.join(', ')}`);
      const content = await this.contentOf(name);
      await this.connection.run(`DROP DATABASE ${quoteIdentifier(name)}`);
      return content;
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Databases, the base of their differential backups, credentials, and the files in the exchange folder. */
  async fingerprint(): Promise<unknown> {
    return {
      databases: await this.connection.rows(
        `SELECT d.name, d.state, d.user_access, CONVERT(nvarchar(30), f.differential_base_lsn) AS base
FROM sys.databases AS d JOIN sys.master_files AS f ON f.database_id = d.database_id AND f.file_id = 1 WHERE d.database_id > 4 ORDER BY d.name`,
      ),
      credentials: await this.connection.rows('SELECT name FROM sys.credentials ORDER BY name'),
      files: await readdir(this.localDir),
    };
  }

  async listUserDatabases(): Promise<readonly string[]> {
    const rows = await this.connection.rows<{ name: string }>('SELECT name FROM sys.databases WHERE database_id > 4');
    return rows.map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of await this.listUserDatabases()) {
      const database = quoteIdentifier(name);
      await this.connection
        .run(`ALTER DATABASE ${database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`)
        .catch(() => undefined);
      await this.connection.run(`DROP DATABASE ${database}`);
    }
    await this.connection[Symbol.asyncDispose]();
  }
}

export async function createRealEngineSubject(): Promise<EngineSubject> {
  const server = await RealSqlServer.connect();
  const scratch = await TempDir.create();
  for (const name of NAMES) await server.createDatabase(name, 2000);
  return {
    engine: new SqlServerEngine({ pollEveryMs: 50 }),
    kind: Engine.SQLSERVER,
    url: REAL_URL,
    missingUrl: REAL_URL.replace(/(@|\/\/)[^/@?]*(?=[/?]|$)/, '$1127.0.0.1:1'),
    databases: NAMES,
    scratch,
    fingerprint: () => server.fingerprint(),
    rowsOf: (name) => server.contentOf(name),
    restore: (dump) => server.restoreByHand(dump),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

export async function createRealRestorerSubject(): Promise<RestorerSubject> {
  const server = await RealSqlServer.connect();
  const scratch = await TempDir.create();
  const [shop, stock] = ['Shop 1', 'stock'] as const;
  await server.createDatabase(shop, 5000);
  await server.createDatabase(stock, 5);
  return {
    createEngine: () => new SqlServerEngine({ pollEveryMs: 50 }),
    url: REAL_URL,
    databases: [shop, stock],
    oddNames: ODD_NAMES,
    faultyNames: FAULTY_NAMES,
    proofUrl: REAL_URL,
    scratch,
    listEverything: async () => [...(await server.listUserDatabases()), ...(await readdir(server.localDir))].sort(),
    contentOf: (name) => server.contentOf(name),
    countRows: () =>
      Promise.resolve([
        { name: '[odd schema].[a b]', rows: null },
        { name: 'dbo.items', rows: null },
      ]),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}
