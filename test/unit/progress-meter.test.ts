import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProgressMeter } from '../../src/services/progress-meter.js';

const PASSES = ['stage', 'store', 'verify'];

interface Step {
  readonly database: number;
  readonly pass: string;
  /** Null = the pass over the database is finished. */
  readonly bytes: number | null;
}

const sizes = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 1, maxLength: 5 });
const step: fc.Arbitrary<Step> = fc.record({
  database: fc.nat({ max: 4 }),
  pass: fc.constantFrom(...PASSES),
  // A staged copy that must begin anew takes its bytes back.
  bytes: fc.option(fc.integer({ min: -1_000_000, max: 2_000_000 })),
});

function take(meter: ProgressMeter, { database, pass, bytes }: Step): void {
  if (bytes === null) meter.finish(database, pass);
  else meter.add(database, pass, bytes);
}

describe('the progress meter', () => {
  test('never falls, and never passes the total, whatever is reported', () => {
    fc.assert(
      fc.property(sizes, fc.array(step), (bytes, steps) => {
        const meter = new ProgressMeter(bytes, PASSES.length);
        let before = 0;
        for (const each of steps.filter(({ database }) => database < bytes.length)) {
          take(meter, each);
          expect(meter.bytesDone).toBeGreaterThanOrEqual(before);
          expect(meter.bytesDone).toBeLessThanOrEqual(meter.bytesTotal);
          before = meter.bytesDone;
        }
      }),
    );
  });

  test('reaches the total once every pass over every database is finished, in any order', () => {
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (bytes, random) => {
        const meter = new ProgressMeter(bytes, PASSES.length);
        const all = bytes.flatMap((_size, database) => PASSES.map((pass) => ({ database, pass, bytes: null })));
        const shuffled = all
          .map((each) => ({ each, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank);
        for (const { each } of shuffled) take(meter, each);
        expect(meter.bytesDone).toBe(bytes.reduce((total, size) => total + size, 0));
      }),
    );
  });

  test('counts every pass for an equal part', () => {
    const meter = new ProgressMeter([300], 3);
    meter.add(0, 'stage', 150);
    expect(meter.bytesDone).toBe(50);
    meter.add(0, 'stage', 150);
    meter.add(0, 'store', 300);
    expect(meter.bytesDone).toBe(200);
    meter.finish(0, 'verify');
    expect(meter.bytesDone).toBe(300);
  });

  test('stands still, and does not fall, while a copy that began anew catches up', () => {
    const meter = new ProgressMeter([300], 1);
    meter.add(0, 'stage', 200);
    meter.add(0, 'stage', -200);
    expect(meter.bytesDone).toBe(200);
    meter.add(0, 'stage', 150);
    expect(meter.bytesDone).toBe(200);
    meter.add(0, 'stage', 100);
    expect(meter.bytesDone).toBe(250);
  });

  test('has a total of 0 for a backup of nothing', () => {
    const meter = new ProgressMeter([], 3);
    expect([meter.bytesDone, meter.bytesTotal]).toEqual([0, 0]);
  });
});
