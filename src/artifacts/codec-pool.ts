import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { Worker } from 'node:worker_threads';

/** What is handed to a thread at a time: few enough messages, and soon worked off. */
const BLOCK_BYTES = 512 * 1024;
/** One is filled while another is worked on, and one is on its way. */
const BLOCKS = 3;
/** Bytes put out that may wait to be read before no more is taken. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Threads that are kept for the next file. Starting one takes some 40 ms, keeping one some 10 MB. */
const MAX_IDLE = 4;

/** What a thread is to do with the bytes of one file. */
export interface CodecJob {
  /** `encode`: zstd, then age. `decode`: the way back. */
  readonly encoding: 'encode' | 'decode';
  readonly isCompressed: boolean;
  /** Key of the age payload; null when it is not encrypted. */
  readonly key: Uint8Array | null;
  /** What goes before all that is encoded. */
  readonly head: Uint8Array | null;
}

/** To the thread: first the job, then the bytes of the file; and that one more output was read. */
type Order =
  | CodecJob
  | { readonly kind: 'block'; readonly block: SharedArrayBuffer; readonly length: number; readonly isLast: boolean }
  | { readonly kind: 'read' };

/** From the thread. `taken` gives a block back; `end` says that all of the file was put out, `fault` that there will be no more. */
type Report =
  | { readonly kind: 'taken'; readonly block: SharedArrayBuffer }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' }
  | { readonly kind: 'fault'; readonly message: string };

/**
 * Compresses, encrypts, and undoes both, in threads of its own. The libraries do it in the thread that calls them: on a
 * busy machine the event loop, and with it every request, would wait along.
 */
export class CodecPool implements AsyncDisposable {
  readonly #idle = new Set<Worker>();
  #isClosed = false;

  /** Begin it before it is written to. Whoever does not read it to its end destroys it. */
  create(): Codec {
    const [idle] = this.#idle;
    const worker = idle ?? this.#start();
    this.#idle.delete(worker);
    return new Codec(worker, () => {
      if (this.#isClosed || this.#idle.size >= MAX_IDLE) void worker.terminate();
      else this.#idle.add(worker);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#idle].map((worker) => worker.terminate()));
  }

  #start(): Worker {
    // None of the program's own options: they may load what a thread like this has no use for.
    const worker = new Worker(new URL('./codec-worker.mjs', import.meta.url), { execArgv: [] });
    // Neither an idle thread nor its end may end the process, or keep it.
    worker.on('error', () => this.#idle.delete(worker));
    worker.on('exit', () => this.#idle.delete(worker));
    worker.unref();
    return worker;
  }
}

interface Pending {
  readonly chunk: Uint8Array;
  readonly done: TransformCallback;
}

/** Fills blocks of shared memory with what is written, and gives out what the thread makes of them. */
export class Codec extends Transform {
  readonly #worker: Worker;
  readonly #release: () => void;
  readonly #free = Array.from({ length: BLOCKS }, () => new SharedArrayBuffer(BLOCK_BYTES));
  #filling: SharedArrayBuffer | null = null;
  #filledBytes = 0;
  /** What has not found room in a block yet. */
  #pending: Pending | null = null;
  #pendingOffset = 0;
  #flushed: TransformCallback | null = null;
  #isLastSent = false;
  #isEnded = false;
  /** Outputs that the thread has not been told were read. */
  #unread = 0;
  readonly #onReport = (report: Report): void => {
    this.#handle(report);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };

  constructor(worker: Worker, release: () => void) {
    super();
    this.#worker = worker;
    this.#release = release;
    worker.on('message', this.#onReport);
    worker.on('error', this.#onError);
  }

  begin(job: CodecJob): void {
    this.#order(job);
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pending = { chunk, done };
    this.#pendingOffset = 0;
    this.#advance();
  }

  override _flush(done: TransformCallback): void {
    this.#flushed = done;
    this.#advance();
  }

  override _read(size: number): void {
    super._read(size);
    // It is called before what is read has left the buffer, and not again until something was pushed.
    queueMicrotask(() => {
      if (!this.destroyed) this.#advance();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#worker.off('message', this.#onReport);
    this.#worker.off('error', this.#onError);
    // A thread in the middle of a file is of no use to the next one.
    if (this.#isEnded) this.#release();
    else void this.#worker.terminate();
    done(error);
  }

  #handle(report: Report): void {
    switch (report.kind) {
      case 'output':
        this.push(Buffer.from(report.bytes.buffer));
        this.#unread += 1;
        this.#advance();
        return;
      case 'taken':
        this.#free.push(report.block);
        this.#advance();
        return;
      case 'end':
        this.#isEnded = true;
        this.#flushed?.();
        return;
      case 'fault':
        this.#isEnded = true;
        this.destroy(new Error(report.message));
    }
  }

  /** Goes on as far as there are free blocks, and as what was put out is read. */
  #advance(): void {
    for (; this.#unread > 0 && this.readableLength < MAX_WAITING_BYTES; this.#unread -= 1)
      this.#order({ kind: 'read' });
    while (this.#pending !== null) {
      if (!this.#openBlock()) return;
      this.#fill(this.#pending);
    }
    if (this.#flushed === null || this.#isLastSent || !this.#openBlock()) return;
    this.#isLastSent = true;
    this.#send(true);
  }

  /** False when there is no room now; `advance` is then called again. */
  #openBlock(): boolean {
    if (this.#filling !== null) return true;
    if (this.readableLength >= MAX_WAITING_BYTES) return false;
    this.#filling = this.#free.pop() ?? null;
    this.#filledBytes = 0;
    return this.#filling !== null;
  }

  #fill({ chunk, done }: Pending): void {
    if (this.#filling === null) return;
    const part = chunk.subarray(this.#pendingOffset, this.#pendingOffset + BLOCK_BYTES - this.#filledBytes);
    new Uint8Array(this.#filling, this.#filledBytes).set(part);
    this.#filledBytes += part.byteLength;
    this.#pendingOffset += part.byteLength;
    if (this.#filledBytes === BLOCK_BYTES) this.#send(false);
    if (this.#pendingOffset < chunk.byteLength) return;
    this.#pending = null;
    done();
  }

  #send(isLast: boolean): void {
    if (this.#filling === null) return;
    const block = this.#filling;
    this.#filling = null;
    this.#order({ kind: 'block', block, length: this.#filledBytes, isLast });
  }

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }
}
