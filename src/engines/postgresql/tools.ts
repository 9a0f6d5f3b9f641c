import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupFailureCode } from '../../domain/backup.js';
import { DomainError } from '../../domain/errors.js';
import { BackupFailedError } from '../../domain/failure.js';
import { compareVersions, toVersionNumbers } from '../client-tools.js';
import type { ClientTool, ClientTools } from '../client-tools.js';

type ToolName = 'pg_dump' | 'pg_dumpall' | 'pg_restore';

export interface PostgresqlTool {
  readonly name: ToolName;
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/** One of each, none older than the server. */
interface Toolset {
  readonly dump: PostgresqlTool;
  readonly dumpAll: PostgresqlTool;
}

interface Need {
  readonly name: ToolName;
  /** The program may be newer; its major version must not be older. */
  readonly version: string;
  /** Where it is taken from if it is there, too. */
  readonly folder?: string;
}

/** Folders in which programs may be, besides those of PATH. */
export type FolderList = () => Promise<readonly string[]>;

/** Where packages put programs: those of Debian, and those of PostgreSQL's own repository for Red Hat. */
const PACKAGE_FOLDERS: readonly { readonly parent: string; readonly pattern: RegExp }[] = [
  { parent: '/usr/lib/postgresql', pattern: /^\d/ },
  { parent: '/usr', pattern: /^pgsql-\d/ },
];

/** The client programs of PostgreSQL that are on this machine. They are looked for anew each time. */
export class PostgresqlTools {
  readonly #tools: ClientTools;
  readonly #listFolders: FolderList;

  constructor(tools: ClientTools, listFolders: FolderList = listPackageFolders) {
    this.#tools = tools;
    this.#listFolders = listFolders;
  }

  /**
   * The programs for a server: those of its major version, else of the next newer. An older pg_dump refuses the server.
   * @throws DomainError CLIENT_TOOL_MISSING
   */
  async getFor(serverVersion: string): Promise<Toolset> {
    const dump = await this.#choose({ name: 'pg_dump', version: serverVersion });
    const dumpAll = await this.#choose({ name: 'pg_dumpall', version: serverVersion, folder: dirname(dump.path) });
    // An archive is read by a program no older than the one that wrote it.
    await this.#choose({ name: 'pg_restore', version: dump.version });
    return { dump, dumpAll };
  }

  /**
   * The pg_restore for a server: that of its major version, else of the next newer. A newer one may set what an older server
   * does not know. @throws DomainError CLIENT_TOOL_MISSING
   */
  async getRestorer(serverVersion: string): Promise<PostgresqlTool> {
    return this.#choose({ name: 'pg_restore', version: serverVersion });
  }

  /** The newest pg_restore, which reads all archives that any other reads. @throws BackupFailedError DUMP_FAILED */
  async findRestorer(): Promise<PostgresqlTool> {
    const found = await this.#find('pg_restore');
    const newest = found.toSorted((a, b) => compareVersions(b.version, a.version, 3))[0];
    if (newest !== undefined) return newest;
    const sentence =
      "The dump cannot be checked: this server's machine has no pg_restore. Install PostgreSQL's client programs on it.";
    throw new BackupFailedError(BackupFailureCode.DUMP_FAILED, sentence);
  }

  async #choose(need: Need): Promise<PostgresqlTool> {
    const found = await this.#find(need.name);
    const chosen = choose(found, need);
    if (chosen !== undefined) return chosen;
    const major = toMajor(need.version);
    throw new DomainError('CLIENT_TOOL_MISSING', {
      needed: `${need.name} ${major} or newer`,
      found: found.map((tool) => `${tool.name} ${tool.version} (${tool.path})`),
      advice: `Install PostgreSQL's client programs of version ${major} or newer on it: the package postgresql-client-${major} on Debian and Ubuntu, postgresql${major} on Red Hat and its kin.`,
    });
  }

  async #find(name: ToolName): Promise<readonly PostgresqlTool[]> {
    const found = await this.#tools.find([name], await this.#listFolders(), isProgram);
    return found.flatMap((tool) => toTool(name, tool));
  }
}

/** Debian's wrapper picks a version by rules of its own. The programs that it leads to are looked at themselves. */
function isProgram(path: string): boolean {
  return !path.endsWith('/pg_wrapper');
}

async function listPackageFolders(): Promise<readonly string[]> {
  const folders = await Promise.all(
    PACKAGE_FOLDERS.map(async ({ parent, pattern }) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => pattern.test(name)).map((name) => join(parent, name, 'bin'));
    }),
  );
  return folders.flat();
}

/** As in "pg_dump (PostgreSQL) 15.19 (Debian 15.19-0+deb12u1)". */
function toTool(name: ToolName, { path, versionText }: ClientTool): readonly PostgresqlTool[] {
  const version = /^\w+ \([^)]*\) (\d+(?:\.\d+)*)/.exec(versionText)?.[1];
  return version === undefined ? [] : [{ name, path, version }];
}

/** Whether a dump of the one loads into the other: of the same major version, or a later one. */
export function acceptsDumpsOf(source: string, target: string): boolean {
  return compareVersions(target, source, Math.max(majorLength(source), majorLength(target))) >= 0;
}

/** Until version 10 the major version was the first two numbers. */
function majorLength(version: string): number {
  return (toVersionNumbers(version)[0] ?? 0) < 10 ? 2 : 1;
}

function toMajor(version: string): string {
  return toVersionNumbers(version).slice(0, majorLength(version)).join('.');
}

function choose(found: readonly PostgresqlTool[], { version, folder }: Need): PostgresqlTool | undefined {
  const count = majorLength(version);
  const isElsewhere = ({ path }: PostgresqlTool): number => Number(dirname(path) !== folder);
  return found
    .filter((tool) => compareVersions(tool.version, version, count) >= 0)
    .toSorted((a, b) => compareVersions(a.version, b.version, count) || isElsewhere(a) - isElsewhere(b))[0];
}
