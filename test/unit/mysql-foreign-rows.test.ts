import { expect, test } from 'vitest';
import { keepsOwnRows } from '../../src/engines/mysql/foreign-rows.js';

test.each([
  { engine: 'CONNECT', options: '', keeps: true },
  { engine: 'CONNECT', options: "`TABLE_TYPE`='CSV' `HEADER`=1", keeps: true },
  { engine: 'CONNECT', options: 'table_type=FIX', keeps: true },
  { engine: 'CONNECT', options: "`TABLE_TYPE`='CSV' `FILE_NAME`='/srv/a.csv'", keeps: false },
  { engine: 'CONNECT', options: "`TABLE_TYPE`='JSON' `HTTP`='http://example.com'", keeps: false },
  { engine: 'CONNECT', options: "`TABLE_TYPE`='ODBC'", keeps: false },
  { engine: 'FEDERATED', options: '', keeps: false },
  { engine: 'SPIDER', options: '', keeps: false },
])('a table of $engine with the options "$options" keeps rows of its own: $keeps', ({ engine, options, keeps }) => {
  expect(keepsOwnRows({ name: 't', engine, options })).toBe(keeps);
});
