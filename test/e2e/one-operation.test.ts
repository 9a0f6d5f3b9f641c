import { describe, expect, test } from 'vitest';
import { codeOf, deleteInstance, deleteOne, restoreBackup } from '../support/backup-use.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { hasPostgres } from '../support/services.js';
import { TestApp } from '../support/test-app.js';

const ROUNDS = 8;
const RIVALS = 12;

type Apps = readonly [TestApp, ...TestApp[]];

/** So many calls at the same time, over all servers. */
async function race(apps: Apps, call: (app: TestApp, index: number) => Promise<string>): Promise<readonly string[]> {
  const callOne = (index: number): Promise<string> => call(apps[index % apps.length] ?? apps[0], index);
  return Promise.all(Array.from({ length: RIVALS }, (_, index) => callOne(index)));
}

const EXPECTED = new Set([
  'ACCEPTED',
  'BACKUP_IN_PROGRESS',
  'BACKUP_NAME_TAKEN',
  'BACKUP_NOT_DELETABLE',
  'BACKUP_NOT_FOUND',
  'BACKUP_NOT_RESTORABLE',
  'INSTANCE_NOT_AVAILABLE',
  'INSTANCE_NOT_FOUND',
]);

function expectKnown(codes: readonly string[]): void {
  expect(codes.filter((code) => !EXPECTED.has(code))).toEqual([]);
}

function accepted(codes: readonly string[]): number {
  return codes.filter((code) => code === 'ACCEPTED').length;
}

/** Each round has an instance of its own with a backup; what is begun waits until all have their answer. */
async function eachRound(
  apps: Apps,
  engine: FakeEngine,
  contest: (round: { readonly instanceId: string; readonly backupId: string }) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `shop-${round.toString()}`;
    const instanceId = await apps[0].register(name, `fake://${name}`);
    const { id: backupId } = await apps[0].takeBackup(instanceId, `backup-${round.toString()}`);
    const hold = engine.holdRestores();
    await contest({ instanceId, backupId });
    hold.release();
  }
}

async function restoreOrDelete(apps: Apps, engine: FakeEngine): Promise<void> {
  await eachRound(apps, engine, async ({ instanceId, backupId }) => {
    const restores: string[] = [];
    const deletions: string[] = [];
    const codes = await race(apps, async (app, index) => {
      const isRestore = index % 3 !== 0;
      const code = isRestore
        ? codeOf(await restoreBackup(app, { backupId, targetInstanceId: instanceId, overwrite: true }))
        : await deleteOne(app, backupId);
      (isRestore ? restores : deletions).push(code);
      return code;
    });

    expectKnown(codes);
    // Never both, never two of one: the backup is restored, or it is deleted.
    expect(accepted(restores) + accepted(deletions)).toBe(1);
  });
}

async function deleteInstanceOrUseIt(apps: Apps, engine: FakeEngine): Promise<void> {
  await eachRound(apps, engine, async ({ instanceId, backupId }) => {
    const dumps = engine.hold();
    const [uses, deletions]: [string[], string[]] = [[], []];
    const codes = await race(apps, async (app, index) => {
      const input = { backupId, targetInstanceId: instanceId, overwrite: true };
      if (index % 3 === 0) deletions.push(codeOf(await deleteInstance(app, instanceId)));
      else if (index % 3 === 1) uses.push(codeOf(await restoreBackup(app, input)));
      else uses.push(codeOf(await app.createBackup(instanceId, `b-${instanceId.slice(-12)}-${index.toString()}`)));
      return [...uses, ...deletions].at(-1) ?? '';
    });

    expectKnown([...codes, ...uses, ...deletions]);
    expect(accepted(uses) + accepted(deletions)).toBe(1);
    dumps.release();
  });
}

test('I1: of many restores and deletions of one backup at the same time exactly one begins', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });

  await restoreOrDelete([app], engine);
});

test('I1: an instance is deleted, backed up or restored to, one of them', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });

  await deleteInstanceOrUseIt([app], engine);
});

describe.skipIf(!hasPostgres)('with two servers on one catalog', { timeout: 90_000 }, () => {
  async function withTwo(contest: (apps: Apps, engine: FakeEngine, cluster: Cluster) => Promise<void>): Promise<void> {
    const engine = new FakeEngine();
    await using cluster = await Cluster.create();
    await using first = await TestApp.start({ env: cluster.env, overrides: { engines: [engine] } });
    await using second = await TestApp.start({ env: cluster.env, overrides: { engines: [engine] } });
    await contest([first, second], engine, cluster);
  }

  test('I1: of many restores and deletions of one backup at the same time exactly one begins', async () => {
    await withTwo(restoreOrDelete);
  });

  test('I1: an instance is deleted, backed up or restored to, one of them', async () => {
    await withTwo(deleteInstanceOrUseIt);
  });

  test('an instance is deleted with an automated backup of it, or that is restored to it, and neither waits for the other', async () => {
    await withTwo(async (apps, engine, cluster) => {
      await eachRound(apps, engine, async ({ instanceId, backupId }) => {
        await cluster.query(`UPDATE backups SET type = 'AUTOMATED' WHERE id = '${backupId}'`);

        const codes = await race(apps, async (app, index) => {
          const input = { backupId, targetInstanceId: instanceId, overwrite: true };
          return codeOf(await (index % 2 === 0 ? deleteInstance(app, instanceId) : restoreBackup(app, input)));
        });

        expectKnown(codes);
        expect(accepted(codes)).toBe(1);
      });
    });
  });
});
