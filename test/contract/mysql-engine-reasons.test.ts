import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificates, hasOpenssl } from '../support/certificates.js';
import type { TestCertificates } from '../support/certificates.js';
import { errorOf, takeDump } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const { signal } = new AbortController();

async function reasonOf(url: string): Promise<string> {
  const error = await errorOf(engine.probe(url, signal));
  expect(error).toMatchObject({ name: 'EngineUnreachableError', message: expect.stringMatching(/^[a-z].*\.$/s) });
  expect((error as Error).message).not.toContain('hunter2');
  return (error as Error).message;
}

describe.skipIf(!hasMariadbPrograms)('a MariaDB server that cannot be used', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
    await server.sql(`CREATE USER app@'%' IDENTIFIED BY 'hunter2'; CREATE USER far@'10.1.2.3' IDENTIFIED BY 'hunter2'`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test('says each time why', async () => {
    const user = { user: 'app', password: 'hunter2' };
    await server.sql(`CREATE USER old@'%' IDENTIFIED BY 'hunter2' PASSWORD EXPIRE; CREATE USER shut@'%' IDENTIFIED BY 'hunter2' ACCOUNT LOCK;
      CREATE USER socket@'%' IDENTIFIED VIA unix_socket; CREATE USER wire@'%' IDENTIFIED BY 'hunter2' REQUIRE SSL`);
    const reasons = [
      [await reasonOf('mariadb://app:hunter2@127.0.0.1:1'), 'nothing listens at that address'],
      [await reasonOf('mariadb://app:hunter2@no.such.host.invalid'), 'host name'],
      [
        await reasonOf(`mariadb://app:hunter2@h/?socket=${server.socket}-none`),
        "the server's Unix socket is not there",
      ],
      [await reasonOf(server.url({ ...user, password: 'hunter22' })), 'Check the user and the password in the URL'],
      [await reasonOf(server.url({ user: 'nobody' })), "Access denied for user 'nobody'"],
      [
        await reasonOf(server.url({ ...user, database: 'none' })),
        "Access denied for user 'app'@'%' to database 'none'. Grant the user rights",
      ],
      [await reasonOf(server.url({ database: 'none' })), "Unknown database 'none'. Check the database in the URL"],
      [
        await reasonOf(server.url({ ...user, parameters: { 'ssl-mode': 'required' } })),
        'the server does not support TLS',
      ],
      [await reasonOf(server.url({ user: 'old', password: 'hunter2' })), 'The password of the user has expired'],
      [await reasonOf(server.url({ user: 'shut', password: 'hunter2' })), 'The account is locked'],
      [await reasonOf(server.url({ user: 'socket' })), 'perhaps through the socket alone'],
    ];
    for (const [reason, fragment] of reasons) expect(reason).toContain(fragment);
  });

  test('is too full', async () => {
    await server.sql('SET GLOBAL max_connections = 10');
    const held = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
    try {
      expect(await reasonOf(server.url({ user: 'app', password: 'hunter2' }))).toContain(
        'Raise max_connections or close some',
      );
    } finally {
      for (const connection of held) await connection.end();
    }
    await server.sql('SET GLOBAL max_connections = 100');
  });

  test('lets nobody in from this machine', async () => {
    await using other = await MariadbServer.start();
    await other.sql("DROP USER root@'127.0.0.1'; DROP USER root@'::1'");
    expect(await reasonOf(other.url())).toContain('The server lets nobody in from this machine');
  });

  test('takes passwords of whatever characters, for the probe as for the dump', async () => {
    await using scratch = await TempDir.create();
    const passwords = [
      `p"a'ss\\w#ö %=@:;/x`,
      `'quoted'`,
      `"quoted"`,
      ' spaces ',
      '#hash',
      'tab\there\\n',
      'a\nb\rc',
      '\\',
      "'",
      '"',
      '日本 😀',
      '[client]',
      '!include /x',
      '${HOME}',
      '-p',
    ];
    await server.sql("CREATE DATABASE secrets; CREATE USER odd@'%'; GRANT ALL ON *.* TO odd@'%'");
    const connection = await server.connect();
    try {
      for (const password of passwords) {
        await connection.query("SET PASSWORD FOR odd@'%' = PASSWORD(?)", [password]);
        const url = server.url({ user: 'odd', password });
        const dump = await takeDump({ engine, url, name: 'secrets', scratch });
        await engine.checkFormat('sql', Readable.from([dump]), signal);
      }
    } finally {
      await connection.end();
    }
  });

  test.each([
    ['ssl-mode=sometimes', 'sslMode'],
    ['ssl-mode=verify_ca', 'sslCa'],
    ['ssl-ca=/ca.pem', 'sslCa'],
    ['ssl-mode=verify_identity&ssl-ca=ca.pem', 'path'],
    ['ssl-cert=/cert.pem', 'sslCert'],
    ['socket=run/mysqld.sock', 'path'],
    ['sslmode=require', 'parameters'],
  ])('is not asked with the parameters %s', async (parameters, rule) => {
    await expect(engine.probe(`mysql://app:hunter2@127.0.0.1/?${parameters}`, signal)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [{ path: 'url', rule }] },
    });
  });
});

describe('something else than a MySQL server', () => {
  async function listenWith(greeting: string | null, isClosing: boolean): Promise<Server> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (greeting !== null) socket.write(greeting);
      if (isClosing) socket.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  test.each([
    { what: 'hangs up', greeting: '', isClosing: true, reason: 'the connection was closed without an answer' },
    { what: 'speaks HTTP', greeting: 'HTTP/1.1 400\r\n\r\n', isClosing: true, reason: 'closed without an answer' },
    { what: 'sends noise', greeting: '\x05\0\0\0\n8.0\0', isClosing: false, reason: "does not speak MySQL's protocol" },
    { what: 'says nothing', greeting: null, isClosing: false, reason: 'it takes connections, but does not answer' },
  ])('is told from one when it $what', async ({ greeting, isClosing, reason }) => {
    const server = await listenWith(greeting, isClosing);
    try {
      const { port } = server.address() as AddressInfo;
      expect(await reasonOf(`mysql://app:hunter2@127.0.0.1:${port}`)).toContain(reason);
    } finally {
      server.close();
    }
  });

  test('is not waited for once the signal is aborted', async () => {
    const server = await listenWith(null, false);
    const aborting = new AbortController();
    server.once('connection', () => {
      aborting.abort();
    });
    const { port } = server.address() as AddressInfo;
    const asked = engine.checkHealth(`mysql://app:hunter2@127.0.0.1:${port}`, aborting.signal);
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    server.close();
  });
});

describe.skipIf(!hasMariadbPrograms || !hasOpenssl)('TLS to a MariaDB server', () => {
  let dir: TempDir;
  let certificates: TestCertificates;
  let server: MariadbServer;
  beforeAll(async () => {
    dir = await TempDir.create();
    certificates = await createCertificates(dir);
    server = await MariadbServer.start({ certificates });
    await server.sql(`CREATE DATABASE shop; CREATE USER app@'%' IDENTIFIED BY 'hunter2' REQUIRE SSL; GRANT ALL ON *.* TO app@'%';
      CREATE USER paper@'%' IDENTIFIED BY 'hunter2' REQUIRE X509; GRANT ALL ON *.* TO paper@'%';
      CREATE USER plain@'%' IDENTIFIED BY 'hunter2'; GRANT ALL ON *.* TO plain@'%'`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  async function dumpOver(url: string): Promise<void> {
    await engine.probe(url, signal);
    await using scratch = await TempDir.create();
    const dump = await takeDump({ engine, url, name: 'shop', scratch });
    await engine.checkFormat('sql', Readable.from([dump]), signal);
  }

  const app = { user: 'app', password: 'hunter2' };
  const over = (mode: string, more: Record<string, string> = {}): Record<string, string> => ({
    'ssl-mode': mode,
    ...more,
  });

  test('is used in every mode but one, for the probe and for the dump', async () => {
    const ca = { 'ssl-ca': certificates.rootCert };
    await dumpOver(server.url({ ...app }));
    await dumpOver(server.url({ ...app, parameters: over('preferred') }));
    await dumpOver(server.url({ ...app, parameters: over('REQUIRED') }));
    await dumpOver(server.url({ ...app, host: 'localhost', parameters: over('VERIFY_IDENTITY', ca) }));
    await dumpOver(server.url({ ...app, user: 'plain', parameters: over('DISABLED') }));
    expect(await reasonOf(server.url({ ...app, parameters: over('DISABLED') }))).toContain('Access denied');
  });

  test("is not used with VERIFY_CA, which MariaDB's dump program gives up for clear text", async () => {
    await using scratch = await TempDir.create();
    const url = server.url({ ...app, parameters: over('Verify_CA', { 'ssl-ca': certificates.rootCert }) });
    expect(await reasonOf(url)).toContain('Use ssl-mode=VERIFY_IDENTITY');
    await expect(takeDump({ engine, url, name: 'shop', scratch })).rejects.toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringMatching(/^Database shop cannot be dumped: with ssl-mode=VERIFY_CA .*\.$/),
    });
  });

  test('shows the certificate of the client that the server asks for', async () => {
    const own = { 'ssl-cert': certificates.clientCert, 'ssl-key': certificates.clientKey };
    await dumpOver(server.url({ ...app, user: 'paper', parameters: over('REQUIRED', own) }));
    expect(await reasonOf(server.url({ ...app, user: 'paper' }))).toContain('Access denied');
  });

  test('is demanded by the server as a whole', async () => {
    await using strict = await MariadbServer.start({ certificates, settings: { 'require-secure-transport': 'ON' } });
    const reason = await reasonOf(strict.url({ parameters: over('DISABLED') }));
    expect(reason).toContain('Where the server wants TLS, set ssl-mode=REQUIRED');
    expect(await engine.probe(strict.url(), signal)).toMatchObject({ role: 'PRIMARY' });
  });

  test('is refused with each certificate that is no good', async () => {
    await using otherDir = await TempDir.create();
    const others = await createCertificates(otherDir);
    await writeFile(otherDir.join('text'), 'no certificate');
    const to = (mode: string, ca: string, host = 'localhost'): string =>
      server.url({ ...app, host, parameters: over(mode, { 'ssl-ca': ca }) });
    expect(await reasonOf(to('VERIFY_CA', others.rootCert))).toContain('is not signed by what ssl-ca holds');
    expect(await reasonOf(to('VERIFY_IDENTITY', certificates.rootCert, '127.0.0.1'))).toContain(
      'is for another host name',
    );
    expect(await reasonOf(to('VERIFY_CA', otherDir.join('none')))).toContain('(ssl-ca) cannot be read');
    expect(await reasonOf(to('VERIFY_CA', otherDir.join('text')))).toContain('(ssl-ca) cannot be used');
    const swapped = { 'ssl-cert': certificates.clientCert, 'ssl-key': certificates.serverKey };
    expect(await reasonOf(server.url({ ...app, parameters: over('REQUIRED', swapped) }))).toContain('cannot be used');
  });

  test('is refused with a certificate that has expired', async () => {
    await using oldDir = await TempDir.create();
    const old = await createCertificates(oldDir, -1);
    await using outdated = await MariadbServer.start({ certificates: old });
    const reason = await reasonOf(outdated.url({ parameters: over('VERIFY_CA', { 'ssl-ca': old.rootCert }) }));
    expect(reason).toContain('has expired. Renew it.');
    expect(await engine.probe(outdated.url(), signal)).toMatchObject({ role: 'PRIMARY' });
  });
});
