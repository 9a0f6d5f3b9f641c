import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PROBE = new URL('./server-probe.mjs', import.meta.url).href;
const SAMPLE_INTERVAL_MS = 50;

/** What the server knows of itself, gathered while it was told to measure. */
export interface Probe {
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly statements: number;
}

/** The built server, as a process of its own on a data directory that may be used again. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, dataDir: string) {
    this.#child = child;
    this.url = url;
    this.dataDir = dataDir;
  }

  /** Resolves once the server takes requests. */
  static async start(dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, ['--import', PROBE, MAIN], {
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0', UV_THREADPOOL_SIZE: '16', ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const url = await readUrl(child);
    child.stdout?.resume();
    return new ServerProcess(child, url, dataDir);
  }

  get artifacts(): string {
    return join(this.dataDir, 'artifacts');
  }

  async readRssBytes(): Promise<number> {
    return readRssBytes(this.#child.pid ?? 0);
  }

  /** From now on the event loop's delay is recorded, and statements are counted, both from nothing. */
  async measure(): Promise<Probe> {
    return this.#ask('measure');
  }

  /** Ends what `measure` began. */
  async rest(): Promise<Probe> {
    return this.#ask('rest');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  async #ask(command: 'measure' | 'rest'): Promise<Probe> {
    const answered = once(this.#child, 'message');
    this.#child.send(command);
    const [probe] = (await answered) as [Probe];
    return probe;
  }
}

export async function readRssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid.toString()}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** @returns what the work gave, and the most memory that was resident during it */
export async function withPeakRss<T>(
  server: ServerProcess,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly peakBytes: number }> {
  let peakBytes = await server.readRssBytes();
  const timer = setInterval(() => {
    void server.readRssBytes().then((bytes) => {
      peakBytes = Math.max(peakBytes, bytes);
    });
  }, SAMPLE_INTERVAL_MS);
  try {
    return { result: await work(), peakBytes };
  } finally {
    clearInterval(timer);
  }
}

async function readUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the server has no output');
  const lines = createInterface({ input: child.stdout });
  try {
    for await (const line of lines) {
      const [, url] = /"url":"(http:[^"]+)".*"msg":"ready"/.exec(line) ?? [];
      if (url !== undefined) return url;
    }
  } finally {
    lines.close();
  }
  throw new Error('the server ended before it was ready: its output says why');
}
