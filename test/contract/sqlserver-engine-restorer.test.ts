import { describe } from 'vitest';
import { createRestorerSubject } from '../support/sqlserver/model-subjects.js';
import { databaseRestorerContract } from './database-restorer.contract.js';

describe('the SQL Server engine keeps the contract of restores: it', () => {
  databaseRestorerContract(createRestorerSubject);
});
