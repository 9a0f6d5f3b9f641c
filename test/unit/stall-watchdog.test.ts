import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StallWatchdog } from '../../src/services/stall-watchdog.js';

describe('the stall watchdog', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watch(): { watchdog: StallWatchdog; stalls: () => number } {
    let count = 0;
    const onStall = (): void => {
      count += 1;
    };
    return { watchdog: new StallWatchdog(1000, onStall), stalls: () => count };
  }

  test('calls when nothing has moved for the whole time', () => {
    const { watchdog, stalls } = watch();
    vi.advanceTimersByTime(999);
    expect(stalls()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('calls once only', () => {
    const { watchdog, stalls } = watch();
    vi.advanceTimersByTime(60_000);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('keeps quiet as long as something moves in time', () => {
    const { watchdog, stalls } = watch();
    for (let round = 0; round < 50; round += 1) {
      vi.advanceTimersByTime(999);
      watchdog.touch();
    }
    expect(stalls()).toBe(0);
    vi.advanceTimersByTime(1000);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('gives what may take longer its extra time', () => {
    const { watchdog, stalls } = watch();
    watchdog.allow(5000);
    vi.advanceTimersByTime(5999);
    expect(stalls()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('allows the extra time once, not for everything that moves after it', () => {
    const { watchdog, stalls } = watch();
    watchdog.allow(5000);
    vi.advanceTimersByTime(5500);
    watchdog.touch();
    vi.advanceTimersByTime(999);
    expect(stalls()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('leaves one its extra time while others move beside it, or ask for less', () => {
    const { watchdog, stalls } = watch();
    watchdog.allow(5000);
    vi.advanceTimersByTime(100);
    watchdog.touch();
    watchdog.allow(500);
    vi.advanceTimersByTime(5899);
    expect(stalls()).toBe(0);
    vi.advanceTimersByTime(1);
    expect(stalls()).toBe(1);
    watchdog[Symbol.dispose]();
  });

  test('keeps quiet once it is disposed of, also when something still moves', () => {
    const { watchdog, stalls } = watch();
    watchdog[Symbol.dispose]();
    watchdog.touch();
    watchdog.allow(10);
    vi.advanceTimersByTime(60_000);
    expect(stalls()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
