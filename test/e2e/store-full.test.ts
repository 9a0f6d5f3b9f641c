import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { listFiles } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

const SIZE_BYTES = 2 * 1024 * 1024;

/** A file system of its own with little room; only root may mount one. */
class SmallFileSystem implements Disposable {
  readonly path: string;

  constructor(path: string) {
    mkdirSync(path);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES.toString()}`, 'tmpfs', path], {
      stdio: 'ignore',
    });
    this.path = path;
  }

  [Symbol.dispose](): void {
    execFileSync('/bin/umount', [this.path]);
  }
}

async function findMountFault(): Promise<string | null> {
  await using dir = await TempDir.create();
  try {
    using _mounted = new SmallFileSystem(dir.join('small'));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const fault = await findMountFault();
if (fault !== null) console.warn(`No small file system can be mounted (${fault}): tests that need one are skipped.`);

describe.skipIf(fault !== null)('on a file system with little room', () => {
  test('I4: a store without room fails the backup, and what it had written of it is removed', async () => {
    await using dir = await TempDir.create();
    using small = new SmallFileSystem(dir.join('small'));
    const store = join(small.path, 'artifacts');
    const engine = new FakeEngine();
    engine.databases = [{ name: 'main', sizeBytes: 2 * SIZE_BYTES, system: false }];
    await using app = await TestApp.start({ env: { ARTIFACT_STORE: store }, overrides: { engines: [engine] } });
    const instanceId = await app.register('shop', 'fake://db1');
    const filler = join(small.path, 'filler');
    writeFileSync(filler, Buffer.alloc(SIZE_BYTES - 64 * 1024));
    engine.script = () => ({ content: [incompressible()] });

    const { failure } = await app.takeBackup(instanceId, 'nightly');

    expect(failure?.code).toBe('STORAGE_FULL');
    expect(failure?.message).toContain('Free some space');
    expect(await listFiles(store)).toEqual([]);
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    rmSync(filler);
    expect((await app.takeBackup(instanceId, 'nightly')).status).toBe('COMPLETED');
  });

  test('I4: no room for the temporary copy fails the backup before anything is copied', async () => {
    await using dir = await TempDir.create();
    using small = new SmallFileSystem(dir.join('small'));
    await using app = await TestApp.start({
      dir,
      env: { DATA_DIR: join(small.path, 'data'), ARTIFACT_STORE: dir.join('artifacts') },
    });
    const instanceId = await app.registerSample('shop', { sizeBytes: 2 * SIZE_BYTES });

    const { failure } = await app.takeBackup(instanceId, 'nightly');

    expect(failure?.code).toBe('STORAGE_FULL');
    expect(failure?.message).toContain('DATA_DIR');
    expect(await listFiles(join(small.path, 'data', '.rds-backup-scratch'))).toEqual([]);
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  });
});

/** A quarter of the file system, which zstd cannot make smaller. */
function incompressible(): Buffer {
  return randomBytes(SIZE_BYTES / 4);
}
