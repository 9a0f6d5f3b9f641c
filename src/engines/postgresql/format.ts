import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { feedTool } from '../feed-tool.js';
import { describeEnd } from '../tool-process.js';
import type { PostgresqlTools } from './tools.js';

/** What pg_dumpall writes last. */
const GLOBALS_END = '--\n-- PostgreSQL database cluster dump complete\n--\n\n';

/**
 * Has pg_restore read an archive to its end, writing what it would restore to nowhere: listing its contents alone passes
 * an archive that was cut short.
 */
export async function checkArchive(
  tools: PostgresqlTools,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const { path, version } = await tools.findRestorer();
  const tool = { name: 'pg_restore', version };
  const end = await feedTool({ tool, path, args: ['-f', '/dev/null'], env: {}, secrets: [] }, content, signal);
  if (end === null) return;
  throw malformed(`no whole archive of pg_dump: ${describeEnd(end)}`);
}

/** Format check of what pg_dumpall has written: it ends as only a whole one does. */
export async function checkGlobals(content: AsyncIterable<Uint8Array>): Promise<void> {
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of content) tail = Buffer.concat([tail, chunk]).subarray(-GLOBALS_END.length);
  if (tail.toString('latin1') !== GLOBALS_END)
    throw malformed('no whole script of pg_dumpall: its last line is missing.');
}

function malformed(what: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `The stored dump is ${what}`);
}
