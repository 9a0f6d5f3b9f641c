import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deleteOne, waitUntilGone } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { canMount, Mount } from '../support/mounts.js';
import { SqliteFile } from '../support/sqlite.js';
import { listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

test.each([
  ['no file', []],
  ['the manifest', ['manifest.json']],
])('a deletion that a crash has broken off with %s removed is finished by the next start', async (_what, removed) => {
  const engine = new FakeEngine();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await first.register('shop', 'fake://db1');
  const { id } = await first.takeBackup(instanceId, 'first');
  const { id: kept } = await first.takeBackup(instanceId, 'kept');
  await first.app.stop();
  {
    await using catalog = await SqliteFile.open(first.catalogFile);
    await catalog.exec(`UPDATE backups SET status = 'DELETING' WHERE id = '${id}'`);
  }
  for (const name of removed) await rm(join(first.artifacts, 'default', id, name));

  await using second = await TestApp.start({ dir: first.dir, overrides: { engines: [engine] } });

  await waitUntilGone(second, id);
  expect(await readdir(join(second.artifacts, 'default'))).toEqual([kept]);
});

test.skipIf(!canMount)('a backup whose store cannot be written to stays DELETING until that is over', async () => {
  const engine = new FakeEngine();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const { id } = await first.takeBackup(await first.register('shop', 'fake://db1'), 'first');
  await first.app.stop();
  {
    await using frozen = await Mount.readOnly(first.artifacts);
    const env = { ARTIFACT_STORE: frozen.path };
    await using second = await TestApp.start({ dir: first.dir, env, overrides: { engines: [engine] } });

    expect(await deleteOne(second, id)).toBe('ACCEPTED');

    await second.app.stop();
    expect((await listFiles(first.artifacts)).length).toBe(2);
  }
  await using third = await TestApp.start({ dir: first.dir, overrides: { engines: [engine] } });
  await waitUntilGone(third, id);
  expect(await listFiles(third.artifacts)).toEqual([]);
});
