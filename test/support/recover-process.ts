import { execFile } from 'node:child_process';

const ROOT = new URL('../..', import.meta.url).pathname;

export interface RecoverExit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RecoverOptions {
  readonly dataDir: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs what `npm run recover` runs, to its end. */
export async function runRecover({ dataDir, args, env = {} }: RecoverOptions): Promise<RecoverExit> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: ROOT, env: { PATH, HOME, DATA_DIR: dataDir, ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ['dist/recover.js', ...args], options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
