import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'rds-bench-';

/** The folder that a run works in. It goes when the run ends; one whose run was killed goes with the next run. */
export class WorkDir implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
    process.once('exit', () => {
      rmSync(path, { recursive: true, force: true });
    });
  }

  static async create(): Promise<WorkDir> {
    await removeLeftovers();
    return new WorkDir(realpathSync(mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid.toString()}-`))));
  }

  /** A new folder in it. */
  async createFolder(name: string): Promise<string> {
    const path = join(this.path, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
