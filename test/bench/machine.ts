import { cpus, totalmem } from 'node:os';
import { formatMb } from './statistics.js';
import { runTool } from './native-tools.js';

/** What the figures depend on besides the code. */
export async function describeMachine(): Promise<readonly string[]> {
  const processors = cpus();
  const firstLine = async (command: string, args: readonly string[]): Promise<string> =>
    (await runTool(command, args)).split('\n')[0]?.trim() ?? '';
  return [
    `cpu      ${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length.toString()} cores; memory ${formatMb(totalmem())}`,
    `kernel   ${await firstLine('uname', ['-sr'])}; load ${await firstLine('cat', ['/proc/loadavg'])}`,
    `node     ${process.version}`,
    `sqlite3  ${await firstLine('sqlite3', ['--version'])}`,
    `zstd     ${await firstLine('zstd', ['--version'])}`,
  ];
}
