import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BackupPhase, BackupStatus, toPercent } from '../../src/domain/backup.js';
import { completedBackup, sampleBackup } from '../support/samples.js';

function percentOf(bytesDone: number, bytesTotal: number | null, status = BackupStatus.BUILDING): number | null {
  return toPercent(sampleBackup({ status, progress: { phase: BackupPhase.COPYING, bytesDone, bytesTotal } }));
}

describe("a backup's percentage", () => {
  test('is unknown until the total is known', () => {
    expect(percentOf(0, null)).toBeNull();
    expect(percentOf(10, null, BackupStatus.FAILED)).toBeNull();
  });

  test.each([
    [0, 1000, 0],
    [9, 1000, 0],
    [10, 1000, 1],
    [999, 1000, 99],
    [1000, 1000, 99],
    [0, 0, 99],
  ])('of %i bytes of %i is %i while it is BUILDING', (done, total, percent) => {
    expect(percentOf(done, total)).toBe(percent);
  });

  test('is 100 only once it is COMPLETED', () => {
    expect(toPercent(completedBackup())).toBe(100);
    expect(percentOf(100, 100, BackupStatus.DELETING)).toBe(100);
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.constantFrom(BackupStatus.BUILDING, BackupStatus.FAILED), (a, b, status) => {
        const percent = percentOf(Math.min(a, b), Math.max(a, b), status) ?? -1;
        expect(percent).toBeGreaterThanOrEqual(0);
        expect(percent).toBeLessThan(100);
      }),
    );
  });
});
