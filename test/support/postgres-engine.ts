import { expect } from 'vitest';
import { ClientTools } from '../../src/engines/client-tools.js';
import { PostgresqlEngine } from '../../src/engines/postgresql/postgresql-engine.js';
import { errorOf, takeDump } from './dumps.js';
import { TempDir } from './temp-dir.js';

/** The engine with the programs of this machine. @param firstFolders looked at before those of PATH */
export function createPostgresqlEngine(...firstFolders: readonly string[]): PostgresqlEngine {
  return new PostgresqlEngine(new ClientTools([...firstFolders, ...(process.env.PATH ?? '').split(':')]));
}

const engine = createPostgresqlEngine();

export async function probeErrorOf(url: string): Promise<unknown> {
  return errorOf(engine.probe(url, new AbortController().signal));
}

/** @param options of what the dump is, by default of the database postgres */
export async function dumpErrorOf(url: string, options: { name?: string; system?: boolean } = {}): Promise<unknown> {
  await using scratch = await TempDir.create();
  return await errorOf(takeDump({ engine, url, name: 'postgres', scratch, ...options }));
}

/** Every reason is the rest of a sentence, and says what to do. */
export function unreachable(reason: string): object {
  const pattern = new RegExp(`^(?=[a-z]).*${reason.replaceAll(/[().*+?]/g, '\\$&')}.*[.;]$`, 's');
  return { name: 'EngineUnreachableError', message: expect.stringMatching(pattern) };
}
