import { copyFile, mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { aim, takeRecordedDump, toLoad } from './restores.js';
import type { TakenDump } from './restores.js';
import { createSampleDatabase, SqliteFile } from './sqlite.js';
import { TempDir } from './temp-dir.js';

const engine = new SqliteEngine(null);

/** Hash of the rows of `items`, once SQLite finds nothing wrong with the database. */
export async function contentOf(path: string): Promise<string> {
  await using file = await SqliteFile.open(path);
  const faults = await file.all<{ integrity_check: string }>('PRAGMA integrity_check');
  if (faults[0]?.integrity_check !== 'ok') throw new Error(`damaged: ${JSON.stringify(faults)}`);
  const rows = await file.all('SELECT id, hex(content) AS content FROM items ORDER BY id');
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

/** A folder `data` for databases, and a dump to restore there. */
export class RestoreLab implements AsyncDisposable {
  readonly dump: TakenDump;
  /** What the dump holds. */
  readonly content: string;
  readonly scratch: TempDir;

  private constructor(scratch: TempDir, { dump, content }: { readonly dump: TakenDump; readonly content: string }) {
    this.scratch = scratch;
    this.dump = dump;
    this.content = content;
  }

  static async create(sizeBytes = 50_000): Promise<RestoreLab> {
    const scratch = await TempDir.create();
    await mkdir(scratch.join('data'));
    await createSampleDatabase(scratch.join('source.db'), { sizeBytes });
    const content = await contentOf(scratch.join('source.db'));
    const url = `sqlite:${scratch.join('source.db')}`;
    const dump = await takeRecordedDump({ engine, url, name: 'source.db', scratch });
    return new RestoreLab(scratch, { dump, content });
  }

  get folder(): string {
    return this.scratch.join('data');
  }

  get path(): string {
    return this.scratch.join('data', 'shop.db');
  }

  /** By default replaces `shop.db`. */
  async aim(target: Partial<AbandonTarget> = {}): Promise<AbandonTarget> {
    return aim(
      { url: `sqlite:${this.folder}`, scratch: this.scratch },
      { database: 'shop.db', overwrite: true, ...target },
    );
  }

  async stage(target: Partial<AbandonTarget> = {}): Promise<AbandonTarget> {
    const aimed = await this.aim(target);
    await engine.stageRestore(aimed, toLoad(this.dump));
    return aimed;
  }

  async restore(target: Partial<AbandonTarget> = {}): Promise<void> {
    await engine.commitRestore(await this.stage(target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** Makes a database whose last commits are in its log alone, as a crash leaves it. */
export async function createCrashedWal(path: string): Promise<void> {
  await createSampleDatabase(`${path}.live`, { journalMode: 'wal', sizeBytes: 20_000 });
  await using file = await SqliteFile.open(`${path}.live`);
  await file.exec('PRAGMA wal_autocheckpoint = 0; INSERT INTO items SELECT id + 1000, content FROM items');
  for (const ending of ['', '-wal', '-shm']) await copyFile(`${path}.live${ending}`, `${path}${ending}`);
}

/** Makes a database whose last transaction was broken off by a crash: SQLite must undo it by its journal. */
export async function createCrashedJournal(path: string): Promise<void> {
  await createSampleDatabase(`${path}.live`, { sizeBytes: 100_000 });
  await using file = await SqliteFile.open(`${path}.live`);
  await file.exec('PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN; UPDATE items SET content = zeroblob(950)');
  for (const ending of ['', '-journal']) await copyFile(`${path}.live${ending}`, `${path}${ending}`);
  await file.exec('ROLLBACK');
}
