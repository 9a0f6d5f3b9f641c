import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Weekday, WEEKDAYS } from '../../src/domain/backup-policy.js';
import type { BackupPolicy, BackupWindows } from '../../src/domain/backup-policy.js';
import {
  findLastOver,
  findMissed,
  findStartAfter,
  isOver,
  planNext,
  WINDOW_MS,
} from '../../src/domain/policy-window.js';

const EVERY_DAY: BackupWindows = { startTime: '02:15', weekdays: WEEKDAYS };

function at(time: string): Date {
  return new Date(`${time}Z`);
}

function policyOf(overrides: Partial<BackupPolicy> = {}): BackupPolicy {
  return {
    ...EVERY_DAY,
    instanceId: 'i-1',
    enabled: true,
    keepDays: 7,
    next: null,
    refusal: null,
    lastBackupAt: null,
    lastMissedAt: null,
    lastMissedReason: null,
    updatedAt: at('2026-01-01T00:00'),
    revision: 1,
    ...overrides,
  };
}

const half = (): number => 0.5;

describe('windows', () => {
  test.each([
    ['before the first of the day', '2026-03-02T00:00', '2026-03-02T02:15'],
    ['at its very start', '2026-03-02T02:15', '2026-03-03T02:15'],
    ['over the end of a month', '2026-02-28T12:00', '2026-03-01T02:15'],
    ['over the end of a year', '2026-12-31T12:00', '2027-01-01T02:15'],
  ])('begin after a moment %s', (_when, after, start) => {
    expect(findStartAfter(EVERY_DAY, at(after))).toEqual(at(start));
  });

  test('begin on the chosen weekdays only', () => {
    // 2026-03-02 is a Monday.
    const windows = { startTime: '23:45', weekdays: [Weekday.MONDAY, Weekday.SUNDAY] };

    expect(findStartAfter(windows, at('2026-03-02T23:44'))).toEqual(at('2026-03-02T23:45'));
    expect(findStartAfter(windows, at('2026-03-02T23:45'))).toEqual(at('2026-03-08T23:45'));
    expect(findLastOver(windows, at('2026-03-03T00:44'))).toEqual(at('2026-03-01T23:45'));
    expect(findLastOver(windows, at('2026-03-03T00:45'))).toEqual(at('2026-03-02T23:45'));
  });

  const windowsOf = fc.record({
    startTime: fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '15', '30', '45'))
      .map(([hour, minute]) => `${hour.toString().padStart(2, '0')}:${minute}`),
    weekdays: fc.subarray([...WEEKDAYS], { minLength: 1 }),
  });
  const moment = fc.date({ min: at('2000-01-01T00:00'), max: at('2100-01-01T00:00'), noInvalidDate: true });

  test('leave nothing between the one that is over and the one that is not', () => {
    fc.assert(
      fc.property(windowsOf, moment, (windows, now) => {
        const last = findLastOver(windows, now);
        const openOrNext = findStartAfter(windows, last);

        expect(last.getTime() + WINDOW_MS).toBeLessThanOrEqual(now.getTime());
        expect(openOrNext.getTime() + WINDOW_MS).toBeGreaterThan(now.getTime());
        expect(openOrNext.getTime() - last.getTime()).toBeLessThanOrEqual(7 * 24 * WINDOW_MS);
        expect(openOrNext.toISOString().slice(11, 16)).toBe(windows.startTime);
        expect(windows.weekdays).toContain(WEEKDAYS[(openOrNext.getUTCDay() + 6) % 7]);
      }),
    );
  });

  test('are planned once each, at a moment that is in them and not past', () => {
    fc.assert(
      fc.property(windowsOf, moment, fc.double({ min: 0, max: 0.999, noNaN: true }), (windows, now, random) => {
        const policy = policyOf(windows);
        const next = planNext(policy, now, () => random);
        if (next === null) throw new Error('nothing is planned');

        expect(isOver(next, next.dueAt)).toBe(false);
        expect(next.dueAt >= next.windowStartsAt).toBe(true);
        expect(next.dueAt >= now).toBe(true);
        const after = planNext({ ...policy, next, lastBackupAt: next.dueAt }, next.dueAt, () => random);
        expect(after?.windowStartsAt).toEqual(findStartAfter(windows, next.windowStartsAt));
      }),
    );
  });
});

describe('the next backup', () => {
  test('is in the next window, at a random moment of it', () => {
    const next = planNext(policyOf(), at('2026-03-02T12:00'), half);

    expect(next).toEqual({ windowStartsAt: at('2026-03-03T02:15'), dueAt: at('2026-03-03T02:45') });
  });

  test('is in a window that is open, and at once when its moment has passed', () => {
    expect(planNext(policyOf(), at('2026-03-02T02:20'), half)?.dueAt).toEqual(at('2026-03-02T02:45'));
    expect(planNext(policyOf(), at('2026-03-02T03:00'), half)?.dueAt).toEqual(at('2026-03-02T03:00'));
    expect(planNext(policyOf(), at('2026-03-02T03:15'), half)?.dueAt).toEqual(at('2026-03-03T02:45'));
  });

  test('is in a window that began the day before', () => {
    const policy = policyOf({ startTime: '23:45' });

    expect(planNext(policy, at('2026-03-03T00:30'), half)).toEqual({
      windowStartsAt: at('2026-03-02T23:45'),
      dueAt: at('2026-03-03T00:30'),
    });
  });

  test('is not in a window that has had its own, also after the policy was changed within it', () => {
    const served = policyOf({ lastBackupAt: at('2026-03-02T02:20') });

    expect(planNext(served, at('2026-03-02T02:30'), half)?.windowStartsAt).toEqual(at('2026-03-03T02:15'));
    const moved = { ...served, startTime: '02:00' };
    expect(planNext(moved, at('2026-03-02T02:30'), half)?.windowStartsAt).toEqual(at('2026-03-03T02:00'));
  });

  test('stays as planned while its window stays', () => {
    const next = { windowStartsAt: at('2026-03-02T02:15'), dueAt: at('2026-03-02T02:16') };

    expect(planNext(policyOf({ next }), at('2026-03-02T02:30'), half)).toBe(next);
    expect(planNext(policyOf({ next, startTime: '02:30' }), at('2026-03-02T02:30'), half)?.dueAt).toEqual(
      at('2026-03-02T03:00'),
    );
  });

  test('is not planned while the policy is disabled', () => {
    expect(planNext(policyOf({ enabled: false }), at('2026-03-02T02:30'), half)).toBeNull();
  });
});

describe('a missed window', () => {
  const next = { windowStartsAt: at('2026-03-02T02:15'), dueAt: at('2026-03-02T02:45') };

  test('is none before its end', () => {
    expect(findMissed(policyOf({ next }), at('2026-03-02T03:14:59'))).toBeNull();
    expect(findMissed(policyOf(), at('2026-03-02T04:00'))).toBeNull();
  });

  test('tells why the last try was refused', () => {
    const policy = policyOf({ next, refusal: 'It is busy.' });

    expect(findMissed(policy, at('2026-03-02T03:15'))).toEqual({
      startsAt: next.windowStartsAt,
      reason: 'It is busy.',
    });
  });

  test('is the last of many, after which no server was there', () => {
    const policy = policyOf({ next, refusal: 'It is busy.' });

    expect(findMissed(policy, at('2026-03-20T02:30'))).toEqual({
      startsAt: at('2026-03-19T02:15'),
      reason: 'No server was running that could have taken the backup.',
    });
  });
});
