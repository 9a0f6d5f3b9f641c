import { describe, expect, test } from 'vitest';
import { Grants } from '../../src/engines/mysql/grants.js';

const RULES = { hasPatterns: true, ignoresCase: false };

function parse(...statements: readonly string[]): Grants {
  return Grants.parse(statements, RULES);
}

describe('grants of a MySQL user', () => {
  test('hold for all databases, or for one, and not for what is on a table, a column or a routine', () => {
    const grants = parse(
      'GRANT USAGE ON *.* TO `app`@`%`',
      'GRANT SELECT, SHOW VIEW ON `shop`.* TO `app`@`%` WITH GRANT OPTION',
      'GRANT TRIGGER ON `shop`.`items` TO `app`@`%`',
      'GRANT EVENT (`a`, `b`), INSERT ON `shop`.* TO `app`@`%`',
      'GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `app`@`%`',
      "GRANT PROXY ON ''@'' TO 'app'@'%'",
      'GRANT `reader`@`%` TO `app`@`%`',
    );
    expect(['SELECT', 'SHOW VIEW', 'INSERT'].map((privilege) => grants.hasOn('shop', privilege))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['TRIGGER', 'EVENT', 'EXECUTE', 'SHOW'].some((privilege) => grants.hasOn('shop', privilege))).toBe(false);
    expect(grants.hasOn('Shop', 'SELECT')).toBe(false);
    expect(grants.hasOnTable('shop', 'items', 'TRIGGER')).toBe(true);
    expect(grants.hasGlobal('SELECT')).toBe(false);
  });

  test('hold for every database when they are global, as ALL PRIVILEGES, or static and dynamic ones on two lines', () => {
    const root = parse(
      "GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' IDENTIFIED BY PASSWORD '*AB' WITH GRANT OPTION",
    );
    expect(root.hasOn('shop', 'EVENT')).toBe(true);
    const mysql8 = parse('GRANT SELECT, EVENT ON *.* TO `a`@`%`', 'GRANT BACKUP_ADMIN,SHOW_ROUTINE ON *.* TO `a`@`%`');
    expect(mysql8.hasGlobal('SHOW_ROUTINE')).toBe(true);
    expect(mysql8.hasOn('shop', 'TRIGGER')).toBe(false);
  });

  test.each([
    ['sh%', 'shop', true],
    ['sh_p', 'shop', true],
    ['sh_p', 'shooop', false],
    ['s\\_op', 'shop', false],
    ['s\\_op', 's_op', true],
    ['a\\%b', 'a%b', true],
    ['a.b', 'axb', false],
    ['%', 'Üñï 😀', true],
    ['a``b', 'a`b', true],
    ['(sh', '(sh', true],
  ])('with the pattern %s cover %s: %s', (pattern, database, isCovered) => {
    expect(parse(`GRANT SELECT ON \`${pattern}\`.* TO \`app\`@\`%\``).hasOn(database, 'SELECT')).toBe(isCovered);
  });

  test('are those of the most specific pattern alone, of a user, of its roles and of everybody', () => {
    const grants = parse(
      'GRANT SELECT ON `shop`.* TO `app`@`%`',
      'GRANT EVENT ON `sh%`.* TO `app`@`%`',
      'GRANT TRIGGER ON `s%`.* TO `reader`',
      'GRANT SHOW VIEW ON `sh%`.* TO `writer`',
      'GRANT INSERT ON `%`.* TO PUBLIC',
    );
    const held = ['SELECT', 'EVENT', 'TRIGGER', 'SHOW VIEW', 'INSERT'].filter((privilege) =>
      grants.hasOn('shop', privilege),
    );
    expect(held).toEqual(['SELECT', 'SHOW VIEW', 'INSERT']);
  });

  test('are none where MySQL has taken them away again for a database, whose name is then no pattern', () => {
    const grants = Grants.parse(
      ['GRANT SELECT, EVENT ON *.* TO `app`@`%`', 'REVOKE SELECT ON `shop_1`.* FROM `app`@`%`'],
      { hasPatterns: false, ignoresCase: false },
    );
    expect([
      grants.hasOn('shop_1', 'SELECT'),
      grants.hasOn('shop_1', 'EVENT'),
      grants.hasOn('shopX1', 'SELECT'),
    ]).toEqual([false, true, true]);
  });

  test('ignore the case of names where the server does', () => {
    const grants = Grants.parse(['GRANT SELECT ON `shop`.* TO `app`@`%`'], { hasPatterns: true, ignoresCase: true });
    expect(grants.hasOn('SHOP', 'SELECT')).toBe(true);
  });
});
