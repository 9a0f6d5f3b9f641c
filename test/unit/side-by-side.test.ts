import { describe, expect, test } from 'vitest';
import { sideBySide } from '../../src/services/side-by-side.js';
import { errorOf } from '../support/dumps.js';
import { aborted } from '../support/fake-engine.js';
import { Gate } from '../support/gate.js';

function never(): AbortSignal {
  return new AbortController().signal;
}

describe('work side by side', () => {
  test.each([
    [1, 5, 1],
    [2, 5, 2],
    [5, 3, 3],
    [64, 3, 3],
  ])('with a limit of %d does so many of %d items at once: %d', async (limit, count, expected) => {
    const [begun, full] = [new Set<number>(), new Gate()];
    let mostAtOnce = 0;

    await sideBySide([...Array(count).keys()], { limit, signal: never() }, async (item) => {
      begun.add(item);
      mostAtOnce = Math.max(mostAtOnce, begun.size);
      // Whoever comes first waits until as many as can have begun; more of them would have begun by then, too.
      if (begun.size === expected) full.open();
      await full.opened;
      begun.delete(item);
    });

    expect(mostAtOnce).toBe(expected);
  });

  test('gives the results in the order of the items, whichever ends first', async () => {
    const gates = ['a', 'b', 'c'].map(() => new Gate());
    const ended: string[] = [];

    const results = await sideBySide(['a', 'b', 'c'], { limit: 3, signal: never() }, async (item, index) => {
      if (index < 2) await gates[index + 1]?.opened;
      ended.push(item);
      gates[index]?.open();
      return `${item}${index.toString()}`;
    });

    expect(results).toEqual(['a0', 'b1', 'c2']);
    expect(ended).toEqual(['c', 'b', 'a']);
  });

  test('is done at once when there is nothing to do', async () => {
    expect(await sideBySide([], { limit: 2, signal: never() }, () => Promise.reject(new Error('no')))).toEqual([]);
  });

  test('stops at the first failure: begins nothing more, tells the others, and waits until they have let go', async () => {
    const log: string[] = [];
    const [isSlowBegun, isSlowTold, mayLetGo] = [new Gate(), new Gate(), new Gate()];
    const working = sideBySide(['slow', 'bad', 'next'], { limit: 2, signal: never() }, async (item, _index, signal) => {
      log.push(item);
      if (item === 'bad') {
        await isSlowBegun.opened;
        throw new Error('it broke');
      }
      isSlowBegun.open();
      await aborted(signal);
      isSlowTold.open();
      await mayLetGo.opened;
      log.push(`${item} has let go`);
      signal.throwIfAborted();
    });
    const end = errorOf(working).then((error) => {
      log.push('ended');
      return error;
    });

    await isSlowTold.opened;
    expect(log).toEqual(['slow', 'bad']);
    mayLetGo.open();

    expect(await end).toEqual(new Error('it broke'));
    expect(log).toEqual(['slow', 'bad', 'slow has let go', 'ended']);
  });

  test('throws what failed first, whatever fails after it', async () => {
    const working = sideBySide(['first', 'second'], { limit: 2, signal: never() }, async (item, _index, signal) => {
      if (item === 'second') await aborted(signal);
      throw new Error(item);
    });

    expect(await errorOf(working)).toEqual(new Error('first'));
  });

  test('takes a failure that is not asynchronous like any other', async () => {
    const working = sideBySide(['a'], { limit: 1, signal: never() }, () => {
      throw new Error('at once');
    });

    expect(await errorOf(working)).toEqual(new Error('at once'));
  });

  test('ends with the reason of the outer signal when that is aborted, after those under way', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const begun: string[] = [];
    const working = sideBySide(['a', 'b', 'c'], { limit: 2, signal: stop.signal }, async (item, _index, signal) => {
      begun.push(item);
      if (begun.length === 2) stop.abort(reason);
      await aborted(signal);
      signal.throwIfAborted();
    });

    expect(await errorOf(working)).toBe(reason);
    expect(begun).toEqual(['a', 'b']);
  });

  test('begins nothing when the outer signal was aborted before', async () => {
    const begun: string[] = [];
    const working = sideBySide(['a'], { limit: 1, signal: AbortSignal.abort(new Error('enough')) }, (item) => {
      begun.push(item);
      return Promise.resolve();
    });

    expect(await errorOf(working)).toEqual(new Error('enough'));
    expect(begun).toEqual([]);
  });
});
