import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ArtifactStoreError } from '../../src/artifacts/artifact-store.js';
import type { BackupFolder } from '../../src/artifacts/artifact-store.js';
import { FilesystemArtifactStore } from '../../src/artifacts/filesystem-artifact-store.js';
import { canMount, Mount } from '../support/mounts.js';
import { TempDir } from '../support/temp-dir.js';
import { artifactStoreContract } from './artifact-store.contract.js';
import { chunksOf, FILE, never } from './artifact-store-subject.js';

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('the file system as a store', () => {
  artifactStoreContract(async () => {
    const dir = await TempDir.create();
    return {
      store: new FilesystemArtifactStore(dir.path),
      listFiles: () => listFiles(dir.path),
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    };
  });

  test('keeps a file as <project>/<backup>/<name>, for no stranger to read', async () => {
    await using dir = await TempDir.create();
    const store = new FilesystemArtifactStore(dir.join('store'));
    await store.put(FILE, chunksOf(Buffer.from('content')), never());

    const path = dir.join('store', 'default', 'b-1', 'shop.db.sqlite.zst');
    expect(await readFile(path, 'utf8')).toBe('content');
    expect((await stat(path)).mode & 0o007).toBe(0);
    expect((await stat(join(path, '..'))).mode & 0o007).toBe(0);
    expect(store.location).toBe(dir.join('store'));
  });

  test('lists no foreign files and folders, and what cannot be read among them', async () => {
    await using dir = await TempDir.create();
    const store = new FilesystemArtifactStore(dir.path);
    await store.put({ ...FILE, name: 'manifest.json' }, chunksOf(Buffer.from('{}')), never());
    await mkdir(dir.join('lost+found'), { mode: 0o000 });
    await mkdir(dir.join('default', 'b-2', 'manifest.json', 'x'), { recursive: true });
    await mkdir(dir.join('empty'));
    await writeFile(dir.join('README'), 'Backups.');
    await writeFile(dir.join('default', 'notes.txt'), '');
    await writeFile(dir.join('default', 'manifest.json'), '{}');

    const listed: BackupFolder[] = [];
    for await (const folder of store.list(never())) listed.push(folder);

    expect(listed).toEqual([{ project: 'default', backupId: 'b-1' }]);
  });

  test('takes the manifest of a backup away before anything else, and keeps the rest when it cannot', async () => {
    await using dir = await TempDir.create();
    const store = new FilesystemArtifactStore(dir.path);
    await store.put(FILE, chunksOf(Buffer.from('content')), never());
    await mkdir(dir.join('default', 'b-1', 'manifest.json'));

    expect(await errorOf(store.remove(FILE))).toBeInstanceOf(ArtifactStoreError);
    expect(await listFiles(dir.path)).toEqual(['default/b-1/shop.db.sqlite.zst']);
  });

  test('is unavailable where its folder cannot be made', async () => {
    await using dir = await TempDir.create();
    await writeFile(dir.join('file'), '');
    const store = new FilesystemArtifactStore(dir.join('file', 'store'));
    const put = async (): Promise<number> => store.put(FILE, chunksOf(Buffer.from('x')), never());
    for (const work of [async (): Promise<void> => store.checkWritable(), put]) {
      const error = await errorOf(work());
      expect(error).toBeInstanceOf(ArtifactStoreError);
      expect(error).toMatchObject({ isFull: false });
    }
    expect(await store.findSize(FILE)).toBeNull();
  });

  test('is unavailable where a folder stands in the way of a file', async () => {
    await using dir = await TempDir.create();
    const store = new FilesystemArtifactStore(dir.path);
    await mkdir(dir.join('default', 'b-1', FILE.name), { recursive: true });
    const error = await errorOf(store.put(FILE, chunksOf(Buffer.from('x')), never()));
    expect(error).toBeInstanceOf(ArtifactStoreError);
    expect(await listFiles(dir.path)).toEqual([]);
  });

  test.skipIf(!canMount)('is full when the disk is, and leaves nothing behind', async () => {
    await using mount = await Mount.tmpfs('1m');
    const store = new FilesystemArtifactStore(mount.path);
    await store.put({ ...FILE, name: 'small' }, chunksOf(randomBytes(100_000)), never());

    const chunks = Array.from({ length: 32 }, () => randomBytes(64 * 1024));
    const error = await errorOf(store.put(FILE, chunksOf(...chunks), never()));

    expect(error).toBeInstanceOf(ArtifactStoreError);
    expect(error).toMatchObject({ isFull: true });
    expect(await listFiles(mount.path)).toEqual(['default/b-1/small']);
    // The room that the failed file had taken is free again.
    await store.put(FILE, chunksOf(...chunks.slice(0, 12)), never());
  });

  test.skipIf(!canMount)('is unavailable when it is read-only', async () => {
    await using dir = await TempDir.create();
    await new FilesystemArtifactStore(dir.path).put(FILE, chunksOf(Buffer.from('content')), never());
    await chmod(dir.path, 0o755);
    await using mount = await Mount.readOnly(dir.path);
    const store = new FilesystemArtifactStore(mount.path);

    expect(await store.findSize(FILE)).toBe(7);
    const put = async (): Promise<number> => store.put(FILE, chunksOf(Buffer.from('x')), never());
    const remove = async (): Promise<void> => store.remove(FILE);
    for (const work of [async (): Promise<void> => store.checkWritable(), put, remove]) {
      const error = await errorOf(work());
      expect(error).toBeInstanceOf(ArtifactStoreError);
      expect(error).toMatchObject({ isFull: false });
    }
    expect(await store.findSize(FILE)).toBe(7);
  });
});
