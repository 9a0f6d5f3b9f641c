import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ArtifactFormat } from '../../src/domain/backup.js';
import type { Database } from '../../src/domain/database.js';
import { Engine, InstanceRole } from '../../src/domain/instance.js';
import type { DatabaseEngine, Dump, DumpRequest, Health, Probe } from '../../src/engines/database-engine.js';
import { FakeRestorer } from './fake-restorer.js';
import { Hold } from './hold.js';

export { aborted, Hold } from './hold.js';

/** What the simulated dump tool does for one database. */
export interface DumpScript {
  /** Its output; by default as many bytes as the database is said to have. */
  readonly content?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** How it ends once its output was read; by default well. */
  readonly exit?: () => Promise<void>;
}

/**
 * A database product that exists in the tests only: `fake://user:password@host`. What it has, and how its dumps go, is
 * set on it at any time.
 */
export class FakeEngine extends FakeRestorer implements DatabaseEngine {
  /** It stands in for the product that it says it is, too. */
  readonly schemes: readonly string[] = ['fake', 'sqlserver'];
  readonly isStaged: boolean = false;
  role = InstanceRole.PRIMARY;
  engineVersion = '15.0';
  /** The product that answers. */
  product = Engine.SQLSERVER;
  override databases: readonly Database[] = [{ name: 'main', sizeBytes: 10_000, system: false }];
  /** What every question to the instance meets; null = an answer. */
  fault: Error | null = null;
  /** What is missing on this machine; null = nothing. */
  override toolFault: Error | null = null;
  /** What the format check throws; null = it passes. */
  formatFault: Error | null = null;
  /** Called with each health check of an instance; what it throws is the answer, and there is none until it resolves. */
  onHealthCheck: (url: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  script: (request: DumpRequest) => DumpScript = () => ({});
  /** Most dumps of one instance that ever were under way at the same time. */
  mostAtOnce = 0;
  readonly #atOnce = new Map<string, number>();
  #hold: Hold | null = null;
  #questionHold: Hold | null = null;

  /** From now on every dump waits in its middle. */
  hold(): Hold {
    this.#hold = new Hold();
    return this.#hold;
  }

  /** From now on who asks for the databases, as a probe does, waits for the answer. */
  holdQuestions(): Hold {
    this.#questionHold = new Hold();
    return this.#questionHold;
  }

  endpointOf(url: string): string {
    return url.replace(/\/\/[^@/]*@/, '//');
  }

  async probe(url: string, signal: AbortSignal): Promise<Probe> {
    const databases = await this.listDatabases(url, signal);
    return { ...this.#health, url, endpoint: this.endpointOf(url), databases };
  }

  async checkHealth(url: string, signal: AbortSignal): Promise<Health> {
    await this.onHealthCheck(url, signal);
    if (this.fault !== null) throw this.fault;
    return this.#health;
  }

  systemParts(present: readonly Database[]): readonly Database[] {
    return present.filter(({ system }) => system);
  }

  assertTools(): Promise<void> {
    return this.toolFault === null ? Promise.resolve() : Promise.reject(this.toolFault);
  }

  async listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]> {
    await this.#questionHold?.pass(signal);
    if (this.fault !== null) throw this.fault;
    return this.databasesOf(url);
  }

  get #health(): Health {
    const { product: engine, role, engineVersion } = this;
    return { engine, engineVersion, role };
  }

  dump(request: DumpRequest): Promise<Dump> {
    const { content = this.#usualContent(request), exit } = this.script(request);
    const running = (this.#atOnce.get(request.url) ?? 0) + 1;
    this.#atOnce.set(request.url, running);
    this.mostAtOnce = Math.max(this.mostAtOnce, running);
    let bytes = 0;
    const stream = Readable.from(
      counted(content, (more) => {
        bytes += more;
      }),
      { objectMode: false },
    );
    const completion = finished(stream).then(async () => {
      await exit?.();
      return { tables: [{ name: 'rows', rows: bytes }], attributes: null };
    });
    completion.catch(() => undefined);
    return Promise.resolve({
      tool: { name: 'fake dump', version: '1' },
      format: 'bak',
      isCompressed: false,
      content: stream,
      completion,
      completionAllowanceMs: 0,
      [Symbol.asyncDispose]: () => {
        this.#atOnce.set(request.url, (this.#atOnce.get(request.url) ?? 1) - 1);
        stream.destroy();
        return Promise.resolve();
      },
    });
  }

  async checkFormat(_format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const reading = Readable.from(content).resume();
    // What it ends with once nobody waits for it any more.
    reading.on('error', () => undefined);
    await finished(reading, { signal });
    if (this.formatFault !== null) throw this.formatFault;
  }

  async *#usualContent({ url, database, signal }: DumpRequest): AsyncGenerator<Uint8Array> {
    const bytes = this.contentOf(url, database.name);
    const half = Math.ceil(bytes.length / 2);
    yield bytes.subarray(0, half);
    await this.#hold?.pass(signal);
    yield bytes.subarray(half);
  }
}

async function* counted(
  content: NonNullable<DumpScript['content']>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}
