import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream';
import type { Readable, Transform, Writable } from 'node:stream';
import type { DumpTool } from '../artifacts/manifest.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { ArtifactFormat } from '../domain/backup.js';
import { messageOf } from '../domain/errors.js';
import { BackupFailedError } from '../domain/failure.js';
import type { Dump } from './database-engine.js';

/** How much of what a tool says last is kept. */
const STDERR_BYTES = 4096;
/** How long a tool that was told to end may take before it is killed. */
const KILL_AFTER_MS = 3000;

export interface ToolCall {
  readonly tool: DumpTool;
  /** Absolute path of the program. */
  readonly path: string;
  /** Everybody on the machine can read them: no secrets. */
  readonly args: readonly string[];
  /** The whole environment of the program; nothing of the server's own gets into it. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts that must not show in a message, as a password that the tool repeats. */
  readonly secrets: readonly string[];
}

interface ToolDumpOrder extends ToolCall {
  readonly format: ArtifactFormat;
  /** Comes before the tool's own output. */
  readonly prefix?: string;
  /** What the output passes through. */
  readonly filter?: Transform;
  readonly signal: AbortSignal;
  /** What is still to be looked at once the tool has ended well. What it throws makes the dump fail. */
  readonly checkAfter?: () => Promise<void>;
  /** Turns the end of a tool that has failed into what to throw. */
  readonly toFailure: (end: ToolEnd) => Error;
}

/** How a tool has failed. */
export interface ToolEnd {
  /** As in "pg_dump ended with exit code 1". */
  readonly what: string;
  /** What it said last, without secrets; may be empty. */
  readonly lastWords: string;
}

/** A dump that a client program writes to its standard output. */
export class ToolDump implements Dump {
  readonly tool: DumpTool;
  readonly format: ArtifactFormat;
  readonly content: Readable;
  readonly completion: Promise<void>;
  readonly completionAllowanceMs = 0;
  readonly #stop: () => void;

  private constructor(order: ToolDumpOrder) {
    const { signal, prefix, filter, checkAfter, toFailure } = order;
    const child = spawnTool(order, 'ignore');
    this.tool = order.tool;
    this.format = order.format;
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
    };
    this.completion = watchEnd(child, order)
      .then(async (end) => {
        if (end !== null) throw toFailure(end);
        await checkAfter?.();
      })
      .finally(() => {
        signal.removeEventListener('abort', abort);
      });
    // Whoever stops listening, because the content has failed, has heard enough.
    this.completion.catch(() => undefined);
  }

  /** @throws when the signal was aborted before */
  static start(order: ToolDumpOrder): ToolDump {
    order.signal.throwIfAborted();
    return new ToolDump(order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.completion.catch(() => undefined);
  }
}

/**
 * Feeds content to a tool's standard input, to its end.
 * @returns how the tool has failed, null when it has not
 * @throws what the content throws
 */
export async function feedTool(call: ToolCall, content: AsyncIterable<Uint8Array>): Promise<ToolEnd | null> {
  const child = spawnTool(call, 'pipe');
  child.stdout.resume();
  const ending = watchEnd(child, call);
  // A tool that ends before it has read all breaks the pipe; how it ended tells more.
  child.stdin?.on('error', () => undefined);
  try {
    for await (const chunk of content) {
      if (child.stdin?.writable !== true) break;
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain').catch(() => undefined), ending]);
    }
    child.stdin?.end();
    return await ending;
  } finally {
    endTool(child);
    await ending;
  }
}

type ToolProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

function spawnTool({ path, args, env }: ToolCall, stdin: 'ignore' | 'pipe'): ToolProcess {
  return spawn(path, args, { env: { LC_ALL: 'C', ...env }, stdio: [stdin, 'pipe', 'pipe'] }) as ToolProcess;
}

/** Resolves once the tool is gone and its output is closed: null when it has ended well. */
async function watchEnd(child: ToolProcess, { tool, secrets }: ToolCall): Promise<ToolEnd | null> {
  let said: Buffer = Buffer.alloc(0);
  // A pipe that nobody empties stops the tool after some 64 kB.
  child.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-STDERR_BYTES);
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return null;
    const how = signal === null ? `ended with exit code ${String(code)}` : `was ended by the signal ${signal}`;
    return { what: `${tool.name} ${how}`, lastWords: withoutSecrets(said.toString('utf8').trim(), secrets) };
  } catch (error) {
    return { what: `${tool.name} cannot be run`, lastWords: withoutSecrets(messageOf(error), secrets) };
  }
}

function endTool(child: ToolProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  child.once('close', () => {
    clearTimeout(killing);
  });
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret.length > 2).reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/** The failure of a tool that no better sentence is known for. */
export function toolFailed(database: string, end: ToolEnd): BackupFailedError {
  const sentence = `Database ${database} cannot be dumped: ${describeEnd(end)}`;
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, sentence);
}

/** How a tool ended and what it said, in whole sentences. */
export function describeEnd({ what, lastWords }: ToolEnd): string {
  return `${what}. ${lastWords === '' ? 'It said nothing.' : `It said: ${lastWords.replaceAll(/\s*\n\s*/g, ' | ')}`}`;
}
