import { describe, expect, test } from 'vitest';
import { REGISTERED, take } from '../support/api-client.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { ServerProcess } from '../support/server-process.js';
import { hasPostgres } from '../support/services.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { listFiles, verifyByHand } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('a backup is taken, listed, followed and found by hand', async () => {
    await using cluster = await Cluster.create();
    await using app = await TestApp.start({ env: cluster.env });
    const instanceId = await app.registerSample('shop');
    const changes = take(app.statusChanges({ after: REGISTERED }), 2);

    const backup = await app.takeBackup(instanceId, 'first');

    expect(backup.status).toBe('COMPLETED');
    expect((await changes).map(({ status }) => status)).toEqual(['BACKING_UP', 'AVAILABLE']);
    const { data } = await app.graphql(`{
      instances { totalCount nodes { name status backups { totalCount nodes { name sizeBytes } } activeBackup { id } } }
      backups(filter: { nameContains: "FIR" }, first: 1) { totalCount nodes { id instance { name } } }
    }`);
    expect(data.instances).toEqual({
      totalCount: 1,
      nodes: [
        {
          name: 'shop',
          status: 'AVAILABLE',
          backups: { totalCount: 1, nodes: [{ name: 'first', sizeBytes: backup.sizeBytes }] },
          activeBackup: null,
        },
      ],
    });
    expect(data.backups).toEqual({ totalCount: 1, nodes: [{ id: backup.id, instance: { name: 'shop' } }] });
    await verifyByHand(cluster.artifacts, backup.id, cluster.dir.path);
  });

  test('refusals are the same as on SQLite', async () => {
    await using cluster = await Cluster.create();
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using app = await TestApp.start({ env: cluster.env, overrides: { engines: [engine] } });
    const shop = await app.register('shop', 'fake://a');
    const notes = await app.register('notes', 'fake://b');
    const codeOf = async (instanceId: string, name: string): Promise<string | undefined> =>
      (await app.createBackup(instanceId, name)).errors?.[0]?.extensions.code;
    const backupId = await app.beginBackup(shop, 'first');

    expect(await codeOf(shop, 'second')).toBe('BACKUP_IN_PROGRESS');
    expect(await codeOf(notes, 'first')).toBe('BACKUP_NAME_TAKEN');
    expect(await codeOf('nobody\0', 'first')).toBe('INSTANCE_NOT_FOUND');
    await expect(app.register('shop', 'fake://c')).rejects.toThrow('already has an instance named shop');
    hold.release();
    expect((await app.waitForEnd(backupId)).status).toBe('COMPLETED');
  });

  test('a subscriber of one server sees the backup that another takes', async () => {
    await using cluster = await Cluster.create();
    const overrides = { engines: [new FakeEngine()] };
    await using first = await TestApp.start({ env: cluster.env, overrides });
    await using second = await TestApp.start({ env: cluster.env, overrides });
    const instanceId = await first.register('shop', 'fake://db1');
    const changes = second.statusChanges({ instanceId });
    const before = await changes.next();

    const backupId = await first.beginBackup(instanceId, 'first');
    const begun = await changes.next();
    const ended = await changes.next();
    await changes.return();

    expect(before.value).toMatchObject({ previousStatus: null, status: 'AVAILABLE' });
    expect(begun.value).toMatchObject({ status: 'BACKING_UP', backup: { id: backupId } });
    expect(ended.value).toMatchObject({ status: 'AVAILABLE', backup: { id: backupId } });
    expect((await second.waitForEnd(backupId)).status).toBe('COMPLETED');
  });

  test.each(['backupChanged { id }', 'restoreChanged { id }', 'recordDeleted { id }'])(
    'a subscriber of %s is dropped with 1013 when its server was deaf for a while',
    async (field) => {
      await using cluster = await Cluster.create();
      await using app = await TestApp.start({ env: cluster.env, overrides: { engines: [new FakeEngine()] } });
      const changes = await app.follow(`subscription { ${field} }`);

      await cluster.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'rds-backup-server feed'",
      );

      await expect(changes.next()).rejects.toMatchObject({ code: 1013 });
    },
  );

  test('I2: subscribers of two servers see the events of both in one order', async () => {
    await using cluster = await Cluster.create();
    const overrides = { engines: [new FakeEngine()] };
    await using first = await TestApp.start({ env: cluster.env, overrides });
    await using second = await TestApp.start({ env: cluster.env, overrides });
    const servers = [first, second];
    const ids = await Promise.all(['a', 'b', 'c', 'd'].map((host) => first.register(`shop-${host}`, `fake://${host}`)));
    const watching = servers.map((server) => take(server.statusChanges({ after: '0' }), 28));

    await Promise.all(
      ids.map(async (id, index) => {
        for (const round of [1, 2, 3]) {
          await servers[index % 2]?.takeBackup(id, `backup-${index.toString()}-${round.toString()}`);
        }
      }),
    );

    const [ofFirst = [], ofSecond = []] = await Promise.all(watching);
    const cursors = ofFirst.map(({ id }) => Number(id));
    expect(cursors).toEqual([...cursors].sort((a, b) => a - b));
    expect(ofSecond.map(({ id }) => id)).toEqual(ofFirst.map(({ id }) => id));
    expect(new Set(cursors).size).toBe(28);
  });

  test(
    'I5: a server that lives on recovers the backup of one that was killed, once its lease is over',
    {
      timeout: 60_000,
    },
    async () => {
      await using cluster = await Cluster.create();
      await using living = await TestApp.start({ env: cluster.env });
      await using killed = await ServerProcess.start(cluster.dir, cluster.env);
      const path = cluster.dir.join('shop.db');
      await createSampleDatabase(path);
      const instanceId = await living.register('shop', `sqlite:${path}`);
      await using source = await SqliteFile.open(path);
      await source.exec('BEGIN EXCLUSIVE');
      const backupId = await killed.beginBackup(instanceId, 'first');
      await killed.waitForBackup(backupId, ({ progress }) => progress.phase === 'COPYING');
      await killed.kill('SIGKILL');
      await source.exec('ROLLBACK');
      expect(await living.statusOf(instanceId)).toBe('BACKING_UP');

      await cluster.query('UPDATE backups SET lease_expires_at = 0');

      const { status, failure } = await living.waitForEnd(backupId);
      expect([status, failure?.code]).toEqual(['FAILED', 'INTERRUPTED']);
      expect(await living.statusOf(instanceId)).toBe('AVAILABLE');
      expect((await living.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
    },
  );

  test('I6: a server that was asleep for longer than its lease can no longer complete its backup', async () => {
    await using cluster = await Cluster.create();
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using asleep = await TestApp.start({ env: cluster.env, overrides: { engines: [engine] } });
    const instanceId = await asleep.register('shop', 'fake://db1');
    const backupId = await asleep.beginBackup(instanceId, 'first');
    await hold.reached();

    const inTwoMinutes = (): Date => new Date(Date.now() + 120_000);
    await using other = await TestApp.start({
      env: cluster.env,
      overrides: { engines: [engine], clock: inTwoMinutes },
    });
    const { status, failure } = await other.waitForEnd(backupId);
    hold.release();
    await asleep.app.stop();

    expect([status, failure?.code]).toEqual(['FAILED', 'INTERRUPTED']);
    expect((await other.waitForEnd(backupId)).status).toBe('FAILED');
    expect(await listFiles(cluster.artifacts)).toEqual([]);
    const changes = await take(other.statusChanges({ after: REGISTERED }), 2);
    expect(changes.map((change) => change.status)).toEqual(['BACKING_UP', 'AVAILABLE']);
    expect(await other.statusOf(instanceId)).toBe('AVAILABLE');
  });
});
