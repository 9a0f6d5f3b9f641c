import { describe, expect, test } from 'vitest';
import { BoundedChannel } from '../../src/services/bounded-channel.js';

interface Message {
  readonly key: string;
  readonly text: string;
}

function messages(capacity: number): { channel: BoundedChannel<Message>; overflows: () => number } {
  let count = 0;
  const onOverflow = (): void => {
    count += 1;
  };
  const channel = new BoundedChannel<Message>({ capacity, keyOf: ({ key }) => key, onOverflow });
  return { channel, overflows: () => count };
}

function numbers(capacity = 100): BoundedChannel<number> {
  return new BoundedChannel<number>({ capacity, keyOf: null, onOverflow: () => undefined });
}

async function take<T>(channel: BoundedChannel<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of channel) {
    taken.push(value);
    if (taken.length === count) break;
  }
  return taken;
}

describe('a bounded channel', () => {
  test('hands values over in the order in which they came', async () => {
    const channel = numbers();
    for (const value of [1, 2, 3]) channel.push(value);
    expect(await take(channel, 3)).toEqual([1, 2, 3]);
  });

  test('hands over what comes while the reader waits', async () => {
    const channel = numbers();
    const reading = take(channel, 3);
    for (const value of [1, 2, 3]) {
      await Promise.resolve();
      channel.push(value);
    }
    expect(await reading).toEqual([1, 2, 3]);
  });

  test('keeps equal values apart when it has no key', async () => {
    const channel = numbers();
    for (const value of [7, 7, 7]) channel.push(value);
    expect(await take(channel, 3)).toEqual([7, 7, 7]);
  });

  test('keeps only the newest value of a key while nobody reads', async () => {
    const { channel } = messages(2);
    channel.push({ key: 'a', text: 'a1' });
    channel.push({ key: 'b', text: 'b1' });
    channel.push({ key: 'a', text: 'a2' });
    expect((await take(channel, 2)).map(({ text }) => text)).toEqual(['a2', 'b1']);
  });

  test('delivers a key again once its value was read', async () => {
    const { channel } = messages(1);
    const iterator = channel[Symbol.asyncIterator]();
    for (const text of ['a1', 'a2', 'a3']) {
      channel.push({ key: 'a', text });
      expect((await iterator.next()).value).toMatchObject({ text });
    }
  });

  test('closes, once, when a value finds no place', async () => {
    const { channel, overflows } = messages(2);
    for (const key of ['a', 'b', 'c', 'd', 'e']) channel.push({ key, text: key });
    expect(overflows()).toBe(1);
    expect(await take(channel, 1)).toEqual([]);
  });

  test('takes a value of a waiting key also when it is full', () => {
    const { channel, overflows } = messages(1);
    channel.push({ key: 'a', text: 'a1' });
    channel.push({ key: 'a', text: 'a2' });
    expect(overflows()).toBe(0);
  });

  test('ends a reader that waits when it is closed', async () => {
    const channel = numbers();
    const reading = take(channel, 1);
    channel.close();
    expect(await reading).toEqual([]);
  });

  test('ends a reader at once when it is closed, without what was waiting', async () => {
    const channel = numbers();
    for (const value of [1, 2, 3]) channel.push(value);
    const iterator = channel[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    channel.close();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('may be closed again, and drops what comes after', async () => {
    const channel = numbers();
    channel.close();
    channel.close();
    channel.push(1);
    expect(await take(channel, 1)).toEqual([]);
  });

  test('loses nothing between a reader that pauses and a publisher that does not', async () => {
    const channel = numbers(1000);
    const iterator = channel[Symbol.asyncIterator]();
    const taken: number[] = [];
    for (let next = 0; next < 300; next += 3) {
      for (const value of [next, next + 1, next + 2]) channel.push(value);
      taken.push((await iterator.next()).value as number, (await iterator.next()).value as number);
    }
    while (taken.length < 300) taken.push((await iterator.next()).value as number);
    expect(taken).toEqual(Array.from({ length: 300 }, (_value, index) => index));
  });
});
