import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canInstanceMove, InstanceStatus } from '../../src/domain/instance.js';

const { AVAILABLE, BACKING_UP, RESTORING, ABNORMAL } = InstanceStatus;
const STATUSES = Object.values(InstanceStatus);

const LEGAL: readonly (readonly [InstanceStatus, InstanceStatus])[] = [
  [AVAILABLE, BACKING_UP],
  [AVAILABLE, RESTORING],
  [AVAILABLE, ABNORMAL],
  [BACKING_UP, AVAILABLE],
  [BACKING_UP, ABNORMAL],
  [RESTORING, AVAILABLE],
  [RESTORING, ABNORMAL],
  [ABNORMAL, AVAILABLE],
];

describe('the status of an instance', () => {
  const moves = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const));

  test.each(moves)('from %s to %s: only by a legal transition', (from, to) => {
    expect(canInstanceMove(from, to)).toBe(LEGAL.some(([a, b]) => a === from && b === to));
  });

  test('never goes from one operation straight into another', () => {
    expect(canInstanceMove(BACKING_UP, RESTORING)).toBe(false);
    expect(canInstanceMove(RESTORING, BACKING_UP)).toBe(false);
  });

  test('can get back to AVAILABLE in one step from wherever legal transitions have led', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STATUSES)), (wishes) => {
        const reached = wishes.reduce((at, wish) => (canInstanceMove(at, wish) ? wish : at), AVAILABLE);
        expect(reached === AVAILABLE || canInstanceMove(reached, AVAILABLE)).toBe(true);
      }),
    );
  });
});
