import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresqlEngine, dumpErrorOf, probeErrorOf, unreachable } from '../support/postgres-engine.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';

const engine = createPostgresqlEngine();
const ODD_PASSWORD = `p"a'ss\\w#ö %=@:/x`;

/** Something that listens and is no PostgreSQL. */
class Stranger implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(onConnection: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      onConnection(socket);
    });
  }

  static async start(onConnection: (socket: Socket) => void): Promise<Stranger> {
    const stranger = new Stranger(onConnection);
    stranger.#server.listen(0, '127.0.0.1');
    await once(stranger.#server, 'listening');
    return stranger;
  }

  get url(): string {
    return `postgresql://app:hunter2@127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a PostgreSQL URL', () => {
  test.each([
    ['postgresql://h/?sslmode=preferr', "The URL's sslmode must be one of disable, allow, prefer"],
    ['postgresql://h/?ssl=true', "The URL's parameter ssl is not known. Known are: host, sslmode, sslrootcert"],
    ['postgresql://h/?sslmode=verify-full', 'sslmode=verify-full needs sslrootcert'],
    ['postgresql://h/?sslmode=verify-ca&sslrootcert=ca.crt', 'sslrootcert must be the absolute path of a file'],
    ['postgresql://h/?sslcert=/c.crt', 'takes both sslcert and sslkey'],
    ['postgresql://h/?host=run', "absolute path of a folder that the server's Unix socket is in"],
    ['postgresql://h/?host=/a%00b', 'must be the absolute path'],
    ['postgresql://user:p%zz@h/', 'write it as %25'],
    ['postgresql://user:pass@/', 'must name a host'],
    ['postgresql://h:99999/', 'must name a host'],
  ])('%s is refused', async (url, message) => {
    const error = await probeErrorOf(url);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', message: expect.stringContaining(message) });
  });

  test.each([
    ['postgres://app:secret@db.example.com', 'postgresql://db.example.com:5432'],
    ['postgresql://app:secret@[::1]:6000/shop?sslmode=disable', 'postgresql://[::1]:6000'],
    ['POSTGRES://app:secret@h', 'postgresql://h:5432'],
  ])('%s is shown without secrets', (url, endpoint) => {
    expect(engine.endpointOf(url)).toBe(endpoint);
  });
});

describe('a PostgreSQL server that is not there', () => {
  test.each([
    ['a port is closed', 'postgresql://app:hunter2@127.0.0.1:1', 'nothing listens at that address and port'],
    ['a port is closed at every address', 'postgresql://app:hunter2@localhost:1', 'nothing listens at that address'],
    ['a host name is wrong', 'postgresql://app:hunter2@nowhere.invalid', 'host name'],
    ['a socket is not there', 'postgresql://app:hunter2@h/?host=/var/empty', 'Unix socket is not there'],
    [
      'a certificate is not there',
      'postgresql://h/?sslrootcert=/none.crt',
      'the file /none.crt that sslrootcert names',
    ],
  ])('is told apart where %s', async (_where, url, reason) => {
    expect(await probeErrorOf(url)).toMatchObject(unreachable(reason));
    expect(await dumpErrorOf(url)).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(/^Database postgres cannot be dumped: .*\.$/),
    });
  });

  test.each(['prefer', 'disable'])('is told apart where something else talks (sslmode=%s)', async (mode) => {
    await using stranger = await Stranger.start((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const reason = mode === 'prefer' ? "does not speak PostgreSQL's protocol" : 'closed without an answer';
    expect(await probeErrorOf(`${stranger.url}?sslmode=${mode}`)).toMatchObject(unreachable(reason));
  });

  test('is told apart where the connection is closed at once', async () => {
    await using stranger = await Stranger.start((socket) => socket.end());
    expect(await probeErrorOf(stranger.url)).toMatchObject(unreachable('closed without an answer'));
  });

  test('is told apart where nobody answers', { timeout: 20_000 }, async () => {
    await using stranger = await Stranger.start(() => undefined);
    expect(await probeErrorOf(stranger.url)).toMatchObject(unreachable('takes connections, but does not answer'));
  });

  test('is no longer waited for once the signal is aborted', async () => {
    const aborting = new AbortController();
    await using stranger = await Stranger.start((socket) => {
      socket.once('data', () => {
        aborting.abort();
      });
    });
    await expect(engine.probe(stranger.url, aborting.signal)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe.skipIf(!hasPostgresPrograms)('a PostgreSQL server that lets nobody in', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start({
      access: ['host all refused all reject', 'host all app,odd,noconnect,"odd ""user""" all scram-sha-256'],
      settings: { password_encryption: 'scram-sha-256' },
    });
    await server.sql(`CREATE ROLE app LOGIN PASSWORD 'right'; CREATE ROLE refused LOGIN`);
    await server.sql(`CREATE ROLE "odd ""user""" LOGIN PASSWORD '${ODD_PASSWORD.replaceAll("'", "''")}' SUPERUSER`);
    await server.sql(`CREATE ROLE noconnect LOGIN PASSWORD 'right'`);
    await server.sql(`CREATE ROLE locked NOLOGIN`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  test.each([
    ['the password is wrong', { user: 'app', password: 'hunter2' }, 'password authentication failed for user "app"'],
    ['there is no password', { user: 'app' }, 'asks for a password, and the URL has none'],
    ['the user is refused', { user: 'refused' }, 'pg_hba.conf rejects connection'],
    ['the user is not known to it', { user: 'nobody' }, 'no pg_hba.conf entry'],
    ['the database is not there', { user: 'app', password: 'right', database: 'no' }, 'database "no" does not exist'],
    ['it has no TLS', { user: 'app', parameters: { sslmode: 'require' } }, 'does not support TLS'],
  ])('says so where %s', async (_where, parts, reason) => {
    const errors = [await probeErrorOf(server.url(parts)), await dumpErrorOf(server.url(parts))];
    expect(errors[0]).toMatchObject(unreachable(reason));
    expect(errors[1]).toMatchObject({ code: 'ENGINE_UNREACHABLE', message: expect.stringContaining(reason) });
    expect(String(errors)).not.toContain('hunter2');
  });

  test('takes any user and password that the URL encodes', async () => {
    const url = server.url({ user: 'odd "user"', password: ODD_PASSWORD });
    expect(await probeErrorOf(url)).toBeNull();
    expect(await dumpErrorOf(url)).toBeNull();
  });

  test('is connected to through its Unix socket, without TLS, whatever sslmode says', async () => {
    const parameters = { host: server.socketFolder, sslmode: 'require' };
    expect(await probeErrorOf(server.url({ parameters }))).toBeNull();
    expect(await dumpErrorOf(server.url({ parameters }))).toBeNull();
  });

  test('names the databases that the user may not connect to, and the right to grant', async () => {
    for (const name of ['A"1', 'b2', 'c3', 'd4', 'e5', 'f6', 'g7']) {
      await server.createDatabase(name);
      await server.sql(`REVOKE CONNECT ON DATABASE "${name.replaceAll('"', '""')}" FROM PUBLIC`);
    }
    const url = server.url({ user: 'noconnect', password: 'right' });

    expect(await probeErrorOf(url)).toMatchObject({
      message: String.raw`its user may not connect to "A\"1", "b2", "c3", "d4", "e5" and 2 more. Let the server's administrator run: GRANT CONNECT ON DATABASE "A""1" TO "noconnect"; GRANT CONNECT ON DATABASE "b2" TO "noconnect"; GRANT CONNECT ON DATABASE "c3" TO "noconnect"; GRANT CONNECT ON DATABASE "d4" TO "noconnect"; GRANT CONNECT ON DATABASE "e5" TO "noconnect";`,
    });
    const listed = await engine.listDatabases(url, new AbortController().signal);
    expect(listed.find(({ name }) => name === 'b2')).toMatchObject({ sizeBytes: 0, system: false });
    expect(await dumpErrorOf(url, { name: 'b2' })).toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringContaining('run: GRANT CONNECT ON DATABASE "b2" TO "noconnect";'),
    });
    for (const { name } of listed.filter(({ name: listedName }) => /\d$/.test(listedName))) {
      if (!name.startsWith('template')) await server.sql(`DROP DATABASE "${name.replaceAll('"', '""')}"`);
    }
  });

  test('has too many connections', async () => {
    await server.sql(`ALTER ROLE app CONNECTION LIMIT 0`);
    const url = server.url({ user: 'app', password: 'right' });
    expect(await probeErrorOf(url)).toMatchObject(unreachable('too many connections for role "app". Too many'));
  });
});
