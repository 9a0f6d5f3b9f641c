import { expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

test('refuses databases that cannot be backed up now, saying why, and leaves them out of a backup of all', async () => {
  const engine = new FakeEngine();
  engine.databases = [
    { name: 'archive', sizeBytes: 10, system: false, unavailableReason: 'it is offline.' },
    { name: 'shop', sizeBytes: 10, system: false },
  ];
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');

  const { errors } = await app.createBackup(instanceId, 'first', { databases: ['shop', 'archive'] });
  expect(errors?.[0]).toMatchObject({
    message: 'The database "archive" cannot be backed up now: it is offline.',
    extensions: {
      code: 'DATABASE_NOT_AVAILABLE',
      retryable: true,
      databases: [{ name: 'archive', reason: 'it is offline.' }],
    },
  });
  const { data } = await app.graphql('{ instances { nodes { databases { name unavailableReason } } } }');
  expect(data.instances).toEqual({
    nodes: [
      {
        databases: [
          { name: 'archive', unavailableReason: 'it is offline.' },
          { name: 'shop', unavailableReason: null },
        ],
      },
    ],
  });
  const { id } = await app.takeBackup(instanceId, 'whole');
  const { data: taken } = await app.graphql(`{ backup(id: "${id}") { databases { name } } }`);
  expect(taken.backup).toEqual({ databases: [{ name: 'shop' }] });
});

test('fails a backup of all databases over one that ought not to be unavailable', async () => {
  const engine = new FakeEngine();
  engine.databases = [
    { name: 'damaged', sizeBytes: 10, system: false, unavailableReason: 'it is suspect.', isBroken: true },
    { name: 'shop', sizeBytes: 10, system: false },
  ];
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const { id } = await app.takeBackup(await app.register('shop', 'fake://db1'), 'whole');
  const { data } = await app.graphql(`{ backup(id: "${id}") { databases { name } } }`);
  expect(data.backup).toEqual({ databases: [{ name: 'damaged' }, { name: 'shop' }] });
});
