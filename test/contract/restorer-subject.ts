import type { DatabaseEngine } from '../../src/engines/database-engine.js';
import type { TableRows } from '../../src/domain/backup.js';
import { takeRecordedDump } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import type { TempDir } from '../support/temp-dir.js';

/** An instance of its own for one test, with two databases in it. */
export interface RestorerSubject extends AsyncDisposable {
  /** A new engine, which knows nothing of the others, as after a crash. */
  readonly createEngine: () => DatabaseEngine;
  readonly url: string;
  /** Two user databases whose contents differ. A dump of the first has some 100 kB at least. */
  readonly databases: readonly [string, string];
  /** Names that a new database can have, the odder the better. */
  readonly oddNames: readonly string[];
  /** Names that no database can be restored to. */
  readonly faultyNames: readonly string[];
  /** The `url` of proofs: null where the engine proves alone. */
  readonly proofUrl: string | null;
  /** An empty folder. */
  readonly scratch: TempDir;
  /** The names of all that is in the instance and that a restore might add to, also what `listDatabases` hides. */
  readonly listEverything: () => Promise<readonly string[]>;
  /** All that a database holds, table by table, to be compared. Independent of its name. */
  readonly contentOf: (database: string) => Promise<unknown>;
  /** The rows of each table, counted without the engine, as `DumpContents.tables` names and orders them. */
  readonly countRows: (database: string) => Promise<readonly TableRows[]>;
}

/** What of the instance a restore must leave as it was. */
export async function stateOf({ databases, contentOf, listEverything }: RestorerSubject): Promise<unknown> {
  return [await listEverything(), await contentOf(databases[0]), await contentOf(databases[1])];
}

export async function dumpOf(subject: RestorerSubject, name = subject.databases[0]): Promise<TakenDump> {
  return takeRecordedDump({ ...subject, engine: subject.createEngine(), name });
}
