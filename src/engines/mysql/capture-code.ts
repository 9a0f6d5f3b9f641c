import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolDump } from '../tool-dump.js';
import type { Staging } from './client-call.js';
import { listCode } from './database-code.js';
import { readDefaults } from './defaults.js';
import { DumpParts } from './dump-parts.js';
import { toToolFailure } from './errors.js';
import { NamelessDump } from './nameless-dump.js';
import { writeOptionFile } from './option-file.js';
import { Privileges } from './privileges.js';
import { quoteOption } from './quote.js';
import { restoreFailed } from './restore-failure.js';
import type { RestoreSession } from './restore-session.js';
import { getDumpTool } from './tools.js';

/** All but rows. A view that is broken must not keep a database from being replaced: it may be why it is. */
const OPTIONS = ['--no-data', '--single-transaction', '--skip-lock-tables', '--routines', '--events', '--triggers'];
const TOLERANT = ['--force', '--no-tablespaces'];

/**
 * What a database has besides its tables, as statements that make it again.
 * @throws RestoreFailedError when not all of it can be seen
 */
export async function captureCode(session: RestoreSession, staging: Staging): Promise<readonly Buffer[]> {
  const { connection, product } = session;
  const { database } = staging;
  const missing = (await Privileges.read(connection, product)).findMissing([database]);
  if (missing !== null) throw restoreFailed(database, missing);
  const prefix = (await readDefaults(connection, product, database)) ?? '';
  const { parts, failure } = await dumpCode(session, staging, prefix);
  const text = parts.code.map((statement) => statement.toString('latin1'));
  const count = (pattern: RegExp): number => text.filter((statement) => pattern.test(statement)).length;
  const { triggers, events, routines } = await listCode(session, database);
  const isComplete =
    parts.isWhole &&
    count(/^\/\*!50003 CREATE\*\/ .*\/\*!50003 TRIGGER\s/s) >= triggers.length &&
    count(/^\/\*!50106 CREATE\*\/ /) >= events.length &&
    count(/^(\/\*M?!\d+ )?CREATE .*(FUNCTION|PROCEDURE|PACKAGE)\b/s) >= routines.length;
  if (isComplete) return parts.code;
  const reason = `what it has besides tables cannot be put aside: ${failure?.message ?? 'it changes meanwhile. Try again.'}`;
  throw restoreFailed(database, reason, failure);
}

async function dumpCode(
  { connection, product }: RestoreSession,
  { target, tools, scratchDir, database, signal }: Staging,
  prefix: string,
): Promise<{ readonly parts: DumpParts; readonly failure: Error | null }> {
  const { name, path, version } = await getDumpTool(tools, product);
  const folder = await mkdtemp(join(scratchDir, 'code-'));
  try {
    const { isEncrypted } = connection;
    const options = await writeOptionFile({ target, engine: product.engine, isEncrypted, asBytes: false, folder });
    await using dump = ToolDump.start({
      tool: { name, version },
      path,
      args: [`--defaults-file=${options}`, ...OPTIONS, ...TOLERANT, '--', database],
      env: {},
      secrets: target.password === null ? [] : [target.password, quoteOption(target.password).slice(1, -1)],
      format: 'sql',
      prefix,
      filter: new NamelessDump(database),
      signal,
      toFailure: (end) => toToolFailure(database, end),
    });
    const parts = new DumpParts();
    for await (const chunk of dump.content as AsyncIterable<Buffer>) parts.take(chunk);
    parts.end();
    const failure = await dump.completion.then(
      () => null,
      (error: unknown) => error as Error,
    );
    return { parts, failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
