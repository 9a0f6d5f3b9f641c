import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { Worker } from 'node:worker_threads';

/** Level 3 is as fast as the disk here. The checksum makes `zstd -d` find damage on its own. */
const ZSTD = { compressionLevel: 3, checksumFlag: true };

/** What is handed to a thread at a time: few enough messages, and soon compressed. */
const BLOCK_BYTES = 512 * 1024;
/** One is filled while another is compressed, and one is on its way. */
const BLOCKS = 3;
/** Compressed bytes that may wait to be read before no more is taken. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Threads that are kept for the next frame. Starting one takes some 40 ms, keeping one some 10 MB. */
const MAX_IDLE = 4;

/** To the thread: the next bytes of the frame. */
interface Order {
  readonly block: SharedArrayBuffer;
  readonly length: number;
  readonly isLast: boolean;
}

/** From the thread. `taken` gives a block back; `end` says that all of the frame was put out. */
type Report =
  | { readonly kind: 'taken'; readonly block: SharedArrayBuffer }
  | { readonly kind: 'output'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end' };

/**
 * Compresses with zstd in threads of its own. The library does it in the thread that calls it, and waits there for its
 * workers: on a busy machine the event loop, and with it every request, would wait along.
 */
export class CompressorPool implements AsyncDisposable {
  readonly #idle = new Set<Worker>();
  #isClosed = false;

  /** A zstd frame of all that is written to it. Whoever does not read it to its end destroys it. */
  create(): Transform {
    const [idle] = this.#idle;
    const worker = idle ?? this.#start();
    this.#idle.delete(worker);
    return new Compressor(worker, () => {
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
    const options = { workerData: ZSTD, execArgv: [] };
    const worker = new Worker(new URL('./compression-worker.mjs', import.meta.url), options);
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
class Compressor extends Transform {
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
    this.#advance();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#worker.off('message', this.#onReport);
    this.#worker.off('error', this.#onError);
    // A thread in the middle of a frame is of no use to the next one.
    if (this.#isEnded) this.#release();
    else void this.#worker.terminate();
    done(error);
  }

  #handle(report: Report): void {
    if (report.kind === 'output') this.push(Buffer.from(report.bytes.buffer));
    if (report.kind === 'taken') {
      this.#free.push(report.block);
      this.#advance();
    }
    if (report.kind === 'end') {
      this.#isEnded = true;
      this.#flushed?.();
    }
  }

  /** Goes on as far as there are free blocks, and as what was compressed is read. */
  #advance(): void {
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
    const order: Order = { block: this.#filling, length: this.#filledBytes, isLast };
    this.#filling = null;
    this.#worker.postMessage(order);
  }
}
