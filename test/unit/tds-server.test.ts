import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'tedious';
import { describe, expect, test } from 'vitest';
import { createCertificates, hasOpenssl } from '../support/certificates.js';
import { Gate } from '../support/gate.js';
import { MessageReader, MessageWriter, PacketType } from '../support/tds-server/packets.js';
import type { Message } from '../support/tds-server/packets.js';
import { startSqlBrowser } from '../support/tds-server/sql-browser.js';
import { TdsClient, echo, rejectionOf } from '../support/tds-server/tds-client.js';
import { TdsServer } from '../support/tds-server/tds-server.js';
import type { Login } from '../support/tds-server/tds-server.js';
import { TempDir } from '../support/temp-dir.js';

describe('a message', () => {
  test.each([1, 7, 8, 9, 1000])('is put together from chunks of %d bytes', (chunkBytes) => {
    const payload = Buffer.from('abcdefgh'.repeat(100));
    const sent: Buffer[] = [];
    const send = (packet: Buffer) => sent.push(packet);
    new MessageWriter({ type: PacketType.RPC, packetSizeBytes: 64, send }).end(payload);
    new MessageWriter({ type: PacketType.SQL_BATCH, packetSizeBytes: 4096, send }).end(payload);
    const [bytes, reader] = [Buffer.concat(sent), new MessageReader()];

    const messages: Message[] = [];
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      messages.push(...reader.push(bytes.subarray(start, start + chunkBytes)));
    }

    expect(messages).toEqual([
      { type: PacketType.RPC, payload, isIgnored: false },
      { type: PacketType.SQL_BATCH, payload, isIgnored: false },
    ]);
    expect(reader.isIdle).toBe(true);
  });
});

describe('the login', () => {
  test('tells user, password, program and database, and makes a session', async () => {
    const logins: Login[] = [];
    const onLogin = (login: Login) => {
      logins.push(login);
      return null;
    };
    await using server = await TdsServer.start({ ...echo(), onLogin });
    await using client = await TdsClient.connect({ port: server.port, appName: 'backup', database: 'shop' });

    const login = { user: 'sa', password: 'Pä$$w0rd', appName: 'backup', database: 'shop', isEncrypted: false };
    expect(logins).toEqual([login]);
    expect(server.sessions).toMatchObject([{ id: 51, login }]);
    expect(client.infos[0]).toMatchObject({ number: 5701, message: "Changed database context to 'shop'." });
  });

  test('that is refused gives the number and the message, and makes no session', async () => {
    const refusal = { number: 18456, message: "Login failed for user 'eve'." };
    await using server = await TdsServer.start({ ...echo(), onLogin: () => refusal });
    await using client = new TdsClient({ port: server.port }, 'eve');

    const error = await client.connect();

    expect(error).toMatchObject({ code: 'ELOGIN', message: refusal.message });
    expect(client.errors).toMatchObject([{ ...refusal, class: 14, state: 1 }]);
    expect(server.sessions).toEqual([]);
  });

  test('never comes to an end at a server that is silent', async () => {
    await using server = await TdsServer.start({ ...echo(), isSilent: true });
    await using client = new TdsClient({ port: server.port, connectTimeout: 100 });

    expect(await client.connect()).toMatchObject({ code: 'ETIMEOUT' });
  });
});

describe('a connection', () => {
  test('that is cut fails its statement, aborts it, and ends the session', async () => {
    const aborted = new Gate();
    await using server = await TdsServer.start({
      onStatement: async ({ session, signal }) => {
        signal.addEventListener('abort', () => {
          aborted.open();
        });
        session.cut();
        await aborted.opened;
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    expect(await rejectionOf(client.batch('select'))).toMatchObject({ code: 'ECONNRESET' });
    await aborted.opened;
    expect(server.sessions).toEqual([]);
  });

  test('that the client leaves aborts its statement, and ends the session', async () => {
    const begun = new Gate<AbortSignal>();
    await using server = await TdsServer.start({
      onStatement: async ({ signal }) => {
        begun.open(signal);
        await once(signal, 'abort');
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    const running = rejectionOf(client.batch('select'));
    const signal = await begun.opened;
    const aborted = once(signal, 'abort');
    client.connection.close();
    await Promise.all([aborted, running]);

    expect(server.sessions).toEqual([]);
  });

  test('is cut when the handler rejects', async () => {
    await using server = await TdsServer.start({ onStatement: () => Promise.reject(new Error('killed')) });
    await using client = await TdsClient.connect({ port: server.port });

    expect(await rejectionOf(client.batch('select'))).toMatchObject({ code: 'ECONNRESET' });
  });

  test('has its own statements, which run beside those of the others', async () => {
    const mayEnd = new Gate();
    await using server = await TdsServer.start({
      onStatement: async ({ sql, session }, reply) => {
        if (sql === 'first') await mayEnd.opened;
        reply.rows([{ name: 'id', type: 'int' }], [[session.id]]);
      },
    });
    await using first = await TdsClient.connect({ port: server.port });
    await using second = await TdsClient.connect({ port: server.port });

    const running = first.batch('first');
    expect(await second.batch('second')).toEqual([[52]]);
    mayEnd.open();
    expect(await running).toEqual([[51]]);
    expect(server.sessions.map(({ id }) => id)).toEqual([51, 52]);
  });
});

describe.skipIf(!hasOpenssl)('encryption', () => {
  const BLIND: ConnectionOptions = { encrypt: true, trustServerCertificate: true, serverName: 'localhost' };

  async function startEncrypted(dir: TempDir, encryption: 'on' | 'required'): Promise<[TdsServer, Buffer]> {
    const { serverKey, serverCert, rootCert } = await createCertificates(dir);
    const certificate = { key: await readFile(serverKey), cert: await readFile(serverCert) };
    return [await TdsServer.start({ ...echo(), encryption, certificate }), await readFile(rootCert)];
  }

  test('covers the login and all that follows, for a client that trusts the certificate unseen', async () => {
    await using dir = await TempDir.create();
    const [started] = await startEncrypted(dir, 'on');
    await using server = started;
    await using client = await TdsClient.connect({ port: server.port, ...BLIND });
    const long = 'x'.repeat(100_000);

    expect(await client.batch(long)).toEqual([[long]]);
    expect(server.sessions).toMatchObject([{ login: { user: 'sa', isEncrypted: true } }]);
  });

  test('lets a client verify the certificate: it takes the right one, and none that it does not know', async () => {
    await using dir = await TempDir.create();
    const [started, ca] = await startEncrypted(dir, 'required');
    await using server = started;
    const options = { port: server.port, encrypt: true, trustServerCertificate: false, serverName: 'localhost' };
    await using client = await TdsClient.connect({ ...options, cryptoCredentialsDetails: { ca } });
    await using doubter = new TdsClient(options);

    expect(await client.batch('select')).toEqual([['select']]);
    expect(await doubter.connect()).toMatchObject({ code: 'ESOCKET' });
    expect(server.sessions).toHaveLength(1);
  });

  test('that is required is refused by a client that does not want it, and not used by it when it is offered', async () => {
    await using dir = await TempDir.create();
    const [[requiring], [offering]] = [await startEncrypted(dir, 'required'), await startEncrypted(dir, 'on')];
    await using required = requiring;
    await using offered = offering;
    await using refused = new TdsClient({ port: required.port });
    await using client = await TdsClient.connect({ port: offered.port });

    expect(await refused.connect()).toMatchObject({ code: 'EENCRYPT' });
    expect(await client.batch('select')).toEqual([['select']]);
    expect(offered.sessions).toMatchObject([{ login: { isEncrypted: false } }]);
  });

  test('ends with a cut as well', async () => {
    await using dir = await TempDir.create();
    const [started] = await startEncrypted(dir, 'on');
    await using server = started;
    await using client = await TdsClient.connect({ port: server.port, ...BLIND });

    const ended = once(client.connection, 'end');
    server.sessions[0]?.cut();
    await ended;

    expect(server.sessions).toEqual([]);
  });
});

describe('the browser', () => {
  test('tells the port of a named instance, and of none that it does not know', async () => {
    await using server = await TdsServer.start(echo());
    await using _browser = await startSqlBrowser({ OTHER: 1, SHOP: server.port });
    await using client = await TdsClient.connect({ instanceName: 'shop' });
    await using stranger = new TdsClient({ instanceName: 'nobody' });

    expect(await client.batch('select')).toEqual([['select']]);
    expect((await stranger.connect())?.message).toContain('nobody');
  });
});
