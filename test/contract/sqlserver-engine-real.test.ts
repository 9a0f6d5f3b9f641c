import { describe } from 'vitest';
import {
  createRealEngineSubject,
  createRealRestorerSubject,
  hasSqlServer,
} from '../support/sqlserver/real-sqlserver.js';
import { databaseEngineContract } from './database-engine.contract.js';
import { databaseRestorerContract } from './database-restorer.contract.js';

describe.skipIf(!hasSqlServer)('with a real SQL Server, the engine', () => {
  databaseEngineContract(createRealEngineSubject);
});

describe.skipIf(!hasSqlServer)('with a real SQL Server, its restores', () => {
  databaseRestorerContract(createRealRestorerSubject);
});
