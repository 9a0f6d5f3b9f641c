import { realpath } from 'node:fs/promises';
import { isAbsolute, normalize, relative } from 'node:path';
import { badUserInput } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { exists } from './file.js';

/** Folders under which databases may be registered; null = anywhere that this server can read. */
export type SqliteRoots = readonly string[] | null;

/** The path in `sqlite:/srv/shop/orders.db`, as written: `sqlite:///srv/…` and `sqlite://localhost/srv/…` are the same. */
function writtenPath(url: string): string {
  const [, host = '', path = ''] = /^sqlite:(?:\/\/([^/]*)(?=\/|$))?(.*)$/is.exec(url) ?? [];
  // Another host would mean another machine; taken for a part of the path, its credentials would be shown.
  const isLocal = host === '' || host.toLowerCase() === 'localhost';
  if (!isLocal || path.includes('\0') || !isAbsolute(path)) {
    throw badUserInput(
      'url',
      'path',
      'The URL of a SQLite instance must name an absolute path, as in sqlite:/srv/shop/orders.db.',
    );
  }
  return path;
}

/**
 * The path that a URL means. It is percent-decoded, as in any URL; but a path that exists only as written is taken as
 * written, so that a name holding a percent sign can simply be pasted.
 */
export async function resolvePath(url: string, roots: SqliteRoots): Promise<string> {
  const written = writtenPath(url);
  const decoded = decode(written);
  const candidates = decoded === null || decoded === written ? [written] : [decoded, written];
  const allowed = roots === null ? null : [...roots, ...(await toRealRoots(roots))];
  for (const path of candidates) {
    assertInside(normalize(path), allowed);
    if (await exists(path)) return trimSlash(normalize(path));
  }
  return trimSlash(normalize(candidates[0] ?? written));
}

/** The form in which a URL is kept and shown: decoding it gives the path back, whatever characters that has. */
export function toUrl(path: string): string {
  return `sqlite:${path.replaceAll('%', '%25')}`;
}

/**
 * Resolves symbolic links, and refuses what lies outside the allowed roots. Asked anew at each use: a link may have
 * been turned since the instance was registered.
 */
export async function resolveReal(path: string, roots: SqliteRoots): Promise<string> {
  const real = await realpath(path);
  if (roots === null) return real;
  if (!isInsideAny(real, await toRealRoots(roots))) {
    throw new EngineUnreachableError('it leads outside the folders that SQLITE_ROOTS allows.');
  }
  return real;
}

async function toRealRoots(roots: readonly string[]): Promise<readonly string[]> {
  return Promise.all(roots.map((root) => realpath(root).catch(() => root)));
}

/** Decided on the text alone, so that whoever asks learns nothing about files elsewhere. */
function assertInside(path: string, roots: SqliteRoots): void {
  if (roots === null || isInsideAny(path, roots)) return;
  throw badUserInput(
    'url',
    'sqliteRoots',
    `The path must be inside a folder that SQLITE_ROOTS allows: ${[...new Set(roots)].join(', ')}.`,
  );
}

function isInsideAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const way = relative(root, path);
    return way === '' || (way !== '..' && !way.startsWith('../') && !isAbsolute(way));
  });
}

/** Null when decoding gives nothing that can be a path. */
function decode(path: string): string | null {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
