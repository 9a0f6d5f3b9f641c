/**
 * Adds up the work on a backup. Every source byte passes several times (staged, stored, verified): each pass counts for an
 * equal part of it, so that the sum grows evenly to the size of the databases and never falls.
 */
export class ProgressMeter {
  readonly bytesTotal: number;
  readonly #sizes: readonly number[];
  readonly #passes: number;
  /** Bytes done by each pass over each database. */
  readonly #done = new Map<string, number>();
  #sum = 0;
  #highest = 0;

  /** @param sizes bytes of each database, estimates for some engines */
  constructor(sizes: readonly number[], passes: number) {
    this.#sizes = sizes;
    this.#passes = passes;
    this.bytesTotal = sizes.reduce((total, size) => total + size, 0);
  }

  get bytesDone(): number {
    return this.#highest;
  }

  /** More than the database's estimated size counts as that size; less than it is made up by `finish`. */
  add(database: number, pass: string, bytes: number): void {
    const key = `${database.toString()} ${pass}`;
    this.#set(key, database, (this.#done.get(key) ?? 0) + bytes);
  }

  finish(database: number, pass: string): void {
    this.#set(`${database.toString()} ${pass}`, database, this.#sizes[database] ?? 0);
  }

  #set(key: string, database: number, bytes: number): void {
    const done = Math.min(bytes, this.#sizes[database] ?? 0);
    this.#sum += done - (this.#done.get(key) ?? 0);
    this.#done.set(key, done);
    this.#highest = Math.max(this.#highest, Math.floor(this.#sum / this.#passes));
  }
}
