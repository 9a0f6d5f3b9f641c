import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { DumpTool } from '../artifacts/manifest.js';
import { messageOf } from '../domain/errors.js';

/** How much of what a tool says last is kept, and how much of that is shown. */
const STDERR_BYTES = 1024 * 1024;
const SHOWN_CHARACTERS = 4096;
/** As `nice` takes it: requests, and the applications that use the database, come first on a busy machine. */
const TOOL_NICENESS = 10;
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

/** How a tool has failed. */
export interface ToolEnd {
  /** As in "pg_dump ended with exit code 1". */
  readonly what: string;
  /** False when the program could not even be started. */
  readonly hasRun: boolean;
  /** What it said last, without secrets; may be empty. */
  readonly lastWords: string;
}

export type ToolProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Null when too many files are open: Node then makes no streams. */
export function spawnTool(
  { path, args, env, isUrgent = false }: ToolCall,
  stdin: 'ignore' | 'pipe',
): ToolProcess | null {
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

export function tooManyFiles({ tool }: ToolCall): ToolEnd {
  const what = `${tool.name} cannot be run: too many open files. Raise this server's limit of them (ulimit -n)`;
  return { what, hasRun: false, lastWords: '' };
}

/** Resolves once the tool is gone and its output is closed: null when it has ended well. */
export async function watchEnd(child: ToolProcess, call: ToolCall): Promise<ToolEnd | null> {
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

export function endTool(child: ToolProcess): void {
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

/** How a tool ended and what it said, in whole sentences. */
export function describeEnd({ what, hasRun, lastWords }: ToolEnd): string {
  if (!hasRun) return `${what}.`;
  return `${what}. ${lastWords === '' ? 'It said nothing.' : `It said: ${lastWords.replaceAll(/\s*\n\s*/g, ' | ')}`}`;
}
