import { describe, expect, test } from 'vitest';
import { BoundedChannel } from '../../src/services/bounded-channel.js';
import { toSubscription } from '../../src/services/subscription.js';

interface Subject {
  readonly channel: BoundedChannel<number>;
  readonly subscription: AsyncIterableIterator<number>;
  readonly log: string[];
}

/** A subscription on a channel, as the services make them. */
function subscribe(failAt: number | null = null): Subject {
  const log: string[] = [];
  const channel = new BoundedChannel<number>({ capacity: 10, keyOf: null, onOverflow: () => undefined });
  async function* read(): AsyncGenerator<number, void> {
    try {
      for await (const value of channel) {
        if (value === failAt) throw new Error('reading failed');
        yield value;
      }
    } finally {
      log.push('ended');
    }
  }
  const release = (): void => {
    log.push('released');
    channel.close();
  };
  return { channel, subscription: toSubscription(read(), release), log };
}

describe('a subscription', () => {
  test('gives the values in their order', async () => {
    const { channel, subscription } = subscribe();
    for (const value of [1, 2]) channel.push(value);
    expect(await subscription.next()).toEqual({ done: false, value: 1 });
    expect(await subscription.next()).toEqual({ done: false, value: 2 });
    await subscription.return?.();
  });

  test('ends when its reader leaves the loop', async () => {
    const { channel, subscription, log } = subscribe();
    channel.push(1);
    for await (const value of subscription) {
      expect(value).toBe(1);
      break;
    }
    expect(log).toContain('released');
    expect(log).toContain('ended');
  });

  test('ends while it waits for a value, as soon as its reader asks', async () => {
    const { subscription, log } = subscribe();
    const waiting = subscription.next();
    expect(await subscription.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(log).toEqual(['released', 'ended', 'released']);
  });

  test('ends before the first value was asked for', async () => {
    const { subscription, log } = subscribe();
    expect(await subscription.return?.()).toEqual({ done: true, value: undefined });
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(log).toContain('released');
  });

  test('releases what it holds when its values end', async () => {
    const { channel, subscription, log } = subscribe();
    channel.close();
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
    expect(log).toEqual(['ended', 'released']);
  });

  test('releases what it holds when reading fails, and passes the error on', async () => {
    const { channel, subscription, log } = subscribe(1);
    channel.push(1);
    await expect(subscription.next()).rejects.toThrow('reading failed');
    expect(log).toEqual(['ended', 'released']);
  });

  test('may be ended more than once', async () => {
    const { subscription } = subscribe();
    await subscription.return?.();
    expect(await subscription.return?.()).toEqual({ done: true, value: undefined });
  });
});
