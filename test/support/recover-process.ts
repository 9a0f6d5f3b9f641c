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

/** Runs `npm run recover` from the sources, as an operator would, to its end. */
export async function runRecover({ dataDir, args, env = {} }: RecoverOptions): Promise<RecoverExit> {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: ROOT, env: { PATH, HOME, DATA_DIR: dataDir, ...env } };
  return new Promise((resolve) => {
    const command = ['--import', 'tsx', 'src/recover.ts', ...args];
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
