import { expect, test } from 'vitest';
import { InstanceStatus } from '../../src/domain/instance.js';
import type { StatusChange } from '../../src/domain/instance.js';
import { Gate } from '../support/gate.js';
import { NOON } from '../support/samples.js';
import { changeStatus, claimOf, insertInstance, LATER, openForOtherServer, releaseOf } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

export function statusChangeContract(create: CreateCatalog): void {
  test('tell what happened to which instance, when and why', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);
    await changeStatus(catalog, claimOf(id, { at: new Date(NOON.getTime() + 7) }));

    const [change, ...others] = await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 10 });

    expect(others).toEqual([]);
    expect(change).toEqual({
      id: await catalog.statusChanges.latestId(),
      instanceId: id,
      previousStatus: InstanceStatus.AVAILABLE,
      status: InstanceStatus.BACKING_UP,
      reason: 'Backup first is being created.',
      backupId: 'backup-1',
      occurredAt: new Date(NOON.getTime() + 7),
    });
    expect(change?.id).toMatch(/^[1-9]\d*$/);
  });

  test('have "0" as their latest id when there is none', async () => {
    await using subject = await create();
    expect(await subject.catalog.statusChanges.latestId()).toBe('0');
  });

  test('are listed in order, after a cursor, up to a limit, of one instance or of all', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [one, two] = [await insertInstance(catalog), await insertInstance(catalog)];
    for (let round = 0; round < 3; round += 1) {
      for (const { id } of [one, two]) await changeStatus(catalog, claimOf(id));
      for (const { id } of [one, two]) await changeStatus(catalog, releaseOf(id));
    }

    const all = await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 100 });
    const ids = all.map(({ id }) => Number(id));
    expect(all).toHaveLength(12);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(await catalog.statusChanges.latestId()).toBe(all.at(-1)?.id);

    const ofTwo = all.filter(({ instanceId }) => instanceId === two.id);
    expect(await catalog.statusChanges.list({ after: '0', instanceId: two.id, limit: 100 })).toEqual(ofTwo);

    const walked: StatusChange[] = [];
    for (let page: readonly StatusChange[] | null = null; page === null || page.length > 0; walked.push(...page)) {
      page = await catalog.statusChanges.list({ after: walked.at(-1)?.id ?? '0', instanceId: null, limit: 5 });
      expect(page.length).toBeLessThanOrEqual(5);
    }
    expect(walked).toEqual(all);
    const afterLast = await catalog.statusChanges.list({ after: all.at(-1)?.id ?? '', instanceId: null, limit: 5 });
    expect(afterLast).toEqual([]);
  });

  test('are not stepped over while the transaction before them is still in flight', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const [first, second] = [await insertInstance(catalog), await insertInstance(catalog)];
    const written = new Gate();
    const finish = new Gate();
    const slow = catalog.transaction(async ({ instances }) => {
      await instances.changeStatus(claimOf(first.id));
      written.open();
      await finish.opened;
    });
    await written.opened;
    // Its event would get the greater id. It must not be seen, by any server, as long as the smaller one may still come.
    const fast = changeStatus(other, claimOf(second.id));
    const seenMeanwhile = [];
    for (let look = 0; look < 20; look += 1) {
      seenMeanwhile.push(...(await other.statusChanges.list({ after: '0', instanceId: null, limit: 10 })));
    }
    finish.open();
    await Promise.all([slow, fast]);

    expect(seenMeanwhile).toEqual([]);
    const seen = await other.statusChanges.list({ after: '0', instanceId: null, limit: 10 });
    expect(seen.map(({ instanceId }) => instanceId)).toEqual([first.id, second.id]);
  });

  test('reach a reader that follows them each once, in order, whoever writes meanwhile', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const servers = [catalog, await openForOtherServer(subject)];
    const instances = await Promise.all(Array.from({ length: 12 }, () => insertInstance(catalog)));
    const written = new AbortController();
    const writing = Promise.all(
      instances.map(async ({ id }, index) => {
        const server = servers[index % 2] ?? catalog;
        for (let round = 0; round < 4; round += 1) {
          await changeStatus(server, claimOf(id));
          await changeStatus(server, releaseOf(id));
        }
      }),
    ).finally(() => {
      written.abort();
    });

    const followed: StatusChange[] = [];
    for (let isAtEnd = false; !isAtEnd;) {
      const isLastLook = written.signal.aborted;
      const page = await catalog.statusChanges.list({ after: followed.at(-1)?.id ?? '0', instanceId: null, limit: 3 });
      followed.push(...page);
      isAtEnd = isLastLook && page.length === 0;
    }
    await writing;

    const all = await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 1000 });
    expect(all).toHaveLength(12 * 4 * 2);
    expect(followed).toEqual(all);
  });

  test('tell also what changes no status, and leave the instance as it is', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog, { status: InstanceStatus.ABNORMAL, statusReason: 'It is gone.' });
    const note = (instanceId: string): Promise<boolean> =>
      catalog.transaction(({ instances }) => instances.note({ instanceId, reason: 'It is told.', at: LATER }));

    expect(await note(instance.id)).toBe(true);
    for (const id of ['nobody', 'a\0b']) expect(await note(id)).toBe(false);

    expect(await catalog.instances.find(instance.id)).toEqual(instance);
    expect(await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 10 })).toEqual([
      {
        id: await catalog.statusChanges.latestId(),
        instanceId: instance.id,
        previousStatus: InstanceStatus.ABNORMAL,
        status: InstanceStatus.ABNORMAL,
        reason: 'It is told.',
        backupId: null,
        occurredAt: LATER,
      },
    ]);
  });

  test('begin each with the status that the one before has ended with, whoever tells of the instance meanwhile', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const { id: instanceId } = await insertInstance(catalog);
    const rounds = Array.from({ length: 10 }, (_value, index) => index);
    const note = { instanceId, reason: 'It is told.', at: NOON };

    await Promise.all([
      ...rounds.map(() => other.transaction(({ instances }) => instances.note(note))),
      (async () => {
        for (const _round of rounds) {
          await changeStatus(catalog, claimOf(instanceId));
          await changeStatus(catalog, releaseOf(instanceId));
        }
      })(),
    ]);

    const all = await catalog.statusChanges.list({ after: '0', instanceId, limit: 100 });
    expect(all).toHaveLength(30);
    const ends = [InstanceStatus.AVAILABLE, ...all.map(({ status }) => status)];
    expect(all.map(({ previousStatus }) => previousStatus)).toEqual(ends.slice(0, -1));
  });
}
