import { expect, test } from 'vitest';
import type { Catalog, CatalogWriters } from '../../src/catalog/catalog.js';
import type { BackupPolicyChanges } from '../../src/catalog/backup-policies.js';
import { WEEKDAYS, Weekday } from '../../src/domain/backup-policy.js';
import type { BackupPolicy } from '../../src/domain/backup-policy.js';
import { VerificationLevel, VerificationStatus } from '../../src/domain/verification.js';
import type { Verification } from '../../src/domain/verification.js';
import { completedBackup, NOON, sampleBackup, sampleInstance, sampleLease } from '../support/samples.js';
import {
  changeStatus,
  claimOf,
  insertBackup,
  insertInstance,
  LATER,
  openForOtherServer,
  releaseOf,
} from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

function at(ms: number): Date {
  return new Date(NOON.getTime() + ms);
}

function dueAt(ms: number): Pick<BackupPolicy, 'next'> {
  return { next: { windowStartsAt: NOON, dueAt: at(ms) } };
}

function samplePolicy(instanceId: string, overrides: Partial<BackupPolicy> = {}): Omit<BackupPolicy, 'revision'> {
  return {
    instanceId,
    enabled: true,
    keepDays: 7,
    startTime: '12:00',
    weekdays: WEEKDAYS,
    ...dueAt(1000),
    refusal: null,
    lastBackupAt: null,
    lastMissedAt: null,
    lastMissedReason: null,
    updatedAt: NOON,
    ...overrides,
  };
}

async function insertPolicy(catalog: Catalog, overrides: Partial<BackupPolicy> = {}): Promise<BackupPolicy> {
  const { id } = await insertInstance(catalog);
  const policy = await insert(catalog, samplePolicy(id, overrides));
  if (policy === null) throw new Error('the policy was not added');
  return policy;
}

async function insert(catalog: Catalog, policy: Omit<BackupPolicy, 'revision'>): Promise<BackupPolicy | null> {
  return catalog.transaction(({ backupPolicies }) => backupPolicies.insert(policy));
}

async function change(
  catalog: Catalog,
  policy: BackupPolicy,
  changes: BackupPolicyChanges,
): Promise<BackupPolicy | null> {
  return catalog.transaction(({ backupPolicies }) => backupPolicies.change(policy, changes));
}

/** When each instance is to be backed up, and by whom. */
export function policyContract(create: CreateCatalog): void {
  test('are kept with all that is known of them, also by the next start', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const whole = await insertPolicy(catalog, {
      weekdays: [Weekday.MONDAY, Weekday.SUNDAY],
      refusal: 'It is busy.',
      lastBackupAt: at(1),
      lastMissedAt: at(2),
      lastMissedReason: "It's gone.",
    });
    const disabled = await insertPolicy(catalog, { enabled: false, next: null, keepDays: 732 });
    const again = await subject.openAgain();

    const ids = [disabled.instanceId, 'nobody\0', whole.instanceId];
    expect(await catalog.backupPolicies.findMany(ids)).toEqual([disabled, null, whole]);
    expect(await again.backupPolicies.findMany(ids)).toEqual([disabled, null, whole]);
    expect(new Set(await again.backupPolicies.list())).toEqual(new Set([whole, disabled]));
    expect(await catalog.backupPolicies.findMany([])).toEqual([]);
  });

  test('are one for each instance that is there', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const first = await insertPolicy(catalog);

    expect(await insert(catalog, samplePolicy(first.instanceId, { keepDays: 9 }))).toBeNull();
    expect(await insert(catalog, samplePolicy(sampleInstance().id))).toBeNull();

    expect(await catalog.backupPolicies.list()).toEqual([first]);
  });

  test('are added by one of many servers that do it at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const { id } = await insertInstance(catalog);

    const added = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        insert(index % 2 === 0 ? catalog : other, samplePolicy(id, { keepDays: index + 1 })),
      ),
    );

    expect(added.filter((policy) => policy !== null)).toEqual(await catalog.backupPolicies.list());
  });

  test('go with their instance', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const policy = await insertPolicy(catalog);

    await catalog.transaction(({ instances }) => instances.remove(policy.instanceId));

    expect(await catalog.backupPolicies.list()).toEqual([]);
    expect(await change(catalog, policy, { keepDays: 1 })).toBeNull();
  });

  test('are due from their time on, the longest due first, no more than asked for, and never while disabled', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const second = await insertPolicy(catalog, dueAt(20));
    const first = await insertPolicy(catalog, dueAt(10));
    await insertPolicy(catalog, { enabled: false, next: null });
    const due = async (now: number, limit = 10): Promise<readonly BackupPolicy[]> =>
      catalog.backupPolicies.listDue(at(now), limit);

    expect(await due(9)).toEqual([]);
    expect(await due(10)).toEqual([first]);
    expect(await due(1000)).toEqual([first, second]);
    expect(await due(1000, 1)).toEqual([first]);
  });

  test('are due whatever runs in their instance: whoever tries is to write down why it was refused', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const policy = await insertPolicy(catalog, dueAt(0));

    await changeStatus(catalog, claimOf(policy.instanceId));

    expect(await catalog.backupPolicies.listDue(NOON, 10)).toEqual([policy]);
  });

  test('are changed by whoever has read them last, and by nobody else', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const policy = await insertPolicy(catalog);

    const changed = await change(catalog, policy, { refusal: 'It is busy.', ...dueAt(500) });

    expect(changed).toEqual({ ...policy, refusal: 'It is busy.', ...dueAt(500), revision: policy.revision + 1 });
    expect(await change(catalog, policy, { keepDays: 1 })).toBeNull();
    expect(await catalog.backupPolicies.list()).toEqual([changed]);
  });

  test('are changed by one of many servers that do it at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const policy = await insertPolicy(catalog);

    const changed = await Promise.all(
      Array.from({ length: 20 }, (_, index) => change(index % 2 === 0 ? catalog : other, policy, dueAt(index))),
    );

    expect(changed.filter((each) => each !== null)).toEqual(await catalog.backupPolicies.list());
  });

  test('are as they were when the transaction that changed them is rolled back', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const policy = await insertPolicy(catalog);

    const rolledBack = catalog.transaction(async ({ backupPolicies }) => {
      await backupPolicies.change(policy, { lastBackupAt: LATER });
      throw new Error('no backup');
    });

    await expect(rolledBack).rejects.toThrow('no backup');
    expect(await catalog.backupPolicies.list()).toEqual([policy]);
  });

  test('are changed together with their instances by many at once, and none waits for another for ever', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const { instanceId } = await insertPolicy(catalog);
    const rounds = Array.from({ length: 10 }, (_value, index) => index);
    const settle = async ({ backupPolicies }: CatalogWriters): Promise<boolean> => {
      const [policy = null] = await backupPolicies.findMany([instanceId]);
      return policy !== null && (await backupPolicies.change(policy, { lastBackupAt: NOON })) !== null;
    };
    const takeBackups = async (): Promise<void> => {
      for (const _round of rounds) {
        await catalog.transaction(async (writers) => {
          expect(await writers.instances.changeStatus(claimOf(instanceId))).toBe(true);
          expect(await settle(writers)).toBe(true);
        });
        await changeStatus(catalog, releaseOf(instanceId));
      }
    };
    const set = (): Promise<void> =>
      other.transaction(async (writers) => {
        expect(await writers.instances.hold(instanceId)).toMatchObject({ id: instanceId });
        expect(await settle(writers)).toBe(true);
        expect(await writers.instances.note({ instanceId, reason: 'It is set.', at: NOON })).toBe(true);
      });

    await Promise.all([takeBackups(), ...rounds.map(set)]);

    const [policy = null] = await catalog.backupPolicies.findMany([instanceId]);
    expect(policy?.revision).toBe(1 + 2 * rounds.length);
  });
}

async function claim(catalog: Catalog, occurrence: Date, name = 'proofs'): Promise<boolean> {
  return catalog.transaction(({ schedules }) => schedules.claim(name, occurrence));
}

async function begin(catalog: Catalog, since: Date): Promise<void> {
  await catalog.transaction(({ schedules }) => schedules.begin('proofs', since));
}

async function tryProof(catalog: Catalog, backupId: string, triedAt: Date): Promise<boolean> {
  return catalog.transaction(({ schedules }) => schedules.noteProofTry(backupId, triedAt));
}

async function prove(
  catalog: Catalog,
  backupId: string,
  end: Pick<Verification, 'status' | 'verifiedAt'>,
): Promise<void> {
  const work = { backupId, level: VerificationLevel.RESTORE, startedAt: NOON, details: null };
  await catalog.transaction(async ({ verifications }) => {
    await verifications.begin({ ...work, status: VerificationStatus.RUNNING, verifiedAt: null }, sampleLease());
    await verifications.end({ ...work, ...end, details: 'It was tried.' }, 'server-a');
  });
}

/** What all servers of a catalog do by one schedule. */
export function scheduleContract(create: CreateCatalog): void {
  test('have each occurrence claimed once, and none from before they began', async () => {
    await using subject = await create();
    const { catalog } = subject;
    expect(await claim(catalog, at(1))).toBe(false);
    await begin(catalog, NOON);
    await begin(catalog, at(500));

    expect(await claim(catalog, at(-1))).toBe(false);
    expect(await claim(catalog, NOON)).toBe(false);
    expect(await claim(catalog, at(10))).toBe(true);
    expect(await claim(catalog, at(10))).toBe(false);
    expect(await claim(catalog, at(30))).toBe(true);
    expect(await claim(catalog, at(20))).toBe(false);
    expect(await claim(await subject.openAgain(), at(30))).toBe(false);
  });

  test('have each occurrence claimed by one of many servers', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    await Promise.all([begin(catalog, NOON), begin(other, NOON)]);

    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claim(index % 2 === 0 ? catalog : other, LATER)),
    );

    expect(claims.filter((isMine) => isMine)).toHaveLength(1);
  });

  test('prove first what was never tried, the oldest first, then what was neither proved nor tried for longest', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const insertTaken = async (ms: number): Promise<string> =>
      (await insertBackup(catalog, completedBackup({ startedAt: at(ms) }))).id;
    const triedLate = await insertTaken(1);
    const provedEarly = await insertTaken(2);
    const failedBetween = await insertTaken(3);
    const young = await insertTaken(5);
    const old = await insertTaken(4);
    await prove(catalog, provedEarly, { status: VerificationStatus.PASSED, verifiedAt: at(100_000) });
    await tryProof(catalog, failedBetween, at(200_000));
    await prove(catalog, failedBetween, { status: VerificationStatus.FAILED, verifiedAt: at(200_001) });
    await tryProof(catalog, triedLate, at(90_000));
    expect(await tryProof(catalog, triedLate, at(300_000))).toBe(true);

    expect(await catalog.schedules.listProofQueue(10)).toEqual([old, young, provedEarly, failedBetween, triedLate]);
    expect(await catalog.schedules.listProofQueue(2)).toEqual([old, young]);
  });

  test('prove only what is COMPLETED, and is not being verified', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id: building } = await insertBackup(catalog, sampleBackup());
    const { id: busy } = await insertBackup(catalog, completedBackup());
    const { id: going } = await insertBackup(catalog, completedBackup());
    const verification = { backupId: busy, level: VerificationLevel.FORMAT, startedAt: NOON };
    await catalog.transaction(async ({ verifications, backups }) => {
      const status = VerificationStatus.RUNNING;
      await verifications.begin({ ...verification, status, verifiedAt: null, details: null }, sampleLease());
      await backups.beginDelete(going);
    });

    expect(await catalog.schedules.listProofQueue(10)).toEqual([]);
    expect(await tryProof(catalog, building, NOON)).toBe(false);
    expect(await tryProof(catalog, going, NOON)).toBe(false);
    expect(await catalog.transaction(({ backups }) => backups.remove(going))).toBe(true);
  });
}
