import { Engine } from '../../domain/instance.js';
import { compareVersions } from '../client-tools.js';
import type { Product } from '../database-engine.js';
import type { MysqlConnection } from './connection.js';
import { Grants } from './grants.js';
import type { GrantRules } from './grants.js';
import { quoteName, quotePattern } from './quote.js';

/** What the tool takes on every database. What its user may not see it leaves out without a word, and exits 0. */
const DATABASE_PRIVILEGES = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'] as const;
/** Databases that a sentence names. */
const NAMED_DATABASES = 5;

/** What the user of a connection may read. */
export class Privileges {
  readonly #product: Product;
  readonly #grants: Grants;
  readonly #account: string;
  readonly #rules: GrantRules;

  private constructor(product: Product, grants: Grants, { account, rules }: { account: string; rules: GrantRules }) {
    this.#product = product;
    this.#grants = grants;
    this.#account = account;
    this.#rules = rules;
  }

  static async read(connection: MysqlConnection, product: Product): Promise<Privileges> {
    const [row] = await connection.query<{ account: string; ignoresCase: number }>(
      'SELECT CURRENT_USER() AS account, @@global.lower_case_table_names <> 0 AS ignoresCase',
    );
    const partial = await connection.query<{ Value: string }>("SHOW GLOBAL VARIABLES LIKE 'partial\\_revokes'");
    const rules = { hasPatterns: partial[0]?.Value !== 'ON', ignoresCase: row?.ignoresCase === 1 };
    const statements = await connection.query<Readonly<Record<string, string>>>('SHOW GRANTS');
    const lines = statements.flatMap((statement) => Object.values(statement));
    return new Privileges(product, Grants.parse(lines, rules), { account: toAccount(row?.account ?? ''), rules });
  }

  /** What is missing for whole dumps of databases, and the statements that mend it; null when nothing is. */
  findMissing(databases: readonly string[]): string | null {
    const lacking = databases.map((name) => ({ name, privileges: this.#missingOn(name) }));
    const faults = lacking.filter(({ privileges }) => privileges.length > 0);
    const onAll = this.#missingForRoutines(databases);
    if (faults.length === 0 && onAll.length === 0) return null;
    const named = faults.slice(0, NAMED_DATABASES).map(({ name, privileges }) => `${privileges.join(', ')} on ${name}`);
    const more = faults.length > NAMED_DATABASES ? [`the same on ${String(faults.length - NAMED_DATABASES)} more`] : [];
    const routines = onAll.map(({ privilege, object }) => `${privilege} on ${object} (for stored routines)`);
    const grants = faults.slice(0, NAMED_DATABASES).map(({ name, privileges }) => ({
      privilege: privileges.join(', '),
      object: `${this.#quote(name)}.*`,
    }));
    return this.#toSentence([...named, ...more, ...routines], [...grants, ...onAll]);
  }

  /** What is missing to read users, roles and their grants; null when nothing is. */
  findMissingForAccounts(): string | null {
    if (this.#grants.hasOn('mysql', 'SELECT')) return null;
    return this.#toSentence(['SELECT on mysql (for users and grants)'], [{ privilege: 'SELECT', object: '`mysql`.*' }]);
  }

  /** As in "GRANT REPLICA MONITOR ON *.* TO `u`@`h`;". */
  toGrant({ privilege, object }: Permission): string {
    return `GRANT ${privilege} ON ${object} TO ${this.#account};`;
  }

  #toSentence(missing: readonly string[], permissions: readonly Permission[]): string {
    const statements = permissions.map((permission) => this.toGrant(permission)).join(' ');
    return `its user ${this.#account} lacks rights without which the backup would not be whole: ${missing.join('; ')}. As an administrator of the server run ${statements} and then try again.`;
  }

  #missingOn(database: string): readonly string[] {
    const { engine, engineVersion } = this.#product;
    const needed: readonly string[] =
      engine === Engine.MARIADB && hasShowCreateRoutine(engineVersion) && !this.#readsAllRoutines()
        ? [...DATABASE_PRIVILEGES, 'SHOW CREATE ROUTINE']
        : DATABASE_PRIVILEGES;
    return needed.filter((privilege) => !this.#grants.hasOn(database, privilege));
  }

  /** The sources of routines are read from one place for all databases, until MariaDB 11.3. */
  #missingForRoutines(databases: readonly string[]): readonly Permission[] {
    if (databases.length === 0 || this.#readsAllRoutines()) return [];
    const { engine, engineVersion } = this.#product;
    if (engine === Engine.MARIADB) {
      return hasShowCreateRoutine(engineVersion) ? [] : [{ privilege: 'SELECT', object: '`mysql`.`proc`' }];
    }
    if (compareVersions(engineVersion, '8.0.20', 3) >= 0) return [{ privilege: 'SHOW_ROUTINE', object: '*.*' }];
    const object = compareVersions(engineVersion, '8.0', 2) >= 0 ? '*.*' : '`mysql`.`proc`';
    return [{ privilege: 'SELECT', object }];
  }

  #readsAllRoutines(): boolean {
    const grants = this.#grants;
    const { engine, engineVersion } = this.#product;
    if (engine === Engine.MYSQL && compareVersions(engineVersion, '8.0', 2) >= 0) {
      return grants.hasGlobal('SELECT') || grants.hasGlobal('SHOW_ROUTINE');
    }
    return grants.hasOn('mysql', 'SELECT') || grants.hasOnTable('mysql', 'proc', 'SELECT');
  }

  #quote(name: string): string {
    return this.#rules.hasPatterns ? quotePattern(name) : quoteName(name);
  }
}

interface Permission {
  readonly privilege: string;
  readonly object: string;
}

/** From there on a right of its own lets one read the source of a routine (MariaDB's manual, GRANT). */
function hasShowCreateRoutine(version: string): boolean {
  return compareVersions(version, '11.3', 2) >= 0;
}

/** From CURRENT_USER(), whose host is behind the last at sign. */
function toAccount(user: string): string {
  const at = user.lastIndexOf('@');
  return `${quoteName(user.slice(0, at))}@${quoteName(user.slice(at + 1))}`;
}
