import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { modifiedAt, ROOT } from './modified-at.js';

const CONFIG = join(ROOT, 'tsconfig.build.json');
const SOURCES = join(ROOT, 'src');
const BUILT = join(ROOT, 'dist');

/**
 * Brings `dist` up to date with the sources, in place: what tests start as a process is built once, not transpiled by
 * each process anew. Types are not its business. Only what is older than its source is built, so that it costs nothing
 * after `npm run build`.
 */
export function buildServer(): void {
  const { fileNames, options } = readConfig();
  const configuredAt = Math.max(...[CONFIG, join(ROOT, 'tsconfig.json')].map(modifiedAt));
  const stale = fileNames.filter((name) => modifiedAt(toBuilt(name)) < Math.max(configuredAt, modifiedAt(name)));
  if (stale.length === 0) return;
  console.info(`Building dist: ${stale.length} of ${fileNames.length} files are older than their sources`);
  const builtAt = new Date();
  // Each file is built for itself, as `isolatedModules` sees to.
  ts.createProgram(stale, { ...options, noCheck: true, noResolve: true, noLib: true, types: [] }).emit(
    undefined,
    (path, text) => {
      writeWhole(path, text);
      // Not the time of now: what was edited meanwhile is newer, and so is built by the next run.
      utimesSync(path, builtAt, builtAt);
    },
  );
}

function readConfig(): ts.ParsedCommandLine {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: ({ messageText }: ts.Diagnostic): never => {
      throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
    },
  };
  const config = ts.getParsedCommandLineOfConfigFile(CONFIG, {}, host);
  if (config === undefined) throw new Error(`There is no ${CONFIG}.`);
  return config;
}

function toBuilt(source: string): string {
  return join(BUILT, relative(SOURCES, source)).replace(/\.ts$/, '.js');
}

/** Not in parts: another run of the tests may be starting it. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, text);
  renameSync(draft, path);
}
