import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEASE_MS, WorkRunner } from '../../src/services/work-runner.js';
import { Gate } from '../support/gate.js';
import { aborted } from '../support/hold.js';

interface Item {
  readonly id: string;
}

type Run = (item: Item, stop: AbortController) => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

interface Watched {
  readonly runner: WorkRunner<Item>;
  readonly renewed: (readonly string[])[];
  /** Ids whose lease was set to end now. */
  readonly released: string[];
  /** How often it was said that work was left. */
  readonly countLeft: () => number;
}

function createRunner(run: Run, maxConcurrent = 1): Watched {
  const renewed: (readonly string[])[] = [];
  const released: string[] = [];
  let left = 0;
  const runner = new WorkRunner<Item>({
    kind: {
      name: 'work',
      run,
      renewLeases: (ids, { expiresAt }) => {
        if (expiresAt.getTime() <= Date.now()) released.push(...ids);
        else renewed.push(ids);
        return Promise.resolve();
      },
      shuttingDown: () => new Error('shutting down'),
    },
    clock: () => new Date(),
    logger: pino({ level: 'silent' }),
    serverId: 'server-a',
    maxConcurrent,
    onLeft: () => {
      left += 1;
    },
  });
  return { runner, renewed, released, countLeft: () => left };
}

/** Work that is held until it is let go, by its id. */
class HeldWork {
  readonly begun: string[] = [];
  readonly #gates = new Map<string, Gate>();

  readonly run: Run = async ({ id }, { signal }) => {
    this.begun.push(id);
    await Promise.race([this.#gate(id).opened, aborted(signal)]);
    signal.throwIfAborted();
  };

  letGo(id: string): void {
    this.#gate(id).open();
  }

  #gate(id: string): Gate {
    const gate = this.#gates.get(id) ?? new Gate();
    this.#gates.set(id, gate);
    return gate;
  }
}

test('renews the leases of what runs and of what waits, and of nothing else', async () => {
  const work = new HeldWork();
  const { runner, renewed } = createRunner(work.run);
  const first = runner.start({ id: 'a' });
  void runner.start({ id: 'b' });

  await vi.advanceTimersByTimeAsync(LEASE_MS / 6);
  work.letGo('a');
  await first;
  await vi.advanceTimersByTimeAsync(LEASE_MS / 6);

  expect(renewed).toEqual([['a', 'b'], ['b']]);
});

test('renews the lease of what another server has left, until that is ended', async () => {
  const gate = new Gate();
  const { runner, renewed } = createRunner(() => Promise.reject(new Error('not to be run')));
  const recovering = runner.startRecovery('a', () => gate.opened);

  await vi.advanceTimersByTimeAsync(LEASE_MS / 6);
  expect(renewed).toEqual([['a']]);
  expect(runner.has('a')).toBe(true);
  gate.open();
  await recovering;

  expect(runner.has('a')).toBe(false);
});

test('keeps work that begins under an id whose last work is just ending', async () => {
  const work = new HeldWork();
  const again = new Gate();
  let second: Promise<void> = Promise.resolve();
  const { runner, renewed } = createRunner(async (item, stop) => {
    if (work.begun.length > 0) return work.run(item, stop);
    work.begun.push('first');
    // Its end is written down: from here on the next may begin.
    second = runner.start({ id: 'a' });
    again.open();
  });
  await runner.start({ id: 'a' });
  await again.opened;

  await vi.advanceTimersByTimeAsync(LEASE_MS / 6);

  expect(runner.has('a')).toBe(true);
  expect(renewed).toEqual([['a']]);
  work.letGo('a');
  await second;
  expect(runner.has('a')).toBe(false);
});

test('goes on with the next when one rejects, and gives its lease back for whoever recovers it', async () => {
  const begun: string[] = [];
  const { runner, renewed, released, countLeft } = createRunner(({ id }) => {
    begun.push(id);
    return id === 'a' ? Promise.reject(new Error('broken')) : Promise.resolve();
  });

  await Promise.all([runner.start({ id: 'a' }), runner.start({ id: 'b' })]);

  expect(begun).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(LEASE_MS / 6);
  expect({ renewed, released, left: countLeft(), has: runner.has('a') }).toEqual({
    renewed: [],
    released: ['a'],
    left: 1,
    has: false,
  });
});

test('drains: gives up what waits at once, what runs when the grace time is over, and takes no more', async () => {
  const work = new HeldWork();
  const stopped: string[] = [];
  const { runner } = createRunner(async (item, stop) => {
    await work.run(item, stop).catch((error: unknown) => {
      stopped.push(`${item.id}: ${String(error)}`);
    });
  });
  void runner.start({ id: 'runs' });
  await vi.advanceTimersByTimeAsync(0);
  const waits = runner.start({ id: 'waits' });

  const drained = runner.drain(1000);
  await waits;
  expect(stopped).toEqual(['waits: Error: shutting down']);
  expect(() => {
    runner.assertAccepting();
  }).toThrow('shutting down');
  await vi.advanceTimersByTimeAsync(1000);
  await drained;

  expect(stopped).toEqual(['waits: Error: shutting down', 'runs: Error: shutting down']);
  await runner.start({ id: 'late' });
  expect(stopped).toHaveLength(3);
});
