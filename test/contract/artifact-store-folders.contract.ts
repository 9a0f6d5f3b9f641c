import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MANIFEST_NAME } from '../../src/artifacts/manifest.js';
import { chunksOf, FILE, never } from './artifact-store-subject.js';
import type { StoreSubject } from './artifact-store-subject.js';

/** What every artifact store promises of the folders of backups. */
export function backupFoldersContract(create: () => Promise<StoreSubject>): void {
  describe('removing a backup', () => {
    test('removes all its files, and no others', async () => {
      await using subject = await create();
      const { store } = subject;
      const others = [
        { ...FILE, backupId: 'b-10' },
        { ...FILE, project: 'other' },
      ];
      for (const file of [FILE, { ...FILE, name: MANIFEST_NAME }, ...others]) {
        await store.put(file, chunksOf(Buffer.from('x')), never());
      }
      await store.remove(FILE);
      expect(await store.findSize(FILE)).toBeNull();
      expect(await subject.listFiles()).toHaveLength(2);
      for (const file of others) expect(await store.findSize(file)).toBe(1);
    });

    test('is fine when it is gone already, or never was', async () => {
      await using subject = await create();
      await subject.store.remove(FILE);
      await subject.store.put(FILE, chunksOf(Buffer.from('x')), never());
      await subject.store.remove(FILE);
      await subject.store.remove(FILE);
      await subject.store.remove({ project: 'never', backupId: 'was' });
    });

    test('removes files that are unfinished, too', async () => {
      await using subject = await create();
      const { store } = subject;
      let listed: readonly string[] = [];
      async function* removed(): AsyncGenerator<Uint8Array> {
        yield randomBytes(1000);
        await store.remove(FILE);
        listed = await subject.listFiles();
      }
      // What becomes of the put itself is not promised: its file was taken from under it.
      await store.put(FILE, removed(), never()).catch(() => undefined);
      expect(listed).toEqual([]);
    });
  });

  describe('listing the backups', () => {
    test('tells all that have a manifest, of every project, and no others', async () => {
      await using subject = await create();
      const { store } = subject;
      const put = (project: string, backupId: string, name: string): Promise<number> =>
        store.put({ project, backupId, name }, chunksOf(Buffer.from('x')), never());
      const finished = Array.from({ length: 30 }, (_value, index) => ({
        project: index % 2 === 0 ? 'default' : 'other_project-2',
        backupId: `b-${index}`,
      }));
      for (const { project, backupId } of finished) {
        await put(project, backupId, 'shop.db.sqlite.zst');
        await put(project, backupId, MANIFEST_NAME);
      }
      await put('default', 'unfinished', 'shop.db.sqlite.zst');
      await put('default', 'unfinished', `${MANIFEST_NAME}.zst`);
      await put('.foreign', 'folder', MANIFEST_NAME);

      const listed: string[] = [];
      for await (const { project, backupId } of store.list(never())) listed.push(`${project}/${backupId}`);

      expect(listed.sort()).toEqual(finished.map(({ project, backupId }) => `${project}/${backupId}`).sort());
    });

    test('finds none in a store that was never written to', async () => {
      await using subject = await create();
      for await (const folder of subject.store.list(never())) expect.fail(`there is ${folder.backupId}`);
    });

    test('ends when the signal is aborted', async () => {
      await using subject = await create();
      for (const backupId of ['b-1', 'b-2', 'b-3']) {
        await subject.store.put({ ...FILE, backupId, name: MANIFEST_NAME }, chunksOf(Buffer.from('x')), never());
      }
      const aborting = new AbortController();
      const reason = new Error('enough');
      const listing = async (): Promise<void> => {
        for await (const _folder of subject.store.list(aborting.signal)) aborting.abort(reason);
      };
      await expect(listing()).rejects.toBe(reason);
    });
  });
}
