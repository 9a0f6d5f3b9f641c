import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { startApp } from '../../src/app.js';
import type { App, AppOverrides } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { ApiClient } from './api-client.js';
import { placeEmptyCatalog } from './empty-catalog.js';
import { createSampleDatabase } from './sqlite.js';
import type { SampleOptions } from './sqlite.js';
import { TempDir } from './temp-dir.js';

interface TestAppOptions {
  /** Configuration besides the test's own data directory and port. */
  readonly env?: Readonly<Record<string, string>>;
  readonly overrides?: AppOverrides;
  /** Folder to work in, to start a second server on the same data; by default a new one. */
  readonly dir?: TempDir;
}

/** A server of its own for one test: real port, real store, real catalog in a temporary folder. */
export class TestApp extends ApiClient implements AsyncDisposable {
  readonly app: App;
  readonly dir: TempDir;
  readonly #ownsDir: boolean;

  private constructor(app: App, dir: TempDir, ownsDir: boolean) {
    super();
    this.app = app;
    this.dir = dir;
    this.#ownsDir = ownsDir;
  }

  static async start({ env = {}, overrides = {}, dir }: TestAppOptions = {}): Promise<TestApp> {
    const ownDir = dir ?? (await TempDir.create());
    // No test is to meet a health check that it has not asked for.
    const usual = { DATA_DIR: ownDir.join('data'), PORT: '0', SHUTDOWN_GRACE: '5s', HEALTH_INTERVAL: '24h' };
    const config = readConfig({ ...usual, ...env }, []);
    if (config.catalog.kind === 'sqlite') await placeEmptyCatalog(config.catalog.path);
    const app = await startApp(config, { logger: pino({ level: 'silent' }), ...overrides });
    return new TestApp(app, ownDir, dir === undefined);
  }

  override get url(): string {
    return this.app.url;
  }

  get dataDir(): string {
    return join(this.dir.path, 'data');
  }

  get artifacts(): string {
    return join(this.dataDir, 'artifacts');
  }

  get catalogFile(): string {
    return join(this.dataDir, 'catalog.sqlite');
  }

  /** Makes a SQLite database in the test's folder, registers it, and returns its id. */
  async registerSample(name = 'shop', options: SampleOptions = {}): Promise<string> {
    const path = this.dir.join(`${name}.db`);
    await createSampleDatabase(path, options);
    return this.register(name, `sqlite:${path}`);
  }

  /** Makes a folder of SQLite databases in the test's folder, registers it, and returns its id. */
  async registerFolder(name: string, databases: readonly string[]): Promise<string> {
    await mkdir(this.dir.join(name));
    for (const database of databases) await createSampleDatabase(this.dir.join(name, `${database}.db`));
    return this.register(name, `sqlite:${this.dir.join(name)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeClients();
    await this.app.stop();
    if (this.#ownsDir) await this.dir[Symbol.asyncDispose]();
  }
}
