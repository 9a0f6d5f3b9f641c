import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ApiClient } from './api-client.js';
import type { TempDir } from './temp-dir.js';
import { createSampleDatabase } from './sqlite.js';
import type { SampleOptions } from './sqlite.js';

const ROOT = new URL('../..', import.meta.url).pathname;
/** Built before the tests where it was older than the sources. */
const MAIN = 'dist/main.js';

type Environment = Readonly<Record<string, string>>;

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Everything that it wrote. */
  readonly output: string;
}

/** A server in a process of its own, for what only a process can show: signals, exit codes, memory, sudden death. */
export class ServerProcess extends ApiClient implements AsyncDisposable {
  readonly dir: TempDir;
  readonly #child: ChildProcess;
  readonly #exited: Promise<Exit>;
  #url = '';
  #output = '';

  private constructor(dir: TempDir, env: Environment) {
    super();
    this.dir = dir;
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(process.execPath, [MAIN], {
      cwd: ROOT,
      env: { PATH, HOME, DATA_DIR: dir.join('data'), PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    this.#exited = once(this.#child, 'close').then((values) => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      return { code, signal, output: this.#output };
    });
  }

  /** Starts a server and waits until it is ready. */
  static async start(dir: TempDir, env: Environment = {}): Promise<ServerProcess> {
    const server = new ServerProcess(dir, env);
    await server.#waitUntilReady();
    return server;
  }

  /** Runs a server that is expected to refuse to start, to its end. */
  static async runToExit(dir: TempDir, env: Environment = {}): Promise<Exit> {
    return new ServerProcess(dir, env).exited;
  }

  override get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  get exited(): Promise<Exit> {
    return this.#exited;
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal);
    return this.#exited;
  }

  /** Sends a signal and goes on at once. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Makes a SQLite database in the test's folder, registers it, and returns its id. */
  async registerSample(name = 'shop', options: SampleOptions = {}): Promise<string> {
    const path = this.dir.join(`${name}.db`);
    await createSampleDatabase(path, options);
    return this.register(name, `sqlite:${path}`);
  }

  async residentBytes(): Promise<number> {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeClients();
    await this.kill('SIGKILL');
  }

  async #waitUntilReady(): Promise<void> {
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the server has no output');
    for await (const line of createInterface({ input: stdout })) {
      if (!line.includes('"msg":"ready"')) continue;
      this.#url = (JSON.parse(line) as { url: string }).url;
      return;
    }
    throw new Error(`the server did not start: ${(await this.#exited).output}`);
  }
}
