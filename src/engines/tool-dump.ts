import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { pipeline } from 'node:stream';
import type { Readable, Transform, Writable } from 'node:stream';
import type { DumpTool } from '../artifacts/manifest.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { ArtifactFormat, DumpContents } from '../domain/backup.js';
import { messageOf } from '../domain/errors.js';
import { BackupFailedError } from '../domain/failure.js';
import { abortable } from './abortable-content.js';
import type { Dump } from './database-engine.js';

/** How much of what a tool says last is kept, and how much of that is shown. */
const STDERR_BYTES = 1024 * 1024;
const SHOWN_CHARACTERS = 4096;
/** As `nice` takes it: requests, and the applications that use the database, come first on a busy machine. */
const TOOL_NICENESS = 10;
/** So much is written to a tool at once: small writes cost more than what they carry. */
const WRITE_BYTES = 256 * 1024;
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
  /** Whether somebody waits for it, so that it does not yield to the rest of the machine. */
  readonly isUrgent?: boolean;
  /** Which lines of what it says may be shown; by default all. */
  readonly shownLines?: RegExp;
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
  /** What the dump holds; asked last. */
  readonly readContents?: () => Promise<DumpContents>;
  /** How long that may take. */
  readonly contentsAllowanceMs?: number;
  /** Ends what runs beside the tool. Called once the dump is over, however it has ended, and perhaps again. */
  readonly release?: () => void;
  /** Turns the end of a tool that has failed into what to throw. */
  readonly toFailure: (end: ToolEnd) => Error;
}

/** How a tool has failed. */
export interface ToolEnd {
  /** As in "pg_dump ended with exit code 1". */
  readonly what: string;
  /** False when the program could not even be started. */
  readonly hasRun: boolean;
  /** What it said last, without secrets; may be empty. */
  readonly lastWords: string;
}

/** A dump that a client program writes to its standard output. */
export class ToolDump implements Dump {
  readonly tool: DumpTool;
  readonly format: ArtifactFormat;
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

/**
 * Feeds content to a tool's standard input, to its end. The tool is gone when it settles.
 * @returns how the tool has failed, null when it has not
 * @throws what the content throws, and soon after the signal is aborted, its reason
 */
export async function feedTool(
  call: ToolCall,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ToolEnd | null> {
  signal.throwIfAborted();
  const child = spawnTool(call, 'pipe');
  if (child === null) return tooManyFiles(call);
  child.stdout.resume();
  const ending = watchEnd(child, call);
  const abort = (): void => {
    endTool(child);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await writeAll(child, whileRunning(content, ending, signal));
    const end = await ending;
    signal.throwIfAborted();
    return end;
  } finally {
    signal.removeEventListener('abort', abort);
    endTool(child);
    await ending;
  }
}

/** Passes content on until the tool has ended: then nobody waits for the rest, not even for one that hangs. */
async function* whileRunning(
  content: AsyncIterable<Uint8Array>,
  ending: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const over = new AbortController();
  void ending.then(() => {
    over.abort();
  });
  try {
    yield* abortable(content, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (error !== over.signal.reason) throw error;
  }
}

/** Stops when the tool has ended. While a part is written, the next is gathered. */
async function writeAll({ stdin }: ToolProcess, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (stdin === null) return;
  // A tool that ends before it has read all breaks the pipe; how it ended tells more.
  stdin.on('error', () => undefined);
  let writing: Promise<void> = Promise.resolve();
  for await (const part of inParts(content)) {
    await writing;
    if (!stdin.writable) return;
    writing = writePart(stdin, part);
  }
  await writing;
  stdin.end();
}

async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    part.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < WRITE_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

/** All chunks in one call of the system, not copied. Resolves also when the pipe is broken. */
async function writePart(stdin: Writable, part: readonly Uint8Array[]): Promise<void> {
  stdin.cork();
  const writes = part.map(
    (chunk) =>
      new Promise<void>((resolve) => {
        stdin.write(chunk, () => {
          resolve();
        });
      }),
  );
  stdin.uncork();
  await Promise.all(writes);
}

type ToolProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Null when too many files are open: Node then makes no streams. */
function spawnTool({ path, args, env, isUrgent = false }: ToolCall, stdin: 'ignore' | 'pipe'): ToolProcess | null {
  const child = spawn(path, args, { env: { LC_ALL: 'C', ...env }, stdio: [stdin, 'pipe', 'pipe'] });
  // What goes wrong is heard of elsewhere. Nobody listening would end the whole process.
  child.on('error', () => undefined);
  if (child.pid !== undefined && !isUrgent) yieldPriority(child.pid);
  const hasStreams = (child as Partial<ChildProcess>).stdout !== undefined;
  return hasStreams ? (child as ToolProcess) : null;
}

function yieldPriority(pid: number): void {
  try {
    setPriority(pid, TOOL_NICENESS);
  } catch {
    // It has ended by now, or the system does not let us: it runs as it is.
  }
}

function tooManyFiles({ tool }: ToolCall): ToolEnd {
  const what = `${tool.name} cannot be run: too many open files. Raise this server's limit of them (ulimit -n)`;
  return { what, hasRun: false, lastWords: '' };
}

/** Resolves once the tool is gone and its output is closed: null when it has ended well. */
async function watchEnd(child: ToolProcess, call: ToolCall): Promise<ToolEnd | null> {
  const { tool, secrets } = call;
  let said: Buffer = Buffer.alloc(0);
  // A pipe that nobody empties stops the tool after some 64 kB.
  child.stderr.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk]).subarray(-STDERR_BYTES);
  });
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return null;
    const how = signal === null ? `ended with exit code ${String(code)}` : `was ended by the signal ${signal}`;
    return {
      what: `${tool.name} ${how}`,
      hasRun: true,
      lastWords: toLastWords(said.toString('utf8'), call),
    };
  } catch (error) {
    const what = `${tool.name} cannot be run: ${withoutSecrets(messageOf(error), secrets)}`;
    return { what, hasRun: false, lastWords: '' };
  }
}

function toLastWords(said: string, { secrets, shownLines = /^/ }: ToolCall): string {
  const lines = said.split('\n').filter((line) => shownLines.test(line));
  return withoutSecrets(lines.join('\n').trim(), secrets).slice(-SHOWN_CHARACTERS);
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
export function describeEnd({ what, hasRun, lastWords }: ToolEnd): string {
  if (!hasRun) return `${what}.`;
  return `${what}. ${lastWords === '' ? 'It said nothing.' : `It said: ${lastWords.replaceAll(/\s*\n\s*/g, ' | ')}`}`;
}
