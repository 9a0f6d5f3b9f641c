import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/domain/instance.js';
import { ClientTools } from '../../src/engines/client-tools.js';
import { AccountsDump } from '../../src/engines/mysql/accounts-dump.js';
import { checkSqlFormat } from '../../src/engines/mysql/format.js';
import { writeOptionFile } from '../../src/engines/mysql/option-file.js';
import { getDumpTool } from '../../src/engines/mysql/tools.js';
import { parseMysqlUrl } from '../../src/engines/mysql/url.js';
import { errorOf } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { TempDir } from '../support/temp-dir.js';

const VERSIONS = {
  '5.7.44': 'mysqldump  Ver 10.13 Distrib 5.7.44, for Linux (x86_64)',
  '8.0.36': 'mysqldump  Ver 8.0.36-0ubuntu0.22.04.1 for Linux on x86_64 ((Ubuntu))',
  '8.0.35': 'mysqldump  Ver 8.0.35-27 for Linux on x86_64 (Percona Server (GPL), Release 27, Revision 2f8eeab2)',
  '8.4.2': 'mysqldump  Ver 8.4.2 for Linux on x86_64 (MySQL Community Server - GPL)',
  '10.11.6': 'mysqldump  Ver 10.19 Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)',
  '11.4.2': 'mysqldump from 11.4.2-MariaDB, client 10.19 for Linux (x86_64)',
} as const;

async function putAll(dir: TempDir, versions: readonly (keyof typeof VERSIONS)[]): Promise<ClientTools> {
  const folders = versions.map(async (version) => {
    const folder = await mkdtemp(dir.join('tools-'));
    await writeFile(join(folder, 'mysqldump'), `#!/bin/sh\necho '${VERSIONS[version]}'\n`, { mode: 0o755 });
    return folder;
  });
  return new ClientTools(await Promise.all(folders));
}

describe('the programs for a MySQL server', () => {
  test.each([
    { of: '8.0.30', chosen: '8.0.36' },
    { of: '8.0.99', chosen: '8.0.36' },
    { of: '5.7.1', chosen: '5.7.44' },
    { of: '5.6.51', chosen: '5.7.44' },
    { of: '8.1.0', chosen: '8.4.2' },
  ])('of version $of are those of MySQL itself of its series, else the next newer: $chosen', async ({ of, chosen }) => {
    await using dir = await TempDir.create();
    const tools = await putAll(dir, ['11.4.2', '8.4.2', '8.0.36', '8.0.35', '10.11.6', '5.7.44']);
    expect(await getDumpTool(tools, { engine: Engine.MYSQL, engineVersion: of })).toMatchObject({
      name: 'mysqldump',
      version: chosen,
    });
  });

  test("are not MariaDB's, nor older ones, and those of MariaDB not MySQL's", async () => {
    await using dir = await TempDir.create();
    const tools = await putAll(dir, ['10.11.6', '8.0.36']);
    expect(await errorOf(getDumpTool(tools, { engine: Engine.MYSQL, engineVersion: '8.4.1' }))).toMatchObject({
      code: 'CLIENT_TOOL_MISSING',
      details: {
        needed: 'mysqldump 8.4 or newer of MySQL itself',
        found: [
          expect.stringMatching(/^mariadb-dump 10\.11\.6 of MariaDB \(\/.*\)$/),
          expect.stringMatching(/^mysqldump 8\.0\.36 of MySQL \(\/.*\)$/),
        ],
      },
    });
    expect(await getDumpTool(tools, { engine: Engine.MARIADB, engineVersion: '10.6.1' })).toMatchObject({
      version: '10.11.6',
    });
    await expect(getDumpTool(tools, { engine: Engine.MARIADB, engineVersion: '11.4.1' })).rejects.toThrow(
      'mariadb-client',
    );
  });
});

describe('the option file for a MySQL program', () => {
  test.each([
    { parameters: '', isEncrypted: false, lines: ['ssl-mode=DISABLED', 'loose-get-server-public-key=ON'] },
    { parameters: '', isEncrypted: true, lines: ['ssl-mode=REQUIRED'] },
    { parameters: '?ssl-mode=verify_ca&ssl-ca=/ca', isEncrypted: true, lines: ['ssl-mode=VERIFY_CA', 'ssl-ca="/ca"'] },
    {
      parameters: '?ssl-mode=verify_identity&ssl-ca=/ca',
      isEncrypted: true,
      lines: ['ssl-mode=VERIFY_IDENTITY', 'ssl-ca="/ca"'],
    },
  ])(
    'has the TLS that the connection has come to: $parameters $isEncrypted',
    async ({ parameters, isEncrypted, lines }) => {
      await using dir = await TempDir.create();
      const target = parseMysqlUrl(`mysql://app:hunter2@db.example.com${parameters}`);
      const path = await writeOptionFile({
        target,
        engine: Engine.MYSQL,
        isEncrypted,
        asBytes: false,
        folder: dir.path,
      });
      const written = (await readFile(path, 'utf8')).split('\n');
      expect(written.slice(0, 6)).toEqual([
        '[client]',
        'user="app"',
        'password="hunter2"',
        'protocol=TCP',
        'host="db.example.com"',
        'port=3306',
      ]);
      expect(written.filter((line) => /ssl|public-key/.test(line)).toSorted()).toEqual(lines.toSorted());
    },
  );
});

describe.skipIf(!hasMariadbPrograms)('users and grants as statements', () => {
  test('make the same users on another server, and end as a dump does', async () => {
    await using server = await MariadbServer.start();
    await using other = await MariadbServer.start();
    await server.sql(
      `CREATE USER 'o''hara'@'10.%' IDENTIFIED BY 'hunter2'; GRANT SELECT ON *.* TO 'o''hara'@'10.%'; CREATE USER ''@'localhost'`,
    );
    const target = parseMysqlUrl(server.url());
    const { signal } = new AbortController();
    const product = { engine: Engine.MYSQL, engineVersion: '8.0.36' };
    const request = {
      url: server.url(),
      database: { name: 'mysql', system: true },
      scratchDir: '',
      onStaged: (): void => undefined,
      signal,
    };

    await using dump = await AccountsDump.begin(target, product, request);
    const chunks: Buffer[] = [];
    for await (const chunk of dump.content) chunks.push(chunk as Buffer);
    await dump.completion;

    await checkSqlFormat(Readable.from(chunks));
    await other.run(Buffer.concat(chunks));
    for (const account of ["'o''hara'@'10.%'", "''@'localhost'"]) {
      expect(await other.sql(`SHOW GRANTS FOR ${account}`)).toEqual(await server.sql(`SHOW GRANTS FOR ${account}`));
    }
  });

  test('fail as unreachable when the connection is killed, and stop when they are disposed of', async () => {
    await using server = await MariadbServer.start();
    const target = parseMysqlUrl(server.url());
    const product = { engine: Engine.MYSQL, engineVersion: '8.0.36' };
    const { signal } = new AbortController();
    const request = {
      url: server.url(),
      database: { name: 'mysql', system: true },
      scratchDir: '',
      onStaged: (): void => undefined,
      signal,
    };
    await using dump = await AccountsDump.begin(target, product, request);
    await server.kill();
    await errorOf(dump.content.toArray());
    await expect(dump.completion).rejects.toMatchObject({ name: 'BackupFailedError', code: 'ENGINE_UNREACHABLE' });
  });
});
