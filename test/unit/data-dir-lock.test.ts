import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { DataDirLock, DataDirLockedError } from '../../src/catalog/data-dir-lock.js';
import { TempDir } from '../support/temp-dir.js';

/** Holds the lock as another process does, and says so by a line. */
const HOLDER = `
  const sqlite3 = require('sqlite3');
  const database = new sqlite3.Database(process.argv[1]);
  database.exec('BEGIN EXCLUSIVE', (error) => console.log(error === null ? 'held' : error.message));
  setInterval(() => undefined, 60_000);
`;

test('refuses a second server, and names the process that holds the directory', async () => {
  await using dir = await TempDir.create();
  await using _lock = await DataDirLock.acquire(dir.path);

  const second = DataDirLock.acquire(dir.path);

  await expect(second).rejects.toBeInstanceOf(DataDirLockedError);
  await expect(second).rejects.toThrow(`${dir.path} is in use by process ${process.pid} on ${hostname()} (since `);
});

test('gives the directory to the next once the first has let go', async () => {
  await using dir = await TempDir.create();
  const first = await DataDirLock.acquire(dir.path);
  await first[Symbol.asyncDispose]();
  await using _second = await DataDirLock.acquire(dir.path);
});

test('is still held after somebody was refused', async () => {
  await using dir = await TempDir.create();
  await using _lock = await DataDirLock.acquire(dir.path);
  await expect(DataDirLock.acquire(dir.path)).rejects.toBeInstanceOf(DataDirLockedError);
  await expect(DataDirLock.acquire(dir.path)).rejects.toBeInstanceOf(DataDirLockedError);
});

test('keeps directories apart', async () => {
  await using one = await TempDir.create();
  await using other = await TempDir.create();
  await using _first = await DataDirLock.acquire(one.path);
  await using _second = await DataDirLock.acquire(other.path);
});

test('goes with its process, also when that is killed', async () => {
  await using dir = await TempDir.create();
  const holder = spawn(process.execPath, ['-e', HOLDER, dir.join('server.lock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  expect(String((await once(holder.stdout, 'data'))[0])).toBe('held\n');
  await writeFile(dir.join('server.lock.json'), '{"pid":');
  await expect(DataDirLock.acquire(dir.path)).rejects.toThrow('another process that is only just starting');

  holder.kill('SIGKILL');
  await once(holder, 'exit');

  await using _lock = await DataDirLock.acquire(dir.path);
});
