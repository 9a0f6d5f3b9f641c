import { expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import type { DatabaseEngine } from '../../src/engines/database-engine.js';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { errorOf } from '../support/dumps.js';
import { aim, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { restorerFaultContract, restorerProofContract } from './database-restorer-faults.contract.js';
import { dumpOf, stateOf } from './restorer-subject.js';
import type { RestorerSubject } from './restorer-subject.js';

async function restore(engine: DatabaseEngine, target: AbandonTarget, dump: TakenDump): Promise<void> {
  await engine.stageRestore(target, toLoad(dump));
  expect(await engine.commitRestore(target)).toBe(true);
}

async function listNames({ createEngine, url }: RestorerSubject): Promise<readonly string[]> {
  return (await createEngine().listDatabases(url, new AbortController().signal)).map(({ name }) => name);
}

/** What every engine promises of restores. */
export function databaseRestorerContract(create: () => Promise<RestorerSubject>): void {
  restoringContract(create);
  abandoningContract(create);
  restorerFaultContract(create);
  restorerProofContract(create);
}

function restoringContract(create: () => Promise<RestorerSubject>): void {
  test('records of a dump how many rows each table has', async () => {
    await using subject = await create();
    for (const name of subject.databases) {
      const { contents } = await dumpOf(subject, name);
      expect(contents?.tables).toEqual(await subject.countRows(name));
    }
  });

  test('restores a dump under a new name, with all that its source holds', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await subject.listEverything();
    await restore(engine, await aim(subject, { database: 'shop_new' }), await dumpOf(subject));
    expect(await subject.contentOf('shop_new')).toEqual(await subject.contentOf(subject.databases[0]));
    expect(await listNames(subject)).toContain('shop_new');
    expect((await subject.listEverything()).filter((name) => !before.includes(name))).toEqual(['shop_new']);
  });

  test('restores to names that need care', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const dump = await dumpOf(subject);
    const expected = await subject.contentOf(subject.databases[0]);
    for (const database of subject.oddNames) {
      expect(await engine.findNameFault(subject.url, database)).toBeNull();
      await restore(engine, await aim(subject, { database }), dump);
      expect(await listNames(subject)).toContain(database);
      expect(await subject.contentOf(database)).toEqual(expected);
    }
  });

  test('says why a name is no good', async () => {
    await using subject = await create();
    for (const name of subject.faultyNames) {
      expect(await subject.createEngine().findNameFault(subject.url, name)).toMatch(/^[A-Z].*\.$/s);
    }
  });

  test('replaces a database where it may, and leaves nothing beside', async () => {
    await using subject = await create();
    const [source, database] = subject.databases;
    const before = await subject.listEverything();
    const expected = await subject.contentOf(source);
    const target = await aim(subject, { database, overwrite: true });
    await restore(subject.createEngine(), target, await dumpOf(subject));
    expect(await subject.contentOf(database)).toEqual(expected);
    expect(await subject.contentOf(source)).toEqual(expected);
    expect(await subject.listEverything()).toEqual(before);
  });

  test('replaces the database that the dump was taken of', async () => {
    await using subject = await create();
    const [database] = subject.databases;
    const before = await stateOf(subject);
    await restore(subject.createEngine(), await aim(subject, { database, overwrite: true }), await dumpOf(subject));
    expect(await stateOf(subject)).toEqual(before);
  });

  test('refuses to replace a database where it may not, and leaves it as it is', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const target = await aim(subject, { database: subject.databases[1] });
    const error = await errorOf(restore(engine, target, await dumpOf(subject)));
    expect(error).toMatchObject({
      name: 'RestoreFailedError',
      code: RestoreFailureCode.TARGET_EXISTS,
      message: expect.stringMatching(/^[A-Z].*\.$/s),
    });
    await engine.abandonRestore(target);
    expect(await stateOf(subject)).toEqual(before);
  });

  test('has its own version accepted, and finds its programs', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const product = await engine.checkHealth(subject.url, new AbortController().signal);
    expect(engine.acceptsDumpsOf(product.engineVersion, product.engineVersion)).toBe(true);
    await engine.assertRestoreTools(product);
  });

  test('restores more than one dump at the same time', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const dump = await dumpOf(subject);
    const names = ['first_new', 'second_new'];
    const targets = await Promise.all(names.map((database) => aim(subject, { database })));
    await Promise.all(targets.map((target) => restore(engine, target, dump)));
    const expected = await subject.contentOf(subject.databases[0]);
    for (const name of names) expect(await subject.contentOf(name)).toEqual(expected);
  });
}

function abandoningContract(create: () => Promise<RestorerSubject>): void {
  test.each([false, true])(
    'shows nothing staged, and takes it back when it is abandoned: overwrite %s',
    async (overwrite) => {
      await using subject = await create();
      const engine = subject.createEngine();
      const before = await stateOf(subject);
      const names = await listNames(subject);
      const target = await aim(subject, { database: overwrite ? subject.databases[1] : 'shop_new', overwrite });
      await engine.stageRestore(target, toLoad(await dumpOf(subject)));
      expect(await listNames(subject)).toEqual(names);
      expect((await engine.probe(subject.url, target.signal)).databases.map(({ name }) => name)).toEqual(names);
      expect(await stateOf(subject)).not.toEqual(before);
      await subject.createEngine().abandonRestore(target);
      expect(await stateOf(subject)).toEqual(before);
    },
  );

  test('may be abandoned more than once, also when there was nothing', async () => {
    await using subject = await create();
    const before = await stateOf(subject);
    const target = await aim(subject, { database: 'shop_new' });
    await subject.createEngine().abandonRestore(target);
    await subject.createEngine().stageRestore(target, toLoad(await dumpOf(subject)));
    await subject.createEngine().abandonRestore(target);
    await subject.createEngine().abandonRestore(target);
    expect(await stateOf(subject)).toEqual(before);
  });

  test.each([false, true])(
    'is finished by another server, and again, and stays so: overwrite %s',
    async (overwrite) => {
      await using subject = await create();
      const [source, other] = subject.databases;
      const target = await aim(subject, { database: overwrite ? other : 'shop_new', overwrite });
      await subject.createEngine().stageRestore(target, toLoad(await dumpOf(subject)));
      expect(await subject.createEngine().commitRestore(target)).toBe(true);
      const restored = await stateOf(subject);
      expect(await subject.createEngine().commitRestore(target)).toBe(true);
      await subject.createEngine().abandonRestore(target);
      expect(await stateOf(subject)).toEqual(restored);
      expect(await subject.contentOf(target.database)).toEqual(await subject.contentOf(source));
    },
  );

  test('can be restored to again after it was abandoned', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const dump = await dumpOf(subject);
    const target = await aim(subject, { database: 'shop_new' });
    await engine.stageRestore(target, toLoad(dump));
    await engine.abandonRestore(target);
    await restore(engine, await aim(subject, { database: 'shop_new' }), dump);
    expect(await subject.contentOf('shop_new')).toEqual(await subject.contentOf(subject.databases[0]));
  });
}
