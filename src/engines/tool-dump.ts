import { pipeline } from 'node:stream';
import type { Readable, Transform } from 'node:stream';
import type { DumpTool } from '../artifacts/manifest.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { ArtifactFormat, DumpContents } from '../domain/backup.js';
import { BackupFailedError } from '../domain/failure.js';
import type { Dump } from './database-engine.js';
import { describeEnd, endTool, spawnTool, tooManyFiles, watchEnd } from './tool-process.js';
import type { ToolCall, ToolEnd, ToolProcess } from './tool-process.js';

interface ToolDumpOrder extends ToolCall {
  readonly format: ArtifactFormat;
  /** Comes before the tool's own output. */
  readonly prefix?: string;
  /** What the output passes through. */
  readonly filter?: Transform;
  readonly signal: AbortSignal;
  /** What is still to be looked at once the tool has ended well. What it throws makes the dump fail. */
  readonly checkAfter?: () => Promise<void>;
  /** What the dump holds; asked last. */
  readonly readContents?: () => Promise<DumpContents>;
  /** How long that may take. */
  readonly contentsAllowanceMs?: number;
  /** Ends what runs beside the tool. Called once the dump is over, however it has ended, and perhaps again. */
  readonly release?: () => void;
  /** Turns the end of a tool that has failed into what to throw. */
  readonly toFailure: (end: ToolEnd) => Error;
}

/** A dump that a client program writes to its standard output. */
export class ToolDump implements Dump {
  readonly tool: DumpTool;
  readonly format: ArtifactFormat;
  readonly isCompressed = false;
  readonly content: Readable;
  readonly completion: Promise<DumpContents | null>;
  readonly completionAllowanceMs: number;
  readonly #stop: () => void;

  private constructor(order: ToolDumpOrder, child: ToolProcess) {
    const { signal, prefix, filter, checkAfter, readContents, release, toFailure } = order;
    this.tool = order.tool;
    this.format = order.format;
    this.completionAllowanceMs = order.contentsAllowanceMs ?? 0;
    // Either stream takes the other along when it fails or is destroyed.
    this.content = filter === undefined ? child.stdout : pipeline(child.stdout, filter, () => undefined);
    if (prefix !== undefined) child.stdout.unshift(Buffer.from(prefix, 'utf8'));
    const abort = (): void => {
      this.content.destroy(new DOMException('The dump was stopped.', 'AbortError'));
      endTool(child);
    };
    // Whoever reads hears of it; nobody need.
    this.content.on('error', () => undefined);
    signal.addEventListener('abort', abort, { once: true });
    this.#stop = (): void => {
      this.content.destroy();
      endTool(child);
      release?.();
    };
    this.completion = watchEnd(child, order)
      .then(async (end) => {
        if (end !== null) throw toFailure(end);
        await checkAfter?.();
        return (await readContents?.()) ?? null;
      })
      .finally(() => {
        signal.removeEventListener('abort', abort);
        release?.();
      });
    // Whoever stops listening, because the content has failed, has heard enough.
    this.completion.catch(() => undefined);
  }

  /** @throws when the signal was aborted before, and the failure of a tool that cannot even be begun to be started */
  static start(order: ToolDumpOrder): ToolDump {
    order.signal.throwIfAborted();
    const child = spawnTool(order, 'ignore');
    if (child === null) throw order.toFailure(tooManyFiles(order));
    return new ToolDump(order, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.completion.catch(() => undefined);
  }
}

/** The failure of a tool that no better sentence is known for. */
export function toolFailed(database: string, end: ToolEnd): BackupFailedError {
  const sentence = `Database ${database} cannot be dumped: ${describeEnd(end)}`;
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, sentence);
}
