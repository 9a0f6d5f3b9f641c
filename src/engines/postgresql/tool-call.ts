import type { ToolCall } from '../tool-process.js';
import { APPLICATION_NAME } from './connection.js';
import { quoteConninfo } from './quote.js';
import type { PostgresqlTool } from './tools.js';
import type { PostgresqlServer } from './url.js';

const CONNECT_TIMEOUT_S = 10;
/** A connection whose other end has vanished is noticed within a minute, while the tool only reads. */
const KEEPALIVES = 'keepalives_idle=30 keepalives_interval=10 keepalives_count=3';
/** Where there can be no file, so that those of the user that this server runs as count for nothing. */
const NOWHERE = '/dev/null/none';

/** How a client program is run against a server. */
export function toCall(
  server: PostgresqlServer,
  { name, path, version }: PostgresqlTool,
  args: readonly string[],
): ToolCall {
  const secrets = server.password === null ? [] : [server.password];
  return { tool: { name, version }, path, args, env: toEnvironment(server), secrets };
}

/** Quoted, so that no name of a database is taken for settings or a URL. */
export function toConninfo(database: string): string {
  return `dbname=${quoteConninfo(database)} ${KEEPALIVES}`;
}

function toEnvironment(server: PostgresqlServer): Readonly<Record<string, string>> {
  return {
    PGHOST: server.host,
    PGPORT: server.port.toString(),
    PGUSER: server.user,
    ...(server.password !== null && { PGPASSWORD: server.password }),
    PGPASSFILE: NOWHERE,
    PGSSLMODE: server.sslMode,
    PGSSLROOTCERT: server.sslRootCert ?? NOWHERE,
    PGSSLCERT: server.sslCert ?? NOWHERE,
    PGSSLKEY: server.sslKey ?? NOWHERE,
    PGSSLCRL: NOWHERE,
    // The probe knows no GSSAPI either: both must reach the server in the same way.
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: CONNECT_TIMEOUT_S.toString(),
    PGAPPNAME: APPLICATION_NAME,
  };
}
