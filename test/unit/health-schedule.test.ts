import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HealthSchedule } from '../../src/services/health-schedule.js';
import { NOON } from '../support/samples.js';

function delayOf(intervalMs: number, random: number): number {
  const schedule = new HealthSchedule(
    intervalMs,
    () => NOON,
    () => random,
  );
  return schedule.next().getTime() - NOON.getTime();
}

describe('the schedule of health checks', () => {
  test.each([
    [0, 24_000],
    [0.5, 30_000],
    [1 - Number.EPSILON, 36_000],
  ])('with chance at %d puts the next check of 30 s off to %d ms', (random, expected) => {
    expect(delayOf(30_000, random)).toBe(expected);
  });

  test('keeps within a fifth of the interval, on whole milliseconds, whatever chance says', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400_000 }), chance, (intervalMs, random) => {
        const delay = delayOf(intervalMs, random);
        expect(Number.isInteger(delay)).toBe(true);
        expect(Math.abs(delay - intervalMs)).toBeLessThanOrEqual(Math.ceil(intervalMs * 0.2));
      }),
    );
  });

  test('spreads what begins at the same moment over all of that time', () => {
    const schedule = new HealthSchedule(30_000, () => NOON);
    const delays = Array.from({ length: 2000 }, () => schedule.next().getTime() - NOON.getTime());

    const tenths = new Set(delays.map((delay) => Math.floor((delay - 24_000) / 1200)));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(24_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(36_000);
    expect([...tenths].filter((tenth) => tenth < 10).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('goes by the clock that it was given', () => {
    let now = NOON;
    const schedule = new HealthSchedule(
      1000,
      () => now,
      () => 0.5,
    );
    expect(schedule.next()).toEqual(new Date(NOON.getTime() + 1000));
    now = new Date(NOON.getTime() + 5);
    expect(schedule.next()).toEqual(new Date(NOON.getTime() + 1005));
    expect(schedule.intervalMs).toBe(1000);
  });
});
