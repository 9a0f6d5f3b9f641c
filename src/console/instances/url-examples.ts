import type { Engine } from '../gql/graphql';

export interface UrlExample {
  readonly url: string;
  /** What is worth knowing about the URLs of the product. */
  readonly advice: string;
}

/** The products whose instances can be registered. */
export const REGISTRABLE_ENGINES: readonly Engine[] = ['SQLITE', 'POSTGRESQL', 'MYSQL', 'MARIADB', 'SQLSERVER'];

const OF_SERVERS = 'Percent-encode special characters of the password: p%40ss for p@ss.';

/** How the URLs of each product look. */
export const URL_EXAMPLES: Readonly<Record<Engine, UrlExample>> = {
  SQLITE: {
    url: 'sqlite:/srv/shop/orders.db',
    advice: 'A path on the machine of this server: a file, or a folder, in which each SQLite file is a database.',
  },
  POSTGRESQL: { url: 'postgresql://user:password@host:5432', advice: OF_SERVERS },
  MYSQL: { url: 'mysql://user:password@host:3306', advice: OF_SERVERS },
  MARIADB: { url: 'mariadb://user:password@host:3306', advice: OF_SERVERS },
  SQLSERVER: {
    url: 'sqlserver://user:password@host:1433?backupDir=/var/opt/mssql/exchange&backupDirLocal=/srv/exchange',
    advice: `${OF_SERVERS} SQL Server writes its backups itself: backupDir is a folder as it sees it, backupDirLocal the same folder as this server does.`,
  },
};

/** The product that a URL names; undefined while it names none. */
export function findEngine(url: string): Engine | undefined {
  const scheme = /^\s*([a-z]+):/i.exec(url)?.[1]?.toUpperCase();
  if (scheme === 'POSTGRES') return 'POSTGRESQL';
  return scheme === 'MSSQL' ? 'SQLSERVER' : REGISTRABLE_ENGINES.find((engine) => engine === scheme);
}

/** Whether a password may follow: never in the path of a file. */
export function canHoldPassword(url: string): boolean {
  return url.includes('://') && findEngine(url) !== 'SQLITE';
}
