import { ClientTools } from '../../src/engines/client-tools.js';
import { PostgresqlEngine } from '../../src/engines/postgresql/postgresql-engine.js';

/** The engine with the programs of this machine. @param firstFolders looked at before those of PATH */
export function createPostgresqlEngine(...firstFolders: readonly string[]): PostgresqlEngine {
  return new PostgresqlEngine(new ClientTools([...firstFolders, ...(process.env.PATH ?? '').split(':')]));
}
