import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { errorOf } from '../support/dumps.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { contentOf, RestoreLab } from '../support/sqlite-restores.js';

const engine = new SqliteEngine(null);
const OUT_OF_REACH = {
  name: 'EngineUnreachableError',
  message: expect.stringContaining('no such file or folder'),
};

describe('whether a SQLite restore was done', () => {
  test.each([false, true])(
    'is not known while its folder is out of reach, and it can be finished or taken back later: finished %s',
    async (isFinished) => {
      await using lab = await RestoreLab.create();
      await createSampleDatabase(lab.path);
      const old = await contentOf(lab.path);
      const target = await lab.stage();
      await rename(lab.folder, lab.scratch.join('elsewhere'));
      expect(await errorOf(engine.commitRestore(target))).toMatchObject(OUT_OF_REACH);
      expect(await errorOf(engine.abandonRestore(target))).toMatchObject(OUT_OF_REACH);
      await rename(lab.scratch.join('elsewhere'), lab.folder);
      if (isFinished) expect(await engine.commitRestore(target)).toBe(true);
      else await engine.abandonRestore(target);
      expect(await readdir(lab.folder)).toEqual(['shop.db']);
      expect(await contentOf(lab.path)).toBe(isFinished ? lab.content : old);
    },
  );

  test('does not depend on what cannot be removed, which is removed later', async () => {
    await using lab = await RestoreLab.create();
    await writeFile(lab.path, Buffer.alloc(8192, 0xa5));
    const target = await lab.stage();
    // A folder cannot be removed as a file.
    const aside = lab.scratch.join('data', `.rds_replaced_${target.stagingId}-shm`);
    await mkdir(aside);
    expect(await engine.commitRestore(target)).toBe(false);
    expect(await contentOf(lab.path)).toBe(lab.content);
    expect(await engine.commitRestore(target)).toBe(false);
    expect(await errorOf(engine.abandonRestore(target))).toMatchObject({ name: 'EngineUnreachableError' });
    await rm(aside, { recursive: true });
    await engine.abandonRestore(target);
    expect(await readdir(lab.folder)).toEqual(['shop.db']);
    expect(await contentOf(lab.path)).toBe(lab.content);
  });
});
