import { Client } from 'pg';
import { ScratchPostgres } from './services.js';
import { TempDir } from './temp-dir.js';

const SECRET_KEY = Buffer.alloc(32, 1).toString('base64');

/** What the servers of one PostgreSQL catalog share: the catalog, the store and the key. */
export class Cluster implements AsyncDisposable {
  readonly dir: TempDir;
  readonly env: Readonly<Record<string, string>>;
  readonly #postgres: ScratchPostgres;

  private constructor(dir: TempDir, postgres: ScratchPostgres) {
    this.dir = dir;
    this.#postgres = postgres;
    this.env = { DATABASE_URL: postgres.url, SECRET_KEY, ARTIFACT_STORE: dir.join('artifacts') };
  }

  static async create(): Promise<Cluster> {
    return new Cluster(await TempDir.create(), await ScratchPostgres.create());
  }

  get artifacts(): string {
    return this.dir.join('artifacts');
  }

  async query(sql: string): Promise<void> {
    const client = new Client({ connectionString: this.#postgres.url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#postgres[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
