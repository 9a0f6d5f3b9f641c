import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { toLoad } from './restores.js';

/** Replaces the database of one folder after the other, in a process that is there to be killed. */
const [dumpPath = '', ...folders] = process.argv.slice(2);
const bytes = await readFile(dumpPath);
const engine = new SqliteEngine(null);
process.stdout.write('ready\n');
for (const [index, folder] of folders.entries()) {
  const scratchDir = join(dumpPath, '..', `scratch-${process.pid.toString()}-${index.toString()}`);
  await mkdir(scratchDir);
  const target = {
    url: `sqlite:${folder}`,
    database: 'shop.db',
    overwrite: true,
    stagingId: index.toString().padStart(24, '0'),
    scratchDir,
    signal: new AbortController().signal,
  };
  await engine.stageRestore(target, toLoad({ bytes, format: 'sqlite', contents: null, engineVersion: '3' }));
  await engine.commitRestore(target);
}
