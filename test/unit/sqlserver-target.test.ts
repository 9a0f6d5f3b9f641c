import { describe, expect, test } from 'vitest';
import { SqlServerEngine } from '../../src/engines/sqlserver/sqlserver-engine.js';
import { FAULTY_NAMES, ODD_NAMES } from '../support/sqlserver/names.js';

const engine = new SqlServerEngine();
const findNameFault = async (name: string): Promise<string | null> => engine.findNameFault('', name);

describe('the name of a database of SQL Server', () => {
  test.each(ODD_NAMES)('may be %j', async (name) => {
    expect(await findNameFault(name)).toBeNull();
  });

  test.each(FAULTY_NAMES)('may not be %j', async (name) => {
    expect(await findNameFault(name)).toMatch(/^[A-Z].*\.$/s);
  });

  test.each(['master', 'MASTER', 'model', 'Model', 'msdb', 'MsDb', 'tempdb', 'TempDB'])(
    'may not be %s, one of the server itself, and whoever wants that is told how it is restored',
    async (name) => {
      const fault = await findNameFault(name);
      expect(fault).toContain(`The database ${name} belongs to SQL Server itself`);
      expect(fault).toMatch(/administrator.*single-user mode.*SQL Server Agent stopped.*README/);
    },
  );

  test('may have 128 UTF-16 units, and no more', async () => {
    expect(await findNameFault('数'.repeat(128))).toBeNull();
    expect(await findNameFault('😀'.repeat(64))).toBeNull();
    expect(await findNameFault('x'.repeat(129))).toMatch(/has 129 characters; SQL Server takes at most 128/);
    expect(await findNameFault('😀'.repeat(65))).toMatch(/has 130 characters/);
  });

  test('may begin with a blank, and not end with one', async () => {
    expect(await findNameFault(' shop')).toBeNull();
    expect(await findNameFault('shop ')).toMatch(/ends with a blank/);
    expect(await findNameFault('master ')).toMatch(/ends with a blank/);
  });

  test('may not be one that restores use, and may be like one', async () => {
    expect(await findNameFault(`rds_replaced_${'0'.repeat(24)}`)).toMatch(/restores use/);
    expect(await findNameFault('rds_restore_1')).toBeNull();
  });
});

test.each([
  ['12.0.6024.0', '12.0.2000.8', true],
  ['13.0.5026.0', '16.0.1000.6', true],
  ['16.0.4165.4', '16.0.1000.6', true],
  ['16.0.1000.6', '15.0.4415.2', false],
  ['17.0.1000.7', '16.0.4165.4', false],
  ['9.0.5000.0', '16.0.4165.4', true],
])('a backup of version %s loads into version %s: %s', (source, target, isAccepted) => {
  expect(engine.acceptsDumpsOf(source, target)).toBe(isAccepted);
});
