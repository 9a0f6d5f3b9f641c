import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { InProcessStatusFeed } from '../../src/events/in-process-status-feed.js';
import { PostgresStatusFeed } from '../../src/events/postgres-status-feed.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { backupChange, Ear, STATUS, statusFeedContract } from './status-feed.contract.js';

const MISSED = { kind: 'missed' } as const;

/** Runs one statement as another program would, and returns how many rows that gave. */
async function runElsewhere(url: string, sql: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** Breaks every connection of a feed, as a restart of the database does. */
async function breakConnections(url: string): Promise<number> {
  return runElsewhere(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'rds-backup-server feed'`,
  );
}

describe('a feed in the process', () => {
  statusFeedContract(() => {
    const errors: unknown[] = [];
    const feed = new InProcessStatusFeed((error) => errors.push(error));
    return Promise.resolve({ feed, errors, [Symbol.asyncDispose]: () => feed[Symbol.asyncDispose]() });
  });
});

describe.skipIf(!hasPostgres)('a feed through PostgreSQL', () => {
  statusFeedContract(async () => {
    const scratch = await ScratchPostgres.create();
    const errors: unknown[] = [];
    const feed = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    return {
      feed,
      errors,
      [Symbol.asyncDispose]: async (): Promise<void> => {
        await feed[Symbol.asyncDispose]();
        await scratch[Symbol.asyncDispose]();
      },
    };
  });

  test('is heard by every server on the database, in one order', async () => {
    await using scratch = await ScratchPostgres.create();
    const errors: unknown[] = [];
    await using one = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    await using other = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    const ears = [new Ear(one, 100), new Ear(other, 100)];

    for (let index = 0; index < 100; index += 1) (index % 2 === 0 ? one : other).publish(backupChange(index));
    await Promise.all(ears.map(({ done }) => done));

    const [first, second] = ears.map(({ heard }) => heard);
    expect(first).toEqual(second);
    expect(new Set(first?.map((change) => JSON.stringify(change))).size).toBe(100);
    expect(errors).toEqual([]);
  });

  test.each([
    '',
    'not JSON',
    'null',
    '{"kind":"backup"}',
    '[1]',
    '{"kind":"deleted","record":null}',
    '{"kind":"deleted","record":{"kind":"BACKUP"}}',
    '{"kind":"deleted","record":{"kind":"TABLE","id":"1"}}',
  ])('takes a foreign notification, %j, for a reason to look', async (payload) => {
    await using scratch = await ScratchPostgres.create();
    await using feed = await PostgresStatusFeed.connect(scratch.url, () => undefined);
    const ear = new Ear(feed, 1);
    await runElsewhere(scratch.url, `SELECT pg_notify('rds_backup_changes', '${payload}')`);
    await ear.done;
    expect(ear.heard).toEqual([STATUS]);
  });

  test('keeps databases apart', async () => {
    await using mine = await ScratchPostgres.create();
    await using others = await ScratchPostgres.create();
    await using feed = await PostgresStatusFeed.connect(mine.url, () => undefined);
    await using stranger = await PostgresStatusFeed.connect(others.url, () => undefined);
    const [ear, strange] = [new Ear(feed, 1), new Ear(stranger, 1)];
    feed.publish(backupChange(1));
    await ear.done;
    stranger.publish(backupChange(2));
    await strange.done;
    expect(strange.heard).toEqual([backupChange(2)]);
  });

  test('announces that changes may have been missed once its broken connection is back, and is heard again', async () => {
    await using scratch = await ScratchPostgres.create();
    const errors: unknown[] = [];
    await using feed = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    const announced = new Ear(feed, 1);

    expect(await breakConnections(scratch.url)).toBe(1);
    await announced.done;

    expect(announced.heard).toEqual([MISSED]);
    await using other = await PostgresStatusFeed.connect(scratch.url, () => undefined);
    const again = new Ear(feed, 2);
    other.publish(backupChange(1));
    feed.publish(backupChange(2));
    await again.done;
    expect(new Set(again.heard)).toEqual(new Set([backupChange(1), backupChange(2)]));
  });

  test('brings its own changes to its own listeners while its connection is broken', async () => {
    await using scratch = await ScratchPostgres.create();
    const broken: unknown[] = [];
    await using feed = await PostgresStatusFeed.connect(scratch.url, (error) => broken.push(error));
    const ear = new Ear(feed, 1);
    await breakConnections(scratch.url);
    feed.publish(backupChange(1));
    await ear.done;
    expect([backupChange(1), MISSED]).toContainEqual(ear.heard[0]);
  });

  test('gives up reconnecting when it is disposed of', async () => {
    await using scratch = await ScratchPostgres.create();
    const feed = await PostgresStatusFeed.connect(scratch.url, () => undefined);
    await breakConnections(scratch.url);
    await feed[Symbol.asyncDispose]();
    expect(await breakConnections(scratch.url)).toBe(0);
  });

  test('lets the others hear what it has published last before it was disposed of', async () => {
    await using scratch = await ScratchPostgres.create();
    const errors: unknown[] = [];
    const leaving = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    await using staying = await PostgresStatusFeed.connect(scratch.url, (error) => errors.push(error));
    const ear = new Ear(staying, 50);
    for (let index = 0; index < 50; index += 1) leaving.publish(backupChange(index));
    await leaving[Symbol.asyncDispose]();
    await ear.done;
    expect(errors).toEqual([]);
  });

  test('closes a connection that comes about only after it was disposed of', async () => {
    await using scratch = await ScratchPostgres.create();
    await using proxy = await TcpProxy.start(scratch.url);
    const feed = await PostgresStatusFeed.connect(proxy.url, () => undefined);
    const reconnecting = proxy.holdNext();
    proxy.breakAll();
    const held = await reconnecting;
    await feed[Symbol.asyncDispose]();
    await held.letThrough();
    await held.closed;
  });

  test('does not start without its database', async () => {
    const connecting = PostgresStatusFeed.connect('postgresql://postgres@127.0.0.1:1/none', () => undefined);
    await expect(connecting).rejects.toThrow();
  });
});
