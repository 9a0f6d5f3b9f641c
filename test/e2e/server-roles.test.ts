import { describe, expect, test } from 'vitest';
import { REGISTERED } from '../support/api-client.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TestApp } from '../support/test-app.js';

/** A server that follows another, until it is made a primary of its own. */
interface Follower extends AsyncDisposable {
  readonly url: string;
  readonly role: string;
  promote(): Promise<void>;
}

async function startStandby(): Promise<Follower> {
  const primary = await PostgresServer.start();
  await primary.createDatabase('shop');
  const standby = await primary.standby();
  return {
    url: standby.url(),
    role: 'STANDBY',
    promote: () => standby.promote(),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await standby[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

async function startReplica(): Promise<Follower> {
  const primary = await MariadbServer.start({ settings: { 'log-bin': 'binlog', 'server-id': '1' } });
  const replica = await primary.replica({ 'read-only': '1' });
  await primary.createDatabase('shop');
  await expect.poll(() => replica.sql("SHOW DATABASES LIKE 'shop'")).toHaveLength(1);
  return {
    url: replica.url(),
    role: 'READ_REPLICA',
    promote: async (): Promise<void> => {
      await replica.sql('STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = 0');
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}

describe.each([
  ['a streaming standby of PostgreSQL', hasPostgresPrograms, startStandby],
  ['a replica of MariaDB', hasMariadbPrograms, startReplica],
] as const)('%s', (_what, isThere, start) => {
  test.skipIf(!isThere)(
    'registers, refuses backups, and takes them once it is promoted',
    { timeout: 90_000 },
    async () => {
      await using follower = await start();
      await using app = await TestApp.start({ env: { PATH: process.env.PATH ?? '', HEALTH_INTERVAL: '200ms' } });

      const instanceId = await app.register('shop', follower.url);
      const { data } = await app.graphql('{ instances { nodes { role status } } }');
      expect(data.instances.nodes).toEqual([{ role: follower.role, status: 'AVAILABLE' }]);
      const { errors } = await app.createBackup(instanceId, 'too-early');
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_NOT_PRIMARY', role: follower.role });

      const changes = app.statusChanges({ instanceId, after: REGISTERED });
      await follower.promote();
      const { value: change } = await changes.next();
      expect(change).toMatchObject({ previousStatus: 'AVAILABLE', status: 'AVAILABLE' });
      expect(change?.reason).toBe(`The instance is a PRIMARY now; it was a ${follower.role}.`);
      await changes.return();
      const backup = await app.takeBackup(instanceId, 'after-failover', { databases: ['shop'] });
      expect(backup).toMatchObject({ status: 'COMPLETED', failure: null });
    },
  );
});
