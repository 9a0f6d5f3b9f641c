import { expect, test, vi } from 'vitest';
import { AuditRepository } from '../../src/catalog/audit-repository.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import {
  auditEvents,
  codeOf,
  deleteEach,
  deleteInstance,
  restore,
  restoreBackup,
  verify,
  waitUntilGone,
} from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const PASSWORD = 'correct-horse-battery-staple';
const URL_WITH_PASSWORD = `fake://backup:${PASSWORD}@db1:1433`;
const NO_ID = '00000000-0000-7000-8000-000000000000';

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
}

async function start(): Promise<Lab> {
  const engine = new FakeEngine();
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', URL_WITH_PASSWORD);
  return { app, engine, instanceId, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

/** What, how it ended, and by whom. */
async function summaries(app: TestApp): Promise<readonly string[]> {
  return (await auditEvents(app)).map(
    ({ action, outcome, code, caller }) => `${action} ${outcome}${code === null ? '' : ` ${code}`} by ${caller}`,
  );
}

test('tells of every act who, what and how it ended', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  await app.updateInstance(instanceId, { name: 'renamed' });
  await verify(app, backupId, 'CHECKSUM');
  const { id: restoreId } = await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  const hold = engine.hold();
  const cancelled = await app.beginBackup(instanceId, 'second');
  await hold.reached();
  await app.cancelBackup(cancelled);
  hold.release();
  await app.waitForEnd(cancelled);
  await deleteEach(app, [backupId]);
  await waitUntilGone(app, backupId);
  await deleteInstance(app, instanceId);

  const events = await auditEvents(app);

  const who = events[0]?.caller ?? '';
  expect(who).not.toBe('server');
  expect((await summaries(app)).map((line) => line.replace(who, 'us'))).toEqual([
    'REGISTER_INSTANCE COMPLETED by us',
    'CREATE_BACKUP ACCEPTED by us',
    'CREATE_BACKUP COMPLETED by server',
    'UPDATE_INSTANCE COMPLETED by us',
    'VERIFY_BACKUP ACCEPTED by us',
    'VERIFY_BACKUP COMPLETED by server',
    'RESTORE_BACKUP ACCEPTED by us',
    'RESTORE_BACKUP COMPLETED by server',
    'CREATE_BACKUP ACCEPTED by us',
    'CANCEL_BACKUP COMPLETED by us',
    'CREATE_BACKUP FAILED CANCELLED by server',
    'DELETE_BACKUP ACCEPTED by us',
    'DELETE_BACKUP COMPLETED by server',
    'DELETE_INSTANCE COMPLETED by us',
  ]);
  for (const { caller, requestId, instanceId: about, occurredAt } of events) {
    expect(requestId === null).toBe(caller === 'server');
    expect(about).toBe(instanceId);
    expect(Math.abs(Date.now() - Date.parse(occurredAt))).toBeLessThan(60_000);
  }
  const restored = events.filter(({ action }) => action === 'RESTORE_BACKUP');
  expect(restored.map((event) => [event.restoreId, event.backupId])).toEqual([
    [restoreId, backupId],
    [restoreId, backupId],
  ]);
  expect(restored[0]?.details).toBe('Backup first to instance renamed: main, replacing what is there.');
});

test('tells of every refusal once, with its code', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const before = (await auditEvents(app)).length;

  const refusals = [
    await app.createBackup(instanceId, 'first'),
    await app.createBackup(NO_ID, 'second'),
    await app.cancelBackup(backupId),
    await app.updateInstance(NO_ID, { name: 'renamed' }),
    await restoreBackup(app, { backupId, targetInstanceId: instanceId }),
    await restoreBackup(app, { backupId: 'a\0b', targetInstanceId: instanceId }),
    await deleteInstance(app, NO_ID),
  ];
  await deleteEach(app, [NO_ID]);

  const written = (await auditEvents(app)).slice(before);
  expect(written.map(({ outcome, code }) => `${outcome} ${code ?? ''}`)).toEqual(
    [...refusals.map(codeOf), 'BACKUP_NOT_FOUND'].map((code) => `REFUSED ${code}`),
  );
  expect(written.map(({ details }) => details)).not.toContain(null);
  expect(written.every(({ requestId }) => requestId !== null)).toBe(true);
});

test('tells how work failed', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  engine.stageFault = new Error('broken');
  await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  engine.losesRow = true;
  await verify(app, backupId, 'RESTORE');

  const failed = await auditEvents(app, { outcome: 'FAILED' });

  expect(failed.map(({ action, code }) => [action, code])).toEqual([
    ['RESTORE_BACKUP', 'RESTORE_FAILED'],
    ['VERIFY_BACKUP', 'VERIFICATION_FAILED'],
  ]);
  expect(failed[1]?.details).toContain('table rows has 9999 rows');
});

test('holds no secret, whatever was refused', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  engine.fault = new EngineUnreachableError('the login was refused.');
  await expect(app.register('other', URL_WITH_PASSWORD)).rejects.toThrow();
  await expect(app.register('other', `sqlite://user:${PASSWORD}@host/a.db`)).rejects.toThrow();
  await expect(app.register('other', `nothing://user:${PASSWORD}@host`)).rejects.toThrow();
  await app.updateInstance(instanceId, { url: URL_WITH_PASSWORD.replace('db1', 'db2') });
  await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });

  const events = await auditEvents(app);

  expect(events.filter(({ action }) => action === 'REGISTER_INSTANCE')).toHaveLength(4);
  expect(JSON.stringify(events)).not.toContain(PASSWORD);
});

test('is paged and filtered', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const other = await app.register('other', 'fake://db2');
  for (let count = 0; count < 5; count += 1) await app.createBackup(NO_ID, 'first');

  const ids: string[] = [];
  for (let after: string | null = null; ;) {
    const { data } = await app.graphql(
      `query ($after: String) { auditEvents(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { id } } }`,
      { after },
    );
    const { nodes, pageInfo, totalCount } = data.auditEvents;
    expect(totalCount).toBe(9);
    ids.push(...nodes.map(({ id }: { id: string }) => id));
    if (pageInfo.hasNextPage !== true) break;
    after = pageInfo.endCursor as string;
  }
  const all = await auditEvents(app);

  expect(ids).toEqual(all.map(({ id }) => id).reverse());
  const actionsOf = async (filter: object): Promise<readonly string[]> =>
    (await auditEvents(app, { ...filter })).map(({ action }) => action);
  expect(await actionsOf({ action: 'REGISTER_INSTANCE' })).toHaveLength(2);
  expect(await actionsOf({ outcome: 'REFUSED' })).toHaveLength(5);
  expect(await actionsOf({ instanceId: other })).toEqual(['REGISTER_INSTANCE']);
  expect(await actionsOf({ backupId })).toEqual(['CREATE_BACKUP', 'CREATE_BACKUP']);
  expect(await actionsOf({ caller: 'server' })).toEqual(['CREATE_BACKUP']);
  expect(await actionsOf({ caller: 'a\0b' })).toEqual([]);
  expect(await actionsOf({ occurredAfter: '2999-01-01T00:00:00Z' })).toEqual([]);
  expect(await actionsOf({ occurredBefore: all[2]?.occurredAt })).not.toHaveLength(9);
  const foreign = await app.graphql('{ auditEvents(after: "bm9uc2Vuc2U=") { nodes { id } } }');
  expect(codeOf(foreign)).toBe('BAD_USER_INPUT');
});

test('writes 1,000 refusals that come at once down, each once, in few transactions', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const append = vi.spyOn(AuditRepository.prototype, 'append');

  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, index) => app.createBackup(`none-${index.toString()}`, 'first')),
  );

  const transactions = append.mock.calls.length;
  append.mockRestore();
  expect(transactions).toBeLessThan(250);
  expect(answers.every((answer) => codeOf(answer) === 'INSTANCE_NOT_FOUND')).toBe(true);
  await using catalog = await SqliteFile.open(app.catalogFile);
  const [written] = await catalog.all<{ events: number; ids: number; requests: number }>(
    'SELECT count(*) AS events, count(DISTINCT instance_id) AS ids, count(DISTINCT request_id) AS requests FROM audit_events',
  );
  expect(written).toEqual({ events: 1000, ids: 1000, requests: 1000 });
});
