import { describe } from 'vitest';
import { createEngineSubject } from '../support/sqlserver/model-subjects.js';
import { databaseEngineContract } from './database-engine.contract.js';

describe('the SQL Server engine keeps the contract of engines: it', () => {
  databaseEngineContract(createEngineSubject);
});
