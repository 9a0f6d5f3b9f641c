import { readdir, readFile, readlink, stat } from 'node:fs/promises';

/** Names a process for an operator: `sqlite3 (process 1234)`. */
export type Holder = string;

interface Scan {
  /** Whether this server counts, too: its own handles show like those of others. */
  readonly countsSelf: boolean;
}

/**
 * A process that has one of the files open; null when none shows. A connection without a transaction holds no lock, but
 * would go on with the old file, and its new log beside it, once the name is another's. Linux alone tells; so do only those
 * processes that this server may look into.
 */
export async function findHolder(paths: readonly string[], { countsSelf }: Scan): Promise<Holder | null> {
  const wanted = new Set((await Promise.all(paths.map(identityOf))).filter((identity) => identity !== null));
  if (wanted.size === 0) return null;
  for (const id of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(id) || (Number(id) === process.pid && !countsSelf)) continue;
    if (await hasOpen(id, wanted)) return describeProcess(id);
  }
  return null;
}

async function hasOpen(id: string, wanted: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${id}/fd`;
  const handles = await readdir(folder).catch(() => []);
  const identities = await Promise.all(handles.map((handle) => openedAs(`${folder}/${handle}`)));
  return identities.some((identity) => identity !== null && wanted.has(identity));
}

/** By its identity, not its path: in a container, or through another link, the path is another. */
async function openedAs(handle: string): Promise<string | null> {
  const target = await readlink(handle).catch(() => '');
  return target.startsWith('/') ? identityOf(handle) : null;
}

async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev.toString()}:${ino.toString()}`;
  } catch {
    return null;
  }
}

async function describeProcess(id: string): Promise<Holder> {
  if (Number(id) === process.pid) return 'this server itself';
  const name = (await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '')).trim();
  return `${name === '' ? 'a program' : name} (process ${id})`;
}
