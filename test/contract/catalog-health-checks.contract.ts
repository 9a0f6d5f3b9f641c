import { expect, test } from 'vitest';
import type { Catalog, DueCheck } from '../../src/catalog/catalog.js';
import { InstanceStatus } from '../../src/domain/instance.js';
import type { Instance } from '../../src/domain/instance.js';
import { NOON, sampleInstance } from '../support/samples.js';
import { changeStatus, claimOf, LATER, openForOtherServer, releaseOf } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

const { AVAILABLE, ABNORMAL, BACKING_UP } = InstanceStatus;

function at(ms: number): Date {
  return new Date(NOON.getTime() + ms);
}

async function insertDue(catalog: Catalog, checkDueAt: Date, overrides: Partial<Instance> = {}): Promise<Instance> {
  const instance = sampleInstance(overrides);
  await catalog.transaction(({ instances }) => instances.insert(instance, { sealedUrl: 'sealed', checkDueAt }));
  return instance;
}

async function claimCheck(catalog: Catalog, check: DueCheck, nextDueAt: Date): Promise<boolean> {
  return catalog.transaction(({ instances }) => instances.claimCheck(check, nextDueAt));
}

async function setMissed(catalog: Catalog, instance: Instance, missed: number): Promise<void> {
  await catalog.transaction(({ instances }) => instances.setMissedChecks(instance, missed));
}

async function getDue(catalog: Catalog, now = LATER): Promise<DueCheck> {
  const [due] = await catalog.instances.listDueChecks(now, 10);
  if (due === undefined) throw new Error('no check is due');
  return due;
}

/** Which instances are to be asked whether they are there, by whom, and how often they did not answer. */
export function healthCheckContract(create: CreateCatalog): void {
  test('are due to be checked from their time on, the longest due first, no more than asked for', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const third = await insertDue(catalog, at(30));
    const first = await insertDue(catalog, at(10));
    const second = await insertDue(catalog, at(20), { status: ABNORMAL, statusReason: 'It is gone.' });
    const due = async (now: number, limit = 10): Promise<readonly string[]> =>
      (await catalog.instances.listDueChecks(at(now), limit)).map(({ instance }) => instance.id);

    expect(await due(9)).toEqual([]);
    expect(await due(10)).toEqual([first.id]);
    expect(await due(29)).toEqual([first.id, second.id]);
    expect(await due(1000)).toEqual([first.id, second.id, third.id]);
    expect(await due(1000, 2)).toEqual([first.id, second.id]);
    expect((await catalog.instances.listDueChecks(at(25), 10))[1]).toEqual({
      instance: second,
      dueAt: at(20),
      missedChecks: 0,
    });
  });

  test('are due only while no operation runs in them', async () => {
    await using subject = await create();
    const { catalog } = subject;
    for (const status of Object.values(InstanceStatus)) await insertDue(catalog, NOON, { status });

    const due = await catalog.instances.listDueChecks(LATER, 10);

    expect(due.map(({ instance }) => instance.status).sort()).toEqual([ABNORMAL, AVAILABLE]);
  });

  test('are checked by whoever claims it, and are then not due before the next time', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertDue(catalog, NOON);
    const due = await getDue(catalog);

    expect(await claimCheck(catalog, due, at(500))).toBe(true);
    expect(await claimCheck(catalog, due, at(700))).toBe(false);

    expect(await catalog.instances.listDueChecks(at(499), 10)).toEqual([]);
    expect(await getDue(catalog, at(500))).toEqual({ instance, dueAt: at(500), missedChecks: 0 });
    expect(await catalog.statusChanges.latestId()).toBe('0');
  });

  test('are checked by one of many servers that claim it at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    await insertDue(catalog, NOON);
    const due = await getDue(catalog);

    const tries = Array.from({ length: 20 }, (_, index) =>
      claimCheck(index % 2 === 0 ? catalog : other, due, at(1000 + index)),
    );

    const winners = (await Promise.all(tries)).flatMap((isMine, index) => (isMine ? [at(1000 + index)] : []));
    expect(winners).toEqual([(await getDue(catalog)).dueAt]);
  });

  test('are not checked any more once an operation has begun', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertDue(catalog, NOON);
    const due = await getDue(catalog);
    await changeStatus(catalog, claimOf(id));

    expect(await claimCheck(catalog, due, at(500))).toBe(false);

    await changeStatus(catalog, releaseOf(id));
    expect((await getDue(catalog)).dueAt).toEqual(NOON);
    expect(await claimCheck(catalog, due, at(500))).toBe(true);
  });

  test('count the checks that they have missed, without that being a change of theirs', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertDue(catalog, NOON);
    for (const missed of [1, 2, 0, 1]) {
      await setMissed(catalog, instance, missed);
      expect(await getDue(catalog)).toEqual({ instance, dueAt: NOON, missedChecks: missed });
    }
    const again = await subject.openAgain();
    expect((await getDue(again)).missedChecks).toBe(1);
    expect(await catalog.statusChanges.latestId()).toBe('0');
  });

  test.each([
    ['an operation', [claimOf(''), releaseOf('')]],
    [
      'becoming ABNORMAL and coming back',
      [claimOf('', { to: ABNORMAL }), claimOf('', { from: ABNORMAL, to: AVAILABLE })],
    ],
    ['a change of their facts', [claimOf('', { to: AVAILABLE, changes: { region: 'eu-1' } })]],
  ])('have missed no check after %s', async (_what, transitions) => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertDue(catalog, NOON);
    await setMissed(catalog, instance, 2);

    for (const transition of transitions) await changeStatus(catalog, { ...transition, instanceId: instance.id });

    expect((await getDue(catalog)).missedChecks).toBe(0);
  });

  test('have missed no check that was made before they changed', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertDue(catalog, NOON);
    await changeStatus(catalog, claimOf(instance.id, { to: AVAILABLE, changes: { sealedUrl: 'anew' }, at: LATER }));

    await setMissed(catalog, instance, 1);

    expect((await getDue(catalog)).missedChecks).toBe(0);
  });

  test('do not count missed checks while they are not AVAILABLE', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const abnormal = await insertDue(catalog, NOON, { status: ABNORMAL });
    const busy = await insertDue(catalog, NOON, { status: BACKING_UP });
    for (const each of [abnormal, busy, sampleInstance()]) await setMissed(catalog, each, 2);

    await changeStatus(catalog, releaseOf(busy.id));

    const due = await catalog.instances.listDueChecks(LATER, 10);
    expect(due.map(({ missedChecks }) => missedChecks)).toEqual([0, 0]);
  });
}
