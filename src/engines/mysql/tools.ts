import { DomainError } from '../../domain/errors.js';
import { Engine } from '../../domain/instance.js';
import { compareVersions, toVersionNumbers } from '../client-tools.js';
import type { ClientTool, ClientTools } from '../client-tools.js';
import type { Product } from '../database-engine.js';

/** A client program for servers of one family. */
export interface MysqlTool {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  readonly engine: Engine;
}

interface Kind {
  readonly mariadb: readonly [own: string, former: string];
  readonly mysql: string;
}

const DUMP: Kind = { mariadb: ['mariadb-dump', 'mysqldump'], mysql: 'mysqldump' };
const CLIENT: Kind = { mariadb: ['mariadb', 'mysql'], mysql: 'mysql' };

/**
 * The program to dump a server with: of its own family and its series, else of the next newer. Each family's dumps have
 * what the other's lack, and an older program does not know all that a newer server has.
 * @throws DomainError CLIENT_TOOL_MISSING
 */
export async function getDumpTool(tools: ClientTools, product: Product): Promise<MysqlTool> {
  return getTool(tools, product, DUMP);
}

/** The program that takes a dump back, chosen in the same way. @throws DomainError CLIENT_TOOL_MISSING */
export async function getClientTool(tools: ClientTools, product: Product): Promise<MysqlTool> {
  return getTool(tools, product, CLIENT);
}

async function getTool(tools: ClientTools, { engine, engineVersion }: Product, kind: Kind): Promise<MysqlTool> {
  const isMariadb = engine === Engine.MARIADB;
  const found = (await tools.find(isMariadb ? kind.mariadb : [kind.mysql])).flatMap((tool) => toTool(tool, kind));
  const [chosen] = found
    .filter((tool) => tool.engine === engine && compareVersions(tool.version, engineVersion, 2) >= 0)
    .toSorted((a, b) => compareVersions(a.version, b.version, 2));
  if (chosen !== undefined) return chosen;
  const series = toVersionNumbers(engineVersion).slice(0, 2).join('.');
  throw new DomainError('CLIENT_TOOL_MISSING', {
    needed: isMariadb ? `${kind.mariadb[0]} ${series} or newer` : `${kind.mysql} ${series} or newer of MySQL itself`,
    found: found.map((tool) => `${tool.name} ${tool.version} of ${productOf(tool)} (${tool.path})`),
    advice: isMariadb
      ? `Install MariaDB's client programs of version ${series} or newer on it: the package mariadb-client on Debian and Ubuntu, mariadb on Red Hat and its kin.`
      : `Install MySQL's client programs of version ${series} or newer on it: the package mysql-client of Ubuntu, or of MySQL's own repository elsewhere.`,
  });
}

function productOf({ engine }: MysqlTool): string {
  return engine === Engine.MARIADB ? 'MariaDB' : 'MySQL';
}

/** As in "Ver 10.19 Distrib 10.11.19-MariaDB," or "from 11.4.2-MariaDB," or "Ver 8.0.36 for Linux" or "Distrib 5.7.44,". */
function toTool({ path, name, versionText }: ClientTool, kind: Kind): readonly MysqlTool[] {
  const mariadb = /(?:Distrib|from) (\d+(?:\.\d+)+)-MariaDB/i.exec(versionText)?.[1];
  if (mariadb !== undefined) return [{ name: kind.mariadb[0], path, version: mariadb, engine: Engine.MARIADB }];
  const mysql = (/Distrib (\d+(?:\.\d+)+)/.exec(versionText) ?? /Ver (\d+(?:\.\d+)+)/.exec(versionText))?.[1];
  if (mysql === undefined || /mariadb/i.test(versionText)) return [];
  return [{ name, path, version: mysql, engine: Engine.MYSQL }];
}
