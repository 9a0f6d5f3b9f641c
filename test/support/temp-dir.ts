import { mkdtemp, realpath, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Some servers of some 50 MB at once, with what a test puts into them. */
const NEEDED_MEMORY_BYTES = 4 * 1024 ** 3;

/** A folder of its own for one test, removed when it is disposed of. */
export class TempDir implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<TempDir> {
    return TempDir.#createIn(tmpdir());
  }

  /**
   * In memory where there is much: for a database server, which makes and removes a thousand files, dear on a disk, and
   * whose durability no test is about.
   */
  static async createInMemory(): Promise<TempDir> {
    return TempDir.#createIn(await findMemory());
  }

  static async #createIn(parent: string): Promise<TempDir> {
    return new TempDir(await realpath(await mkdtemp(join(parent, 'rds-test-'))));
  }

  join(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function findMemory(): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => null);
  return memory !== null && memory.bavail * memory.bsize >= NEEDED_MEMORY_BYTES ? MEMORY : tmpdir();
}
