import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SqlServerEngine } from '../../src/engines/sqlserver/sqlserver-engine.js';
import { createCertificates, hasOpenssl } from '../support/certificates.js';
import { errorOf } from '../support/dumps.js';
import { startSqlBrowser } from '../support/tds-server/sql-browser.js';
import { TdsServer } from '../support/tds-server/tds-server.js';
import type { TdsServerOptions } from '../support/tds-server/tds-server.js';
import { TempDir } from '../support/temp-dir.js';

const EXCHANGE = 'backupDir=/exchange&backupDirLocal=/nowhere';

/** Whoever is let in is told that the server knows no statement. */
const DUMB: TdsServerOptions = {
  onStatement: ({ sql }, reply) => {
    reply.error({ number: 102, message: `Incorrect syntax near '${sql.slice(0, 6)}'.` });
    return Promise.resolve();
  },
};

async function reasonOf(place: string, parameters = 'encrypt=false', signal?: AbortSignal): Promise<string> {
  const url = `sqlserver://backup:hunter2@${place}?${EXCHANGE}&${parameters}`;
  const error = await errorOf(new SqlServerEngine().checkHealth(url, signal ?? new AbortController().signal));
  expect(error).toMatchObject({ name: 'EngineUnreachableError', message: expect.stringMatching(/^[a-z].*\.$/s) });
  const { message } = error as Error;
  expect(message).not.toContain('hunter2');
  return message;
}

async function reasonOfServer(options: TdsServerOptions, parameters?: string): Promise<string> {
  await using server = await TdsServer.start(options);
  return await reasonOf(`127.0.0.1:${server.port.toString()}`, parameters);
}

/** Something that listens and is no SQL Server. */
async function reasonOfListener(greet: string, parameters?: string): Promise<string> {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    if (greet === '') socket.destroy();
    else socket.write(greet);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    return await reasonOf(`127.0.0.1:${(listener.address() as AddressInfo).port.toString()}`, parameters);
  } finally {
    listener.close();
  }
}

describe('a SQL Server that cannot be asked is told with what to do: it', () => {
  test.each([
    [18456, "Login failed for user 'backup'.", /Check the user and the password/],
    [18452, 'Login failed. The login is from an untrusted domain.', /domain/],
    [18486, "Login failed for user 'backup' because the account is currently locked out.", /UNLOCK/],
    [18401, "Login failed for user 'backup'. Reason: Server is in script upgrade mode.", /Try again in a moment/],
    [17809, 'Could not connect because the maximum number of connections has been reached.', /user connections/],
    [50001, 'A trigger has refused it.', /log for error 50001/],
  ])('refuses the login with error %i', async (number, message, advice) => {
    const reason = await reasonOfServer({ ...DUMB, onLogin: () => ({ number, message }) });
    expect(reason).toContain(`the server says: ${message}`);
    expect(reason).toMatch(advice);
  });

  test('refuses what it is asked', async () => {
    expect(await reasonOfServer(DUMB)).toContain("the server says: Incorrect syntax near 'SELECT'.");
  });

  test('is not there', async () => {
    expect(await reasonOf('127.0.0.1:1')).toMatch(/nothing listens at that address and port/);
    expect(await reasonOf('no-such-host.invalid')).toMatch(/host name/);
  });

  test('takes connections and says nothing', async () => {
    expect(await reasonOfServer({ ...DUMB, isSilent: true })).toMatch(/not answered in time|does not answer/);
  });

  test.each([
    ['hangs up', '', /the connection was cut/],
    ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /does not speak SQL Server's protocol/],
  ])('%s', async (_what, greet, expected) => {
    expect(await reasonOfListener(greet)).toMatch(expected);
    expect(await reasonOfListener(greet, 'encrypt=true')).toMatch(expected);
  });

  test('has no TLS where the URL asks for it, and does not get the password', async () => {
    const logins: string[] = [];
    const onLogin = ({ user }: { readonly user: string }): null => {
      logins.push(user);
      return null;
    };
    expect(await reasonOfServer({ ...DUMB, onLogin }, 'encrypt=true')).toMatch(/does not take encrypted connections/);
    expect(await reasonOfServer({ ...DUMB, onLogin }, 'encrypt=true&trustServerCertificate=true')).toMatch(
      /password was not sent/,
    );
    expect(logins).toEqual([]);
  });

  test('is logged in to in master, the one database that no restore renames', async () => {
    const databases = new Set<string>();
    const onLogin = ({ database }: { readonly database: string }): null => {
      databases.add(database);
      return null;
    };
    await reasonOfServer({ ...DUMB, onLogin }, 'encrypt=false');
    expect([...databases]).toEqual(['master']);
  });

  test('gives up soon after its signal is aborted', async () => {
    await using server = await TdsServer.start({ ...DUMB, isSilent: true });
    const aborting = new AbortController();
    const reason = new Error('enough');
    const url = `sqlserver://sa@127.0.0.1:${server.port.toString()}?${EXCHANGE}&encrypt=false`;
    const asking = new SqlServerEngine().checkHealth(url, aborting.signal);
    setImmediate(() => {
      aborting.abort(reason);
    });
    expect(await errorOf(asking)).toBe(reason);
  });
});

describe.skipIf(!hasOpenssl)('a SQL Server with TLS', () => {
  test('is trusted by its authority, by its word, or not at all', async () => {
    await using folder = await TempDir.create();
    const { serverKey, serverCert, rootCert } = await createCertificates(folder);
    const certificate = { key: await readFile(serverKey), cert: await readFile(serverCert) };
    const options = { ...DUMB, encryption: 'on' as const, certificate };
    const isAsked = /the server says: Incorrect syntax/;
    expect(await reasonOfServer(options, 'encrypt=true')).toMatch(/certificate/);
    expect(await reasonOfServer(options, 'encrypt=true&trustServerCertificate=true')).toMatch(isAsked);
    const caFile = encodeURIComponent(rootCert);
    expect(await reasonOfServer(options, `encrypt=true&caFile=${caFile}&hostNameInCertificate=localhost`)).toMatch(
      isAsked,
    );
    expect(await reasonOfServer(options, `encrypt=true&caFile=${caFile}&hostNameInCertificate=db.corp`)).toMatch(
      /another host name/,
    );
    expect(await reasonOf('127.0.0.1:1', 'encrypt=true&caFile=/nowhere/ca.pem')).toMatch(
      /\/nowhere\/ca.pem \(caFile\)/,
    );
    expect(await reasonOfServer({ ...options, encryption: 'required' }, 'encrypt=false')).toMatch(
      /takes encrypted connections alone/,
    );
  });
});

describe('a named instance', () => {
  test('is found through the SQL Server Browser of its host', async () => {
    await using server = await TdsServer.start(DUMB);
    await using _browser = await startSqlBrowser({ SALES: server.port });
    expect(await reasonOf('127.0.0.1%5CSALES')).toMatch(/the server says: Incorrect syntax/);
    expect(await reasonOf('127.0.0.1%5CNONE')).toMatch(/SQL Server Browser of its host does not tell the port/);
  });
});
