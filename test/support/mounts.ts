import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { TempDir } from './temp-dir.js';

const run = promisify(execFile);

async function findMountFault(): Promise<string | null> {
  try {
    await using mount = await Mount.tmpfs('64k');
    return mount.path === '' ? 'it has no path' : null;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/** A real file system of its own for one test, in a temporary folder. It takes root; disposing of it unmounts it. */
export class Mount implements AsyncDisposable {
  readonly path: string;
  readonly #dir: TempDir;

  private constructor(dir: TempDir) {
    this.#dir = dir;
    this.path = dir.join('mount');
  }

  /** A file system in memory that holds so much and no more. @param size as mount(8) takes it: `1m` */
  static async tmpfs(size: string): Promise<Mount> {
    return Mount.#create(async (path) => {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    });
  }

  /** Another view of a folder, through which nobody can write, not even root. */
  static async readOnly(folder: string): Promise<Mount> {
    return Mount.#create(async (path) => {
      await run('mount', ['--bind', folder, path]);
      await run('mount', ['-o', 'remount,ro,bind', path]);
    });
  }

  static async #create(mountAt: (path: string) => Promise<void>): Promise<Mount> {
    const mount = new Mount(await TempDir.create());
    await mkdir(mount.path);
    try {
      await mountAt(mount.path);
      return mount;
    } catch (error) {
      await mount.#dir[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', ['--lazy', this.path]);
    await this.#dir[Symbol.asyncDispose]();
  }
}

const mountFault = await findMountFault();

/** Whether the tests that need a file system of their own can run. Pass it to `test.skipIf(!…)`. */
export const canMount = mountFault === null;

if (mountFault !== null)
  console.warn(`File systems cannot be mounted (${mountFault}): tests that need it are skipped.`);
