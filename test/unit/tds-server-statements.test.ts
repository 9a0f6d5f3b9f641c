import { once } from 'node:events';
import { TYPES } from 'tedious';
import { describe, expect, test } from 'vitest';
import { Gate } from '../support/gate.js';
import { TdsClient, echo, rejectionOf, TEXT } from '../support/tds-server/tds-client.js';
import { TdsServer } from '../support/tds-server/tds-server.js';
import type { Column, Statement, TdsServerOptions, Value } from '../support/tds-server/tds-server.js';

describe('rows', () => {
  const LONG = 'ä€'.repeat(50_000);
  const COLUMNS: readonly (readonly [Column['type'], Value, unknown])[] = [
    ['nvarchar', 'naïve 日本 🦊', 'naïve 日本 🦊'],
    ['nvarchar', '', ''],
    ['nvarchar', 'x'.repeat(4000), 'x'.repeat(4000)],
    ['nvarchar', LONG, LONG],
    ['int', -2_147_483_648, -2_147_483_648],
    ['bigint', 9_007_199_254_740_993n, '9007199254740993'],
    ['bigint', 5, '5'],
    ['bit', true, true],
    ['bit', false, false],
    ['float', 0.1, 0.1],
    ['varbinary', Buffer.from([0, 255]), Buffer.from([0, 255])],
    ['varbinary', Buffer.alloc(9000, 7), Buffer.alloc(9000, 7)],
  ];

  test.each([4096, 512, 32_767])('of every type, and null, arrive in packets of %d bytes', async (packetSize) => {
    const columns = COLUMNS.map(([type], index) => ({ name: `c${index}`, type }));
    const row = COLUMNS.map(([, value]) => value);
    const nulls = COLUMNS.map(() => null);
    await using server = await TdsServer.start({
      onStatement: async (_statement, reply) => {
        reply.rows(columns, [row, nulls, row]);
      },
    });
    await using client = await TdsClient.connect({ port: server.port, packetSize });

    const rows = await client.batch('select');

    const expected = COLUMNS.map(([, , value]) => value);
    expect(rows).toEqual([expected, nulls, expected]);
  });

  test('of several results, and of none, come after a statement that is longer than a packet', async () => {
    const sql = `select '${'é'.repeat(20_000)}'`;
    await using server = await TdsServer.start({
      onStatement: async (statement, reply) => {
        reply.rows([TEXT], [[statement.sql], ['second']]);
        reply.rows([{ name: 'n', type: 'int' }], []);
        reply.rows([{ name: 'n', type: 'int' }], [[1]]);
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    expect(await client.batch(sql)).toEqual([[sql], ['second'], [1]]);
  });
});

describe('messages', () => {
  test('arrive while the statement still runs', async () => {
    const mayEnd = new Gate();
    await using server = await TdsServer.start({
      onStatement: async (_statement, reply) => {
        reply.info({ number: 3211, message: '10 percent processed.' });
        await mayEnd.opened;
        reply.info({ number: 3014, message: 'BACKUP DATABASE successfully processed 1 pages.', severity: 1, state: 7 });
      },
    });
    await using client = await TdsClient.connect({ port: server.port });
    client.infos.length = 0;

    const running = client.batch('backup');
    await once(client.connection, 'infoMessage');
    expect(client.infos).toMatchObject([{ number: 3211, message: '10 percent processed.', class: 0, state: 1 }]);
    mayEnd.open();
    await running;

    expect(client.infos[1]).toMatchObject({ number: 3014, class: 1, state: 7 });
  });

  test('of one error fail the statement with its number, and the session goes on', async () => {
    await using server = await TdsServer.start({
      onStatement: async ({ sql }, reply) => {
        if (sql === 'bad')
          reply.error({ number: 911, message: "Database 'x' does not exist.", severity: 15, state: 2 });
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    const error = await rejectionOf(client.batch('bad'));

    expect(error).toMatchObject({ code: 'EREQUEST', number: 911, class: 15, state: 2 });
    expect(await client.batch('good')).toEqual([]);
  });

  test('of two errors come both', async () => {
    await using server = await TdsServer.start({
      onStatement: async (_statement, reply) => {
        reply.error({ number: 3201, message: 'Cannot open backup device.' });
        reply.error({ number: 3013, message: 'BACKUP DATABASE is terminating abnormally.' });
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    const error = await rejectionOf(client.batch('backup'));

    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toMatchObject([{ number: 3201 }, { number: 3013 }]);
  });
});

describe('attention', () => {
  function waiting(begun: Gate<Statement>): TdsServerOptions {
    return {
      onStatement: async (statement, reply) => {
        if (statement.sql !== 'wait') {
          reply.rows([TEXT], [[statement.sql]]);
          return;
        }
        reply.info({ number: 1, message: 'begun' });
        begun.open(statement);
        await once(statement.signal, 'abort');
        throw new Error('aborted');
      },
    };
  }

  test('aborts the statement, fails it as canceled, and the session goes on', async () => {
    const begun = new Gate<Statement>();
    await using server = await TdsServer.start(waiting(begun));
    await using client = await TdsClient.connect({ port: server.port });

    const running = rejectionOf(client.batch('wait'));
    const { signal } = await begun.opened;
    client.connection.cancel();

    expect(await running).toMatchObject({ code: 'ECANCEL' });
    expect(signal.aborted).toBe(true);
    expect(await client.batch('next')).toEqual([['next']]);
  });

  test('comes of the time limit of a statement that says nothing, too', async () => {
    await using server = await TdsServer.start({
      onStatement: async ({ sql, signal }) => {
        if (sql === 'wait') await once(signal, 'abort');
      },
    });
    await using client = await TdsClient.connect({ port: server.port, requestTimeout: 100 });

    expect(await rejectionOf(client.batch('wait'))).toMatchObject({ code: 'ETIMEOUT' });
    expect(await client.batch('next')).toEqual([]);
  });

  test('that crosses the end of the statement is acknowledged', async () => {
    await using server = await TdsServer.start({ onStatement: async () => undefined });
    await using client = await TdsClient.connect({ port: server.port });

    // The answer has come, but the client has not read it to the end.
    const running = client.run('select', (request) => {
      request.once('done', () => {
        request.cancel();
      });
      client.connection.execSqlBatch(request);
    });

    expect(await rejectionOf(running)).toMatchObject({ code: 'ECANCEL' });
    expect(await client.batch('next')).toEqual([]);
  });

  test('is not needed for a statement that is withdrawn before it is sent', async () => {
    const statements: string[] = [];
    await using server = await TdsServer.start({
      onStatement: async ({ sql }) => {
        statements.push(sql);
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    const running = rejectionOf(client.batch('withdrawn'));
    client.connection.cancel();

    expect(await running).toMatchObject({ code: 'ECANCEL' });
    await client.batch('next');
    expect(statements).toEqual(['next']);
  });
});

describe('sp_executesql', () => {
  test('brings the statement and its parameters', async () => {
    const statements: Statement[] = [];
    const long = 'ö'.repeat(5000);
    await using server = await TdsServer.start({
      onStatement: async (statement, reply) => {
        statements.push(statement);
        reply.rows([TEXT], [['row']]);
      },
    });
    await using client = await TdsClient.connect({ port: server.port });

    const rows = await client.run('select @name', (request) => {
      request.addParameter('name', TYPES.NVarChar, 'shöp');
      request.addParameter('long', TYPES.NVarChar, long);
      request.addParameter('none', TYPES.NVarChar, null);
      request.addParameter('number', TYPES.Int, -7);
      request.addParameter('noNumber', TYPES.Int, null);
      request.addParameter('tiny', TYPES.TinyInt, 255);
      request.addParameter('big', TYPES.BigInt, 9_007_199_254_740_993n);
      request.addParameter('isTrue', TYPES.Bit, true);
      request.addParameter('noBit', TYPES.Bit, null);
      request.addParameter('bytes', TYPES.VarBinary, Buffer.from([1, 2]));
      request.addParameter('float', TYPES.Float, 1.5);
      client.connection.execSql(request);
    });

    expect(rows).toEqual([['row']]);
    expect(statements).toMatchObject([{ kind: 'rpc', sql: 'select @name' }]);
    expect(statements[0]?.parameters).toEqual({
      ...{ name: 'shöp', long, none: null, number: -7, noNumber: null, tiny: 255, big: 9_007_199_254_740_993n },
      ...{ isTrue: true, noBit: null, bytes: Buffer.from([1, 2]), float: 1.5 },
    });
  });

  test('is all that can be called: another procedure, and a parameter of another type, are refused', async () => {
    await using server = await TdsServer.start(echo());
    await using client = await TdsClient.connect({ port: server.port });

    const procedure = client.run('sp_who', (request) => {
      client.connection.callProcedure(request);
    });
    expect(await rejectionOf(procedure)).toMatchObject({
      number: 8009,
      message: 'The procedure sp_who is not supported',
    });
    const date = client.run('select @at', (request) => {
      request.addParameter('at', TYPES.DateTime, new Date(0));
      client.connection.execSql(request);
    });
    expect(await rejectionOf(date)).toMatchObject({ number: 8009 });
    expect(await client.batch('next')).toEqual([['next']]);
  });

  test('fails with the errors of its statement, and can be canceled', async () => {
    const begun = new Gate();
    await using server = await TdsServer.start({
      onStatement: async ({ sql, signal }, reply) => {
        if (sql === 'bad') {
          reply.error({ number: 208, message: "Invalid object name 'x'." });
          return;
        }
        begun.open();
        await once(signal, 'abort');
      },
    });
    await using client = await TdsClient.connect({ port: server.port });
    const execute = (sql: string) =>
      client.run(sql, (request) => {
        client.connection.execSql(request);
      });

    expect(await rejectionOf(execute('bad'))).toMatchObject({ number: 208 });
    const running = rejectionOf(execute('wait'));
    await begun.opened;
    client.connection.cancel();
    expect(await running).toMatchObject({ code: 'ECANCEL' });
  });
});
