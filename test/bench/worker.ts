import { fork } from 'node:child_process';
import type { ChildProcess, Serializable } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of the bench's own in another process. It answers each order with one message. */
export class Worker<Order extends Serializable> implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** @param file beside this one */
  constructor(file: string, args: readonly string[]) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), args);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The caller says what the answer to this order looks like. */
  async ask<Result>(order: Order): Promise<Result> {
    const ended = new AbortController();
    const failed = once(this.#child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error('a process of the bench has ended early');
    });
    const answered = once(this.#child, 'message', { signal: ended.signal });
    this.#child.send(order);
    try {
      const [result] = (await Promise.race([answered, failed])) as [Result];
      return result;
    } finally {
      ended.abort();
      await Promise.allSettled([answered, failed]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The other side: what to do with each order. It ends with the process that gives them. */
export function serveOrders(handle: (order: unknown) => Promise<Serializable>): void {
  process.on('message', (order) => {
    void handle(order).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => process.exit());
}
