import { expect, test } from 'vitest';
import { deleteInstance } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { collectReads } from '../support/statement-count.js';
import { TestApp } from '../support/test-app.js';

const LOCATIONS = '{ locations { region project } }';

test('offers no region and no project while there is nothing', async () => {
  await using app = await TestApp.start();

  expect((await app.graphql(LOCATIONS)).data).toEqual({ locations: [] });
});

test('offers each region and project that has an instance, or a backup that outlives its own, in one statement', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  await app.register('shop', 'fake://a');
  await app.register('shop', 'fake://b', { region: 'eu-1', project: 'sales' });
  await app.register('notes', 'fake://c', { region: 'eu-1', project: 'sales' });
  const gone = await app.register('gone', 'fake://d', { region: 'eu-1', project: 'archive' });
  await app.takeBackup(gone, 'last-one');
  await deleteInstance(app, gone);
  const bare = await app.register('bare', 'fake://e', { region: 'us-1' });
  await deleteInstance(app, bare);

  const statements = await collectReads(async () => {
    expect((await app.graphql(LOCATIONS)).data).toEqual({
      locations: [
        { region: 'eu-1', project: 'archive' },
        { region: 'eu-1', project: 'sales' },
        { region: 'local', project: 'default' },
      ],
    });
  });
  expect(statements).toHaveLength(1);
});
