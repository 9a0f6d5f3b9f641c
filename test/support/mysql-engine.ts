import { ClientTools } from '../../src/engines/client-tools.js';
import { MysqlEngine } from '../../src/engines/mysql/mysql-engine.js';

/** The engine with the programs of this machine. @param firstFolders looked at before those of PATH */
export function createMysqlEngine(...firstFolders: readonly string[]): MysqlEngine {
  return new MysqlEngine(new ClientTools([...firstFolders, ...(process.env.PATH ?? '').split(':')]));
}
