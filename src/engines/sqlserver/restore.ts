import type { TableRows } from '../../domain/backup.js';
import { abortable } from '../abortable-content.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { proveInScratch } from '../scratch-proof.js';
import { toStagedName } from '../staging-name.js';
import { toRestoreFileName } from './exchange-names.js';
import { restoreFailed, toProofFailure, toRestoreFailure } from './failure.js';
import { HeldFile } from './held-file.js';
import type { ExchangePartner } from './exchange-names.js';
import { quoteIdentifier } from './quote.js';
import { dropStaged } from './renaming.js';
import type { ServerFacts } from './server-facts.js';
import { toFileListStatement, toRestoreStatement } from './statements.js';
import type { Move } from './statements.js';
import { assertSwappable, removeStaged } from './swap.js';
import { readTables } from './tables.js';

/** How long the removal of a scratch database may take once its proof has ended, well or not. */
const REMOVAL_TIMEOUT_MS = 30_000;
/** Of a file's name, so that the server's file system takes it whatever the database is called. */
const MAX_STEM_LENGTH = 60;

interface FileRow {
  readonly LogicalName: string;
  /** D = rows, L = log, F = full-text catalog, S = FILESTREAM or in-memory tables. */
  readonly Type: string;
}

/** A dump on its way into a database of its own. */
interface Loading {
  readonly partner: ExchangePartner;
  readonly stagingId: string;
  /** The name that messages, and files, give it. */
  readonly database: string;
  readonly dump: DumpToLoad;
  readonly signal: AbortSignal;
}

/** @throws as `DatabaseRestorer.stageRestore` does */
export async function stageRestore(partner: ExchangePartner, target: RestoreTarget, dump: DumpToLoad): Promise<void> {
  const { database, stagingId, signal } = target;
  await told(database, signal, async () => {
    await assertSwappable(partner, target);
    await load({ partner, stagingId, database, dump, signal }, () => Promise.resolve());
  });
}

/**
 * Loads the dump, has the server check every page and structure of it, and removes it. What the server is at fault for says
 * nothing of the dump. @throws as `DatabaseRestorer.proveRestore` does
 */
export async function proveRestore(
  partner: ExchangePartner,
  { stagingId, signal }: ProofTarget,
  dump: DumpToLoad,
): Promise<readonly TableRows[]> {
  const database = toStagedName(stagingId);
  return proveInScratch({
    stagingId,
    prove: () =>
      told(database, signal, () =>
        load({ partner, stagingId, database, dump, signal }, async ({ connection }) => {
          await connection.run(`DBCC CHECKDB (${quoteIdentifier(database)}) WITH NO_INFOMSGS`);
          return await readTables(connection, database);
        }),
      ).catch((error: unknown) => {
        throw toProofFailure(error);
      }),
    remove: (ownSignal) => removeStaged(partner, stagingId, ownSignal),
    removalTimeoutMs: REMOVAL_TIMEOUT_MS,
  });
}

async function load<T>(
  { partner, stagingId, database, dump, signal }: Loading,
  work: (held: HeldFile) => Promise<T>,
): Promise<T> {
  await using held = await HeldFile.create(partner, signal, toRestoreFileName(stagingId));
  const { connection, facts, file } = held;
  const staged = toStagedName(stagingId);
  // Of one that was broken off.
  await file.remove();
  await dropStaged(connection, stagingId);
  await file.write(abortable(dump.content, signal), signal);
  if ((await file.findSize()) === 0) throw restoreFailed(database, 'the backup holds an empty file. Verify it.');
  const files = await connection.run<FileRow>(toFileListStatement(file));
  const moves = toMoves(files, { database, stagingId, facts });
  await connection.run(toRestoreStatement(staged, file, moves));
  return await work(held);
}

interface Destination {
  readonly database: string;
  readonly stagingId: string;
  readonly facts: ServerFacts;
}

/** Every file of the backup gets a name that none of another database has, and that shows whose it is. */
function toMoves(files: readonly FileRow[], { database, stagingId, facts }: Destination): readonly Move[] {
  const { dataPath, logPath } = facts;
  if (dataPath === null || logPath === null) {
    throw restoreFailed(database, 'the server does not tell its default folders for data and logs. Set them there.');
  }
  const stem = `${database.replaceAll(/[^\w-]/g, '_').slice(0, MAX_STEM_LENGTH)}_${stagingId}`;
  return files.map(({ LogicalName: logicalName, Type: type }, index) => {
    const number = index === 0 ? '' : `_${index.toString()}`;
    return type === 'L'
      ? { logicalName, path: `${logPath}${stem}${number}.ldf` }
      : { logicalName, path: `${dataPath}${stem}${number}${EXTENSIONS[type] ?? (index === 0 ? '.mdf' : '.ndf')}` };
  });
}

/** Of what is a folder there. */
const EXTENSIONS: Readonly<Record<string, string>> = { S: '', F: '' };

async function told<T>(database: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw toRestoreFailure(error, database);
  }
}
