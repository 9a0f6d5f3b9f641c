import { expect, test } from 'vitest';
import type { BackupMessage } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const PHASES = ['QUEUED', 'COPYING', 'VERIFYING', 'DONE'];

/** Every state of a backup that its subscribers are told, to its end. */
async function follow(app: TestApp, backupId: string): Promise<readonly BackupMessage[]> {
  const states: BackupMessage[] = [];
  for await (const backup of app.backupChanges({ backupId })) {
    states.push(backup);
    if (backup.status !== 'BUILDING') break;
  }
  return states;
}

function expectForward(states: readonly BackupMessage[]): void {
  for (const [index, { progress }] of states.slice(1).entries()) {
    const before = states[index]?.progress;
    expect(PHASES.indexOf(progress.phase)).toBeGreaterThanOrEqual(PHASES.indexOf(before?.phase ?? ''));
    expect(progress.bytesDone).toBeGreaterThanOrEqual(before?.bytesDone ?? 0);
    expect(progress.percent ?? 0).toBeGreaterThanOrEqual(before?.percent ?? 0);
  }
}

test('a backup goes from QUEUED over COPYING and VERIFYING to DONE, and its progress never falls', async () => {
  await using app = await TestApp.start({ env: { MAX_CONCURRENT_BACKUPS: '1' } });
  const first = await app.registerSample('first', { sizeBytes: 20_000_000 });
  const second = await app.registerSample('second', { sizeBytes: 30_000_000, journalMode: 'wal' });

  const firstId = await app.beginBackup(first, 'first-backup');
  const secondId = await app.beginBackup(second, 'second-backup');
  const [ofFirst, ofSecond] = await Promise.all([follow(app, firstId), follow(app, secondId)]);

  for (const states of [ofFirst, ofSecond]) {
    expectForward(states);
    expect(states.at(-1)).toMatchObject({ status: 'COMPLETED', progress: { phase: 'DONE', percent: 100 } });
    expect(states.slice(0, -1).every(({ progress }) => (progress.percent ?? 0) < 100)).toBe(true);
  }
  expect(ofSecond[0]?.progress).toEqual({ phase: 'QUEUED', bytesDone: 0, bytesTotal: null, percent: null });
  expect(new Set(ofSecond.map(({ progress }) => progress.phase))).toEqual(new Set(PHASES));
});

test.each([
  ['smaller', 1000],
  ['larger', 90_000],
])('progress never falls when a dump is %s than the instance has said', async (_what, dumpBytes) => {
  const engine = new FakeEngine();
  engine.databases = [{ name: 'main', sizeBytes: 30_000, system: false }];
  engine.script = () => ({ content: [Buffer.alloc(dumpBytes)] });
  await using app = await TestApp.start({ env: { MAX_CONCURRENT_BACKUPS: '1' }, overrides: { engines: [engine] } });
  const busy = await app.register('busy', 'fake://a');
  const shop = await app.register('shop', 'fake://b');
  await app.beginBackup(busy, 'ahead-of-it');

  const states = await follow(app, await app.beginBackup(shop, 'estimated'));

  expectForward(states);
  expect(states.at(-1)).toMatchObject({ status: 'COMPLETED', sizeBytes: dumpBytes });
});

test('no more backups run at once than MAX_CONCURRENT_BACKUPS; the others wait as QUEUED', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ env: { MAX_CONCURRENT_BACKUPS: '3' }, overrides: { engines: [engine] } });
  const names = Array.from({ length: 8 }, (_, index) => `shop-${index.toString()}`);
  const ids = await Promise.all(names.map((name) => app.register(name, `fake://${name}`)));
  const backups: string[] = [];
  for (const id of ids) backups.push(await app.beginBackup(id, `backup-${backups.length.toString()}`));
  await hold.reached(3);
  const isCopying = ({ progress }: BackupMessage): boolean => progress.phase === 'COPYING';
  await Promise.all(backups.slice(0, 3).map((id) => app.waitForBackup(id, isCopying)));

  const { data } = await app.graphql('{ backups { nodes { progress { phase } } } }');
  const metrics = await (await fetch(`${app.url}/metrics`)).text();

  const phases = (data.backups.nodes as { progress: { phase: string } }[]).map(({ progress }) => progress.phase);
  expect(phases.filter((phase) => phase === 'QUEUED')).toHaveLength(5);
  expect(hold.arrived).toBe(3);
  expect(metrics).toContain('rds_backups_running 3');
  hold.release();
  for (const id of backups) expect((await app.waitForEnd(id)).status).toBe('COMPLETED');
});

test('who watches an instance hears of its backups only', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const shop = await app.register('shop', 'fake://a');
  const notes = await app.register('notes', 'fake://b');
  const changes = app.backupChanges({ instanceId: shop });
  const names = new Set<string>();
  const collected = (async () => {
    for await (const { name } of changes) {
      names.add(name);
      if (names.has('shop-last')) break;
    }
  })();

  // Until the subscription has begun nothing of the shop reaches it, so the shop is backed up until something does.
  for (let round = 1; names.size === 0; round += 1) {
    await app.takeBackup(notes, `notes-${round.toString()}`);
    await app.takeBackup(shop, `shop-${round.toString()}`);
  }
  await app.takeBackup(shop, 'shop-last');
  await collected;

  expect([...names].filter((name) => name.startsWith('notes'))).toEqual([]);
});
