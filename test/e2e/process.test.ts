import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ServerProcess } from '../support/server-process.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

const MEBIBYTE = 1024 * 1024;

test('a second server on the same data directory refuses to start, and names the first', async () => {
  await using app = await TestApp.start();

  const { code, output } = await ServerProcess.runToExit(app.dir);

  expect(code).toBe(1);
  expect(output).toContain(app.dataDir);
  expect(output).toContain(`process ${process.pid.toString()} `);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
});

test('a data directory is free again once its server was killed', async () => {
  await using dir = await TempDir.create();
  await using first = await ServerProcess.start(dir);
  await first.kill('SIGKILL');

  await using second = await ServerProcess.start(dir);

  expect((await fetch(`${second.url}/livez`)).status).toBe(200);
});

test('a configuration that is no good is refused with all its faults, and without their values', async () => {
  await using dir = await TempDir.create();

  const { code, output } = await ServerProcess.runToExit(dir, {
    HOST: '0.0.0.0',
    PORT: 'eighty',
    MAX_CONCURRENT_BACKUPS: '0',
    STALL_TIMEOUT: '10',
    LOG_LEVEL: 'loud',
    SECRET_KEY: 'hunter2',
    DATABASE_URL: 'mysql://root:hunter2@db1',
    MAX_CONCURENT_BACKUPS: '3',
  });

  expect(code).toBe(1);
  for (const name of ['HOST', 'PORT', 'MAX_CONCURRENT_BACKUPS', 'STALL_TIMEOUT', 'LOG_LEVEL', 'SECRET_KEY']) {
    expect(output).toContain(`- ${name} must be`);
  }
  expect(output).toContain('- DATABASE_URL must be');
  expect(output).toContain('MAX_CONCURENT_BACKUPS is not known. Did you mean MAX_CONCURRENT_BACKUPS?');
  expect(output).not.toContain('hunter2');
  expect(output).not.toMatch(/^\s+at /m);
});

test('a port that is taken ends the start with exit code 1', async () => {
  await using app = await TestApp.start();
  await using dir = await TempDir.create();

  const { port } = new URL(app.url);

  const { code, output } = await ServerProcess.runToExit(dir, { PORT: port });

  expect(code).toBe(1);
  expect(output).toContain(`Port ${port} of 127.0.0.1 is in use`);
});

test('I7: no process shows a connection URL or a key among its arguments', async () => {
  await using dir = await TempDir.create();
  const key = Buffer.alloc(32, 5).toString('base64');
  await using server = await ServerProcess.start(dir, { SECRET_KEY: key, LOG_LEVEL: 'trace' });
  const instanceId = await server.registerSample('shop');
  await server.takeBackup(instanceId, 'first');

  const args = await readFile(`/proc/${server.pid.toString()}/cmdline`, 'utf8');

  expect(args).toContain('main');
  expect(args).not.toContain(key);
  expect(args).not.toContain('shop');
  expect(server.output).not.toContain(key);
});

test('I8: a backup of 300 MB adds less than 150 MB of resident memory', { timeout: 120_000 }, async () => {
  await using dir = await TempDir.create();
  await using server = await ServerProcess.start(dir);
  const small = await server.registerSample('small');
  await server.takeBackup(small, 'warm-up');
  await createSampleDatabase(dir.join('large.db'), { sizeBytes: 300 * 1000 * 1000 });
  const large = await server.register('large', `sqlite:${dir.join('large.db')}`);
  const before = await server.residentBytes();

  const backupId = await server.beginBackup(large, 'large');
  const over = new AbortController();
  const ending = server.waitForEnd(backupId).finally(() => {
    over.abort();
  });
  let highest = before;
  while (!over.signal.aborted) highest = Math.max(highest, await server.residentBytes());

  const { status, sizeBytes } = await ending;
  expect(status).toBe('COMPLETED');
  expect(sizeBytes).toBeGreaterThan(300 * 1000 * 1000);
  expect((highest - before) / MEBIBYTE).toBeLessThan(150);
});
