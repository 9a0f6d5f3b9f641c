import { execFile } from 'node:child_process';
import { access, constants, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A client program of a database product that is on this machine. */
export interface ClientTool {
  readonly name: string;
  /** Absolute; where symbolic links lead to. */
  readonly path: string;
  /** What it prints when it is asked for its version, one line. */
  readonly versionText: string;
}

/** How long a program may take to print its version. */
const VERSION_TIMEOUT_MS = 5000;

/**
 * Finds client programs in folders. A program is asked for its version once, and again when its file has changed: what is
 * installed while the server runs is found.
 */
export class ClientTools {
  readonly #folders: readonly string[];
  readonly #versionTexts = new Map<string, Promise<string | null>>();

  /** @param folders those of PATH, in its order */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /**
   * Every program with one of the names, in the order of the folders, each file once.
   * @param moreFolders looked at after those of PATH
   * @param isWanted whether a file, by the path where its links lead to, is to be looked at
   */
  async find(
    names: readonly string[],
    moreFolders: readonly string[] = [],
    isWanted: (path: string) => boolean = () => true,
  ): Promise<readonly ClientTool[]> {
    const found = new Map<string, ClientTool>();
    for (const folder of [...this.#folders, ...moreFolders]) {
      for (const name of names) {
        const path = await realpath(join(folder, name)).catch(() => null);
        if (path === null || found.has(path) || !isWanted(path)) continue;
        const versionText = await this.#versionTextOf(path);
        if (versionText !== null) found.set(path, { name, path, versionText });
      }
    }
    return [...found.values()];
  }

  /** Null when it is no program that runs. */
  async #versionTextOf(path: string): Promise<string | null> {
    try {
      await access(path, constants.X_OK);
      const { mtimeMs, size, ino } = await stat(path);
      const key = [path, mtimeMs, size, ino].join(' ');
      const asked = this.#versionTexts.get(key) ?? askVersion(path);
      this.#versionTexts.set(key, asked);
      const text = await asked;
      // A machine that was out of breath may give an answer the next time.
      if (text === null) this.#versionTexts.delete(key);
      return text;
    } catch {
      return null;
    }
  }
}

async function askVersion(path: string): Promise<string | null> {
  try {
    const options = { timeout: VERSION_TIMEOUT_MS, env: { LC_ALL: 'C' } };
    const { stdout } = await promisify(execFile)(path, ['--version'], options);
    return stdout.trim().split('\n')[0] ?? null;
  } catch {
    return null;
  }
}

/** Numbers of a version, as in [15, 4] of "15.4 (Debian …)"; empty when it begins with none. */
export function toVersionNumbers(version: string): readonly number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').filter(Boolean).map(Number);
}

/** Negative when `a` is older than `b`; only the first `count` numbers are looked at. */
export function compareVersions(a: string, b: string, count: number): number {
  const [left, right] = [toVersionNumbers(a), toVersionNumbers(b)];
  for (let index = 0; index < count; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
