/** What SHOW GRANTS says that a user, and the roles that are active, may do. */
export class Grants {
  readonly #lines: readonly Grant[];
  readonly #rules: GrantRules;

  private constructor(lines: readonly Grant[], rules: GrantRules) {
    this.#lines = lines;
    this.#rules = rules;
  }

  /** @param statements one a row, as the server prints them without sql_mode ANSI_QUOTES */
  static parse(statements: readonly string[], rules: GrantRules): Grants {
    return new Grants(
      statements.map(parseGrant).filter((grant) => grant !== null),
      rules,
    );
  }

  hasGlobal(privilege: string): boolean {
    return this.#lines.some(({ verb, database, has }) => verb === 'GRANT' && database === '*' && has(privilege));
  }

  /** Whether it holds for everything in the database; a right on single tables is none. */
  hasOn(database: string, privilege: string): boolean {
    if (this.hasGlobal(privilege) && !this.#isRevoked(database, privilege)) return true;
    return GRANTEES.some((grantee) => {
      const lines = this.#lines.filter(
        (line) =>
          line.verb === 'GRANT' && line.table === '*' && line.grantee === grantee && this.#covers(line, database),
      );
      // Of the patterns that match, the server takes the most specific one alone.
      const best = Math.max(...lines.map((line) => this.#specificity(line)));
      const taken = lines.filter((line) => this.#specificity(line) === best);
      const patterns = new Set(taken.map((line) => line.database));
      const grants = taken.filter(({ has }) => has(privilege));
      return patterns.size > 0 && new Set(grants.map((line) => line.database)).size === patterns.size;
    });
  }

  hasOnTable(database: string, table: string, privilege: string): boolean {
    const isOn = (line: Grant): boolean => line.database === database && line.table === table;
    return this.#lines.some((line) => line.verb === 'GRANT' && isOn(line) && line.has(privilege));
  }

  /** What MySQL's partial revokes, or a denial, take away from a global right. */
  #isRevoked(database: string, privilege: string): boolean {
    const isTaken = ({ verb, has }: Grant): boolean => verb !== 'GRANT' && has(privilege);
    return this.#lines.some((line) => isTaken(line) && (line.database === '*' || this.#covers(line, database)));
  }

  #covers({ database }: Grant, name: string): boolean {
    if (database === '*') return false;
    const [pattern, subject] = this.#rules.ignoresCase
      ? [database.toLowerCase(), name.toLowerCase()]
      : [database, name];
    return this.#rules.hasPatterns ? toRegExp(pattern).test(subject) : pattern === subject;
  }

  /** How much of a name stands before the first wildcard; a name without any is above all. */
  #specificity({ database }: Grant): number {
    const wildcard = /^(?:\\.|[^%_\\])*?(?=[%_])/s.exec(database)?.[0].length;
    return this.#rules.hasPatterns && wildcard !== undefined ? wildcard : Infinity;
  }
}

export interface GrantRules {
  /** Whether % and _ in the name of a database stand for others; not with MySQL's partial_revokes. */
  readonly hasPatterns: boolean;
  /** Whether names of databases are the same in upper and lower case (lower_case_table_names). */
  readonly ignoresCase: boolean;
}

const GRANTEES = ['user', 'role', 'public'] as const;

interface Grant {
  readonly verb: string;
  /** "*" is all; else a name, or a pattern of names. */
  readonly database: string;
  readonly table: string;
  /** Rights of a kind are put together by pattern before one is chosen. */
  readonly grantee: (typeof GRANTEES)[number];
  readonly has: (privilege: string) => boolean;
}

const NAME = '`(?:[^`]|``)*`';
const STATEMENT = new RegExp(
  `^(GRANT|REVOKE|DENY) (.+?) ON (\\*|${NAME})\\.(\\*|${NAME}) (?:TO|FROM) (PUBLIC\\b|${NAME}(@)?|'(?:[^']|'')*'(@)?)`,
  's',
);

/** Null for what is about roles, proxies and single routines. */
function parseGrant(statement: string): Grant | null {
  const match = STATEMENT.exec(statement);
  if (match === null) return null;
  const [, verb = '', list = '', database = '', table = '', grantee = '', at, quotedAt] = match;
  // A right on single columns has them in brackets behind it, and then is not that right.
  const privileges = new Set(list.split(/,\s*(?![^(]*\))/).map((privilege) => privilege.trim()));
  const isAll = privileges.has('ALL PRIVILEGES') || privileges.has('ALL');
  const has = (privilege: string): boolean => isAll || privileges.has(privilege);
  const kind = grantee === 'PUBLIC' ? 'public' : at === undefined && quotedAt === undefined ? 'role' : 'user';
  return { verb, database: unquote(database), table: unquote(table), grantee: kind, has };
}

function unquote(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name;
}

/** As LIKE has it: % any text, _ any character, a backslash takes the next one as it is. */
function toRegExp(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\?./gsu, (part) => {
    if (part === '%') return '.*';
    if (part === '_') return '.';
    const character = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return new RegExp(`^${source}$`, 'su');
}
