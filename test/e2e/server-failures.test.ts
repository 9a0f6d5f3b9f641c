import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BackupMessage } from '../support/api-client.js';
import { killChildren, listChildren } from '../support/child-processes.js';
import { writeProgram } from '../support/fake-programs.js';
import { hasMariadbPrograms } from '../support/mariadb-server.js';
import { canMount, Mount } from '../support/mounts.js';
import { hasPostgresPrograms } from '../support/postgres-server.js';
import { startMariadbShop, startPostgresShop } from '../support/shop-servers.js';
import type { ShopServer } from '../support/shop-servers.js';
import { listFiles } from '../support/store.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { Stall } from '../support/tcp-proxy.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

/** When so much of a dump has come, it is in its middle. */
const MIDDLE_BYTES = 1_000_000;
const SHOP = { databases: ['shop'], includeSystemDatabases: false };

interface Strike {
  readonly app: TestApp;
  readonly server: ShopServer;
  readonly proxy: TcpProxy;
  readonly stall: Stall;
}

interface Outcome {
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Of the instance, right after. */
  readonly status: string;
}

type Environment = Readonly<Record<string, string>>;

/** I4: no artifact, nothing temporary, no process, and a whole sentence. */
async function expectNothingLeft(app: TestApp, { status, failure, databases }: BackupMessage): Promise<void> {
  expect(status).toBe('FAILED');
  expect(failure?.message).toMatch(/^[A-Z].*\S\. ?/s);
  expect(databases.filter(({ sha256 }) => sha256 !== null)).toEqual([]);
  expect(await listFiles(app.artifacts)).toEqual([]);
  expect(await listFiles(join(app.dataDir, '.rds-backup-scratch'))).toEqual([]);
  expect((await listChildren()).filter((name) => /^(pg_|mariadb-|mysql|sh$|head)/.test(name))).toEqual([]);
}

/** Takes a backup through a proxy, which hangs in the middle of the dump until it was struck. */
async function strike(
  server: ShopServer,
  blow: (strike: Strike) => Promise<void>,
  env: Environment = {},
): Promise<Outcome> {
  await using proxy = await TcpProxy.start(server.url());
  await using app = await TestApp.start({ env: { PATH: process.env.PATH ?? '', ...env } });
  const instanceId = await app.register('shop', proxy.url);
  const stall = proxy.stallAfter(MIDDLE_BYTES);
  const backupId = await app.beginBackup(instanceId, 'struck', SHOP);
  await stall.reached;
  await blow({ app, server, proxy, stall });
  const backup = await app.waitForEnd(backupId);
  await expectNothingLeft(app, backup);
  const status = await app.statusOf(instanceId);
  stall.release();
  return { ...toOutcome(backup), status };
}

function toOutcome({ failure }: BackupMessage): { code: string | undefined; message: string | undefined } {
  return { code: failure?.code, message: failure?.message };
}

/** Takes a backup with a dump program of another kind, first in the path. */
async function takeWithTool(server: ShopServer, script: string): Promise<Outcome> {
  await using dir = await TempDir.create();
  const { tool, toolPath } = server;
  await writeProgram(
    dir,
    tool,
    `[ "$1" = --version ] && exec ${toolPath} --version\n${script.replace('TOOL', toolPath)}`,
  );
  await using app = await TestApp.start({ env: { PATH: `${dir.path}:${process.env.PATH ?? ''}` } });
  const instanceId = await app.register('shop', server.url());
  const backup = await app.takeBackup(instanceId, 'struck', SHOP);
  await expectNothingLeft(app, backup);
  return { ...toOutcome(backup), status: await app.statusOf(instanceId) };
}

describe.each([
  ['PostgreSQL', hasPostgresPrograms, startPostgresShop],
  ['MariaDB', hasMariadbPrograms, startMariadbShop],
] as const)('a backup of %s', (_product, isThere, start) => {
  describe.skipIf(!isThere)('that is struck midway', { timeout: 60_000 }, () => {
    let server: ShopServer;
    beforeAll(async () => {
      server = await start();
    }, 60_000);
    beforeEach(() => server.reset(), 60_000);
    afterAll(() => server[Symbol.asyncDispose]());
    afterEach(async () => {
      expect((await listChildren()).filter((name) => name.includes('dump'))).toEqual([]);
    });

    test('I4: by a server that stops, leaves the instance abnormal', async () => {
      const outcome = await strike(server, async ({ stall }) => {
        await server.stop();
        stall.release();
      }).finally(() => server.restart());
      expect(outcome).toMatchObject({ code: 'ENGINE_UNREACHABLE', status: 'ABNORMAL' });
    });

    test('I4: by a connection that is terminated, gives the instance back', async () => {
      const outcome = await strike(server, async ({ stall }) => {
        await server.terminate();
        stall.release();
      });
      expect(outcome).toMatchObject({ code: 'ENGINE_UNREACHABLE', status: 'AVAILABLE' });
    });

    test('I4: by a network that is cut, gives the instance back', async () => {
      const outcome = await strike(server, ({ proxy }) => {
        proxy.breakAll();
        return Promise.resolve();
      });
      expect(outcome).toMatchObject({ code: 'ENGINE_UNREACHABLE', status: 'AVAILABLE' });
    });

    test('I4: by a network that is silent, is given up after the stall timeout', async () => {
      const outcome = await strike(server, () => Promise.resolve(), { STALL_TIMEOUT: '5s' });
      expect(outcome).toMatchObject({ code: 'STALLED', status: 'AVAILABLE' });
    });

    test('I4: by whoever kills the program, gives the instance back', async () => {
      const outcome = await strike(server, () => killChildren(server.tool));
      expect(outcome).toMatchObject({ code: 'DUMP_FAILED', status: 'AVAILABLE' });
      expect(outcome.message).toContain(server.tool);
    });

    test('I4: by a database that is dropped, gives the instance back', async () => {
      const outcome = await strike(server, async ({ stall }) => {
        await server.dropDatabase();
        stall.release();
      });
      expect(['DUMP_FAILED', 'ENGINE_UNREACHABLE']).toContain(outcome.code);
      expect(outcome.status).toBe('AVAILABLE');
    });

    test('I4: by a user who cancels it, gives the instance back', async () => {
      const outcome = await strike(server, async ({ app }) => {
        const { data } = await app.graphql('{ backups { nodes { id } } }');
        const { data: answer } = await app.cancelBackup(data.backups.nodes[0].id);
        expect(answer.cancelBackup.backup).toMatchObject({ status: 'FAILED', instance: { status: 'AVAILABLE' } });
      });
      expect(outcome).toMatchObject({ code: 'CANCELLED', status: 'AVAILABLE' });
    });

    test('I3: is not completed by a program that exits with 1 after its whole output', async () => {
      const outcome = await takeWithTool(server, 'TOOL "$@"; exit 1');
      expect(outcome).toMatchObject({ code: 'DUMP_FAILED', status: 'AVAILABLE' });
      expect(outcome.message).toContain('exit code 1');
    });

    test('I3: is not completed by output that was cut, though the program exits with 0', async () => {
      const outcome = await takeWithTool(server, 'TOOL "$@" 2>/dev/null | head -c 2000000');
      expect(outcome).toMatchObject({ code: 'DUMP_FAILED', status: 'AVAILABLE' });
    });

    test('I3: is not completed without a table that its user may not read', async () => {
      await using app = await TestApp.start({ env: { PATH: process.env.PATH ?? '' } });
      const instanceId = await app.register('shop', server.url('clerk'));
      expect(await app.takeBackup(instanceId, 'allowed', SHOP)).toMatchObject({ status: 'COMPLETED', failure: null });
      const before = await listFiles(app.artifacts);
      await server.restrictClerk();

      const { failure } = await app.takeBackup(instanceId, 'forbidden', SHOP);

      expect(failure?.code).toBe('DUMP_FAILED');
      expect(failure?.message).toMatch(/late|SELECT/);
      expect(await listFiles(app.artifacts)).toEqual(before);
      expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    });

    test.skipIf(!canMount)('I4: by a store that is full, leaves nothing in it', async () => {
      await using mount = await Mount.tmpfs('2m');
      await using app = await TestApp.start({ env: { PATH: process.env.PATH ?? '', ARTIFACT_STORE: mount.path } });
      const instanceId = await app.register('shop', server.url());

      const backup = await app.takeBackup(instanceId, 'struck', SHOP);

      expect(backup.failure?.code).toBe('STORAGE_FULL');
      expect(await listFiles(mount.path)).toEqual([]);
      await expectNothingLeft(app, backup);
      expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    });
  });
});
