import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackupStatus, BackupType } from '../../src/domain/backup.js';
import type { Backup } from '../../src/domain/backup.js';
import { findNewestGood, isGood, listExpired } from '../../src/domain/retention.js';
import type { KeptBackup } from '../../src/domain/retention.js';
import { VerificationLevel, VerificationStatus } from '../../src/domain/verification.js';
import type { Verification } from '../../src/domain/verification.js';
import { completedBackup, NOON } from '../support/samples.js';

const { COMPLETED, FAILED } = BackupStatus;
const { AUTOMATED, MANUAL } = BackupType;
const DAY_MS = 24 * 3_600_000;

interface Sample {
  readonly days: number;
  readonly type?: BackupType;
  readonly status?: BackupStatus;
  readonly verified?: VerificationStatus | null;
}

function keptBackup({ days, type = AUTOMATED, status = COMPLETED, verified = null }: Sample): KeptBackup {
  const backup = completedBackup({ type, status, startedAt: new Date(NOON.getTime() - days * DAY_MS) });
  return { backup, verification: verified === null ? null : verificationOf(backup, verified) };
}

function verificationOf({ id: backupId }: Backup, status: VerificationStatus): Verification {
  const verifiedAt = status === VerificationStatus.RUNNING ? null : NOON;
  return { backupId, level: VerificationLevel.RESTORE, status, startedAt: NOON, verifiedAt, details: null };
}

/** Days of age of what is to go, when backups are kept for seven. */
function expiredOf(samples: readonly Sample[]): readonly number[] {
  const history = samples.map(keptBackup);
  const ageOf = ({ startedAt }: Backup): number => (NOON.getTime() - startedAt.getTime()) / DAY_MS;
  return listExpired(history, { keepDays: 7, now: NOON }).map(ageOf);
}

describe('retention', () => {
  test('takes what is older than it is kept once something newer is good', () => {
    expect(expiredOf([{ days: 1 }, { days: 7 }, { days: 7.1 }, { days: 30 }])).toEqual([7.1, 30]);
  });

  test('never takes the last good one, however old', () => {
    expect(expiredOf([{ days: 100 }])).toEqual([]);
    expect(expiredOf([{ days: 1, status: FAILED }, { days: 100 }, { days: 200 }])).toEqual([200]);
  });

  test.each([VerificationStatus.FAILED, VerificationStatus.RUNNING])(
    'does not rely on a backup whose newest verification is %s',
    (verified) => {
      expect(expiredOf([{ days: 1, verified }, { days: 100 }])).toEqual([]);
    },
  );

  test('takes a bad backup once something newer is good', () => {
    expect(expiredOf([{ days: 1 }, { days: 30, verified: VerificationStatus.FAILED }])).toEqual([30]);
  });

  test('counts a manual backup as a good one, and never takes one', () => {
    expect(expiredOf([{ days: 1, type: MANUAL }, { days: 8, type: MANUAL }, { days: 9 }])).toEqual([9]);
  });

  test('takes FAILED ones that are old, whatever else there is', () => {
    expect(
      expiredOf([
        { days: 1, status: FAILED },
        { days: 8, status: FAILED },
      ]),
    ).toEqual([8]);
  });

  test('leaves alone what is being taken or deleted', () => {
    const busy = [BackupStatus.BUILDING, BackupStatus.DELETING].map((status) => ({ days: 30, status }));
    expect(expiredOf([{ days: 1 }, ...busy])).toEqual([]);
  });

  const history = fc.array(
    fc.record({
      days: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.double({ min: 0, max: 800, noNaN: true })),
      type: fc.constantFrom(...Object.values(BackupType)),
      status: fc.constantFrom(...Object.values(BackupStatus)),
      verified: fc.constantFrom(null, ...Object.values(VerificationStatus)),
    }),
    { maxLength: 30 },
  );

  test('of any history leaves the last good backup, the young ones and the manual ones', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 732 }), (samples, keepDays) => {
        const before = samples.map(keptBackup);
        const expired = new Set(listExpired(before, { keepDays, now: NOON }));
        const left = before.filter(({ backup }) => !expired.has(backup));

        expect(findNewestGood(left)).toBe(findNewestGood(before));
        for (const backup of expired) {
          expect(NOON.getTime() - backup.startedAt.getTime()).toBeGreaterThan(keepDays * DAY_MS);
          expect(backup.type).toBe(AUTOMATED);
          const isReplaced = left.some((each) => isGood(each) && each.backup.startedAt >= backup.startedAt);
          expect(backup.status === FAILED || isReplaced).toBe(true);
        }
      }),
    );
  });

  test('of any history takes all that it may at once: gone through again, it takes no more', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 732 }), (samples, keepDays) => {
        const before = samples.map(keptBackup);
        const expired = new Set(listExpired(before, { keepDays, now: NOON }));
        const left = before.filter(({ backup }) => !expired.has(backup));

        expect(listExpired(left, { keepDays, now: NOON })).toEqual([]);
      }),
    );
  });
});
