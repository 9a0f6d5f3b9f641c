import type { Clock } from '../domain/clock.js';

/** How far a check may be from the interval, as a share of it. */
const JITTER = 0.2;

/** When instances are checked next: at an interval, each a little off it, so that they do not all come at once. */
export class HealthSchedule {
  readonly intervalMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(intervalMs: number, clock: Clock, random: () => number = Math.random) {
    this.intervalMs = intervalMs;
    this.#clock = clock;
    this.#random = random;
  }

  next(): Date {
    const share = 1 + (this.#random() * 2 - 1) * JITTER;
    return new Date(this.#clock().getTime() + Math.round(this.intervalMs * share));
  }
}
