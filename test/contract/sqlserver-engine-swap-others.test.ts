import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { toReplacedName, toStagedName } from '../../src/engines/staging-name.js';
import { errorOf } from '../support/dumps.js';
import { NEW_TABLES, OLD_TABLES, RestoreLab } from '../support/sqlserver/restore-lab.js';
import { TdsClient } from '../support/tds-server/tds-client.js';

const GIVES_NAME = /^ALTER DATABASE \[rds_restore_\w+\] MODIFY NAME = \[shop\]$/;
const PUTS_BACK = /^ALTER DATABASE \[rds_replaced_\w+\] MODIFY NAME = \[shop\]$/;
const STRANGER = { 'dbo.mine': ['mine'] };

let lab: RestoreLab;
beforeEach(async () => {
  lab = await RestoreLab.start();
});
afterEach(async () => lab[Symbol.asyncDispose]());

function tablesOf(name: string): unknown {
  return lab.model.state.get(name).tables;
}

describe('a database that somebody creates by the name while the old one is aside', () => {
  function expectNothingTouched({ stagingId }: AbandonTarget): void {
    expect(tablesOf('shop')).toEqual(STRANGER);
    expect(tablesOf(toReplacedName(stagingId))).toEqual(OLD_TABLES);
    expect(tablesOf(toStagedName(stagingId))).toEqual(NEW_TABLES);
  }

  function halfReplaced({ stagingId }: AbandonTarget): object {
    const names = `half replaced: the old one is named ${toReplacedName(stagingId)} there, the new one ${toStagedName(stagingId)}`;
    const sentence = new RegExp(
      `database shop is ${names}\\W+somebody has created a database named shop meanwhile`,
      'i',
    );
    return { name: 'EngineUnreachableError', message: expect.stringMatching(sentence) };
  }

  async function meetStranger(): Promise<AbandonTarget> {
    const target = await lab.stage();
    const hold = lab.model.holdOn(GIVES_NAME);
    const error = errorOf(lab.engine.commitRestore(target));
    await hold.reached();
    lab.model.add('shop', { tables: STRANGER });
    hold.release();
    expect(await error).toMatchObject(halfReplaced(target));
    expectNothingTouched(target);
    return target;
  }

  test('keeps the swap from going on either way, and has nothing dropped', async () => {
    const target = await meetStranger();
    expect(await errorOf(lab.engine.commitRestore(target))).toMatchObject(halfReplaced(target));
    expect(await errorOf(lab.engine.abandonRestore(target))).toMatchObject(halfReplaced(target));
    expectNothingTouched(target);
  });

  test('once it is gone lets the next commit go on', async () => {
    const target = await meetStranger();
    lab.model.state.remove('shop');
    expect(await lab.engine.commitRestore(target)).toBe(true);
    expect(lab.model.state.get('shop')).toMatchObject({ tables: NEW_TABLES, owner: 'clerk', userAccess: 'MULTI_USER' });
    expect(await lab.listEverything()).toEqual(['shop']);
  });

  test('once it is gone lets the restore be taken back', async () => {
    const target = await meetStranger();
    lab.model.state.remove('shop');
    await lab.engine.abandonRestore(target);
    expect(lab.model.state.get('shop')).toMatchObject({ tables: OLD_TABLES, owner: 'clerk', userAccess: 'MULTI_USER' });
    expect(await lab.listEverything()).toEqual(['shop']);
  });

  test('in the very instant of putting the old one back costs nobody anything', async () => {
    const target = await lab.stage();
    lab.model.cutOn(GIVES_NAME);
    expect(await errorOf(lab.engine.commitRestore(target))).toMatchObject({ name: 'EngineUnreachableError' });
    const hold = lab.model.holdOn(PUTS_BACK);
    const error = errorOf(lab.engine.abandonRestore(target));
    await hold.reached();
    lab.model.add('shop', { tables: STRANGER });
    hold.release();
    expect(await error).toMatchObject({ message: expect.stringContaining("Database 'shop' already exists") });
    expectNothingTouched(target);
  });
});

test('a database that somebody creates by a new name is left to them', async () => {
  const target = await lab.stage({ database: 'shop_new', overwrite: false });
  const hold = lab.model.holdOn(/MODIFY NAME = \[shop_new\]$/);
  const error = errorOf(lab.engine.commitRestore(target));
  await hold.reached();
  lab.model.add('shop_new', { tables: STRANGER });
  hold.release();
  expect(await error).toMatchObject({ name: 'RestoreFailedError' });
  await lab.engine.abandonRestore(target);
  expect(await lab.listEverything()).toEqual(['shop', 'shop_new']);
  expect(tablesOf('shop_new')).toEqual(STRANGER);
});

test('sessions of others in the old one are ended, and those elsewhere go on', async () => {
  const { port } = lab.model.server;
  await using inside = await TdsClient.connect({ port });
  await using outside = await TdsClient.connect({ port });
  await inside.batch('USE [shop]');
  await outside.batch('USE master');
  const ended = once(inside.connection, 'end');
  expect(await lab.engine.commitRestore(await lab.stage())).toBe(true);
  await ended;
  await outside.batch('USE [shop]');
  expect(tablesOf('shop')).toEqual(NEW_TABLES);
});

test('a session that has taken the only place of a swap that was broken off is ended, too', async () => {
  const target = await lab.stage();
  lab.model.cutOn(/^ALTER DATABASE \[shop\] MODIFY NAME/);
  expect(await errorOf(lab.engine.commitRestore(target))).toMatchObject({ name: 'EngineUnreachableError' });
  expect(lab.model.state.get('shop').userAccess).toBe('SINGLE_USER');
  await using intruder = await TdsClient.connect({ port: lab.model.server.port });
  await intruder.batch('USE [shop]');
  const outcome = await errorOf(lab.engine.commitRestore(target));
  // Whether the server lets the swap go on is its affair: what it says is told, and all is whole.
  if (outcome !== null) {
    expect(outcome).toMatchObject({ name: 'RestoreFailedError', message: expect.stringContaining('single') });
    expect(tablesOf('shop')).toEqual(OLD_TABLES);
    await intruder[Symbol.asyncDispose]();
    expect(await lab.engine.commitRestore(target)).toBe(true);
  }
  expect(lab.model.state.get('shop')).toMatchObject({ tables: NEW_TABLES, userAccess: 'MULTI_USER' });
  expect(await lab.listEverything()).toEqual(['shop']);
});

test('a database that its operator keeps for himself stays so when the restore ends before its commit', async () => {
  lab.model.state.get('shop').userAccess = 'SINGLE_USER';
  await lab.engine.abandonRestore({ ...(await lab.stage()), isCommitBegun: false });
  expect(lab.model.state.get('shop')).toMatchObject({ tables: OLD_TABLES, userAccess: 'SINGLE_USER' });
  expect(await lab.listEverything()).toEqual(['shop']);
});

test.each([
  ['the primary of an availability group', { isPrimaryReplica: true }],
  ['the principal of a mirroring session', { mirroringRole: 1 }],
])('%s is not replaced, and says what to do', async (_what, more) => {
  lab.model.add('shop', { tables: OLD_TABLES, owner: 'clerk', ...more });
  const target = await lab.aim();
  const error = await errorOf(lab.stage(target).then(async () => lab.engine.commitRestore(target)));
  expect(error).toMatchObject({
    name: 'RestoreFailedError',
    message:
      'Database shop cannot be restored: the one to be replaced belongs to an availability group or a mirroring session. Take it out of that first. Or restore under another name.',
  });
  await lab.engine.abandonRestore(target);
  expect(lab.model.state.get('shop')).toMatchObject({ tables: OLD_TABLES, owner: 'clerk', userAccess: 'MULTI_USER' });
  expect(lab.model.statements.filter((sql) => sql.includes('ALTER DATABASE [shop]'))).toEqual([]);
  expect(await lab.listEverything()).toEqual(['shop']);
});

test('the new one has the owner of the old one, or the login where that may not give it', async () => {
  expect(await lab.engine.commitRestore(await lab.stage())).toBe(true);
  expect(lab.model.state.get('shop').owner).toBe('clerk');
  lab.model.failOn(/^ALTER AUTHORIZATION/, { number: 15151, message: "Cannot find the principal 'clerk'." });
  expect(await lab.engine.commitRestore(await lab.stage())).toBe(true);
  expect(lab.model.state.get('shop')).toMatchObject({ tables: NEW_TABLES, owner: 'backup', userAccess: 'MULTI_USER' });
});

test('a database is found whatever the case of its name, as the server finds it', async () => {
  expect(await lab.engine.commitRestore(await lab.stage({ database: 'SHOP' }))).toBe(true);
  expect(await lab.listEverything()).toEqual(['SHOP']);
  expect(tablesOf('shop')).toEqual(NEW_TABLES);
});

test('what is aside and cannot be dropped is told as left, and is dropped later', async () => {
  const target = await lab.stage();
  lab.model.failOn(/^DROP DATABASE/, { number: 3702, message: 'Cannot drop database because it is currently in use.' });
  expect(await lab.engine.commitRestore(target)).toBe(false);
  expect(tablesOf('shop')).toEqual(NEW_TABLES);
  expect(await lab.listEverything()).toEqual([toReplacedName(target.stagingId), 'shop']);
  await lab.engine.abandonRestore(target);
  expect(await lab.listEverything()).toEqual(['shop']);
  expect(await lab.engine.commitRestore(target)).toBe(true);
});
