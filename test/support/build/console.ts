import { execFileSync } from 'node:child_process';
import { readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { modifiedAt, ROOT } from './modified-at.js';

const SOURCES = join(ROOT, 'src/console');
const GENERATED = join(SOURCES, 'gql');
const BUILT = join(ROOT, 'dist/console');
const PAGE = 'index.html';

/**
 * Brings `dist/console`, which every server serves, up to date with its sources. It costs nothing after `npm run build`.
 * @throws Error with the tools' own words when they refuse
 */
export function buildConsole(): void {
  if (modifiedAt(join(BUILT, PAGE)) >= Math.max(...listSources().map(modifiedAt))) return;
  console.info('Building dist/console: it is older than src/console');
  const builtAt = new Date();
  const draft = `${BUILT}.${process.pid}`;
  const { PATH = '', HOME = '' } = process.env;
  // In an environment of its own: that of the tests would have it built for development.
  execFileSync('npm', ['run', '--silent', 'build:console', '--', '--outDir', draft], {
    cwd: ROOT,
    env: { PATH, HOME },
  });
  // Not the time of now: what was edited meanwhile is newer, and so is built by the next run.
  utimesSync(join(draft, PAGE), builtAt, builtAt);
  replace(BUILT, draft);
}

function listSources(): readonly string[] {
  const own = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(GENERATED))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...own, join(ROOT, 'schema.graphql'), join(ROOT, 'package-lock.json')];
}

/** At once: servers of another run of the tests may be serving it. */
function replace(folder: string, draft: string): void {
  const old = `${draft}.old`;
  rmSync(old, { recursive: true, force: true });
  try {
    renameSync(folder, old);
  } catch {
    // There was none.
  }
  renameSync(draft, folder);
  rmSync(old, { recursive: true, force: true });
}
