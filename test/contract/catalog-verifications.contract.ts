import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.js';
import { VerificationLevel, VerificationStatus } from '../../src/domain/verification.js';
import type { Verification } from '../../src/domain/verification.js';
import { completedBackup, NOON, sampleLease } from '../support/samples.js';
import { insertBackup, LATER, openForOtherServer } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

function running(backupId: string, level = VerificationLevel.RESTORE): Verification {
  return { backupId, level, status: VerificationStatus.RUNNING, startedAt: NOON, verifiedAt: null, details: null };
}

async function begin(catalog: Catalog, verification: Verification, lease = sampleLease()): Promise<boolean> {
  return catalog.transaction(({ verifications }) => verifications.begin(verification, lease));
}

function ended(verification: Verification, status: VerificationStatus, verifiedAt = LATER): Verification {
  return { ...verification, status, verifiedAt, details: 'It was looked at.' };
}

async function end(catalog: Catalog, verification: Verification, owner = 'server-a'): Promise<boolean> {
  return catalog.transaction(({ verifications }) => verifications.end(verification, owner));
}

/** Verifications of backups: one of each is kept, the newest. */
export function verificationContract(create: CreateCatalog): void {
  test('run one at a time of a backup, however many begin at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const { id } = await insertBackup(catalog, completedBackup());
    const beginOn = (by: Catalog): Promise<boolean> =>
      by.transaction(async ({ backups, verifications }) => {
        await backups.hold(id);
        return verifications.begin(running(id), sampleLease());
      });

    const begun = await Promise.all([beginOn(catalog), beginOn(other), beginOn(catalog), beginOn(other)]);

    expect(begun.filter(Boolean)).toHaveLength(1);
    expect(await catalog.verifications.findMany([id, 'none'])).toEqual([running(id), null]);
    expect(await catalog.verifications.findMany([])).toEqual([]);
  });

  test('take the place of the last one, and date the backup when they have PASSED', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, completedBackup());
    const verification = running(backup.id);
    await begin(catalog, verification);
    const failed = ended(verification, VerificationStatus.FAILED);

    expect(await end(catalog, failed, 'server-b')).toBe(false);
    expect(await end(catalog, failed)).toBe(true);
    expect(await end(catalog, failed)).toBe(false);
    expect(await catalog.verifications.findMany([backup.id])).toEqual([failed]);
    expect((await catalog.backups.find(backup.id))?.verifiedAt).toEqual(backup.verifiedAt);

    const again = running(backup.id, VerificationLevel.CHECKSUM);
    expect(await begin(catalog, again)).toBe(true);
    expect(await end(catalog, ended(again, VerificationStatus.PASSED))).toBe(true);
    expect((await catalog.backups.find(backup.id))?.verifiedAt).toEqual(LATER);
  });

  test('are taken over only with the lease that was read, and renewed by their holder', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertBackup(catalog, completedBackup());
    await begin(catalog, running(id));
    const renewed = sampleLease('server-a', new Date(LATER.getTime() + 1000));
    await catalog.transaction(({ verifications }) => verifications.renewLeases([id], renewed));
    await catalog.transaction(({ verifications }) => verifications.renewLeases([], renewed));
    const take = (from = renewed): Promise<boolean> =>
      catalog.transaction(({ verifications }) => verifications.takeOver(id, from, sampleLease('server-b')));

    expect(await catalog.verifications.listRunning()).toEqual([{ verification: running(id), lease: renewed }]);
    expect(await take(sampleLease())).toBe(false);
    expect(await take()).toBe(true);
    expect(await end(catalog, ended(running(id), VerificationStatus.PASSED))).toBe(false);
  });
}
