import { expect, test } from 'vitest';
import { UniqueViolationError } from '../../src/catalog/catalog.js';
import { BackupPhase, BackupStatus, BackupType } from '../../src/domain/backup.js';
import { Engine } from '../../src/domain/instance.js';
import { completedBackup, NOON, sampleArtifact, sampleBackup } from '../support/samples.js';
import { complete, fail, FAILURE, insertBackup, LATER } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

export function backupContract(create: CreateCatalog): void {
  test('come back as they were put in, whatever their texts and sizes', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const building = await insertBackup(catalog, sampleBackup({ description: "it's 100 % 😀 \\ _" }));
    const completed = await insertBackup(
      catalog,
      completedBackup({
        sizeBytes: 2 ** 50 + 1,
        storedBytes: 2 ** 40,
        type: BackupType.AUTOMATED,
        includeSystemDatabases: false,
      }),
    );
    expect(await catalog.backups.find(building.id)).toEqual(building);
    expect(await catalog.backups.findMany([completed.id, 'none', building.id])).toEqual([completed, null, building]);
    expect(await catalog.backups.find('a\0b')).toBeNull();
  });

  test('have unique names in their project, case-sensitive, unless they have FAILED', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const first = await insertBackup(catalog, sampleBackup({ name: 'nightly' }));
    await insertBackup(catalog, sampleBackup({ name: 'Nightly' }));
    await insertBackup(catalog, sampleBackup({ name: 'nightly', project: 'other' }));

    const taken = insertBackup(catalog, sampleBackup({ name: 'nightly' }));
    await expect(taken).rejects.toBeInstanceOf(UniqueViolationError);
    await expect(taken).rejects.toMatchObject({ key: 'backup-name' });

    expect(await catalog.backups.findByName('default', 'nightly')).toEqual(first);
    expect(await catalog.backups.findByName('default', 'NIGHTLY')).toBeNull();
    expect(await fail(catalog, first)).toBe(true);
    expect(await catalog.backups.findByName('default', 'nightly')).toBeNull();
    const second = await insertBackup(catalog, sampleBackup({ name: 'nightly' }));
    expect(await complete(catalog, second)).toBe(true);
    expect((await catalog.backups.findByName('default', 'nightly'))?.id).toBe(second.id);
    await expect(insertBackup(catalog, sampleBackup({ name: 'nightly' }))).rejects.toMatchObject({
      key: 'backup-name',
    });
  });

  test('are one at a time for an instance while they are BUILDING', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const first = await insertBackup(catalog, sampleBackup({ instanceId: 'i-1' }));

    const second = insertBackup(catalog, sampleBackup({ instanceId: 'i-1' }));
    await expect(second).rejects.toBeInstanceOf(UniqueViolationError);
    await expect(second).rejects.toMatchObject({ key: 'building-backup' });

    await complete(catalog, first);
    const third = await insertBackup(catalog, sampleBackup({ instanceId: 'i-1' }));
    await fail(catalog, third);
    await insertBackup(catalog, sampleBackup({ instanceId: 'i-1' }));
  });

  test('of one name or one instance are inserted once, however many try at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    for (const same of [{ name: 'nightly' }, { instanceId: 'i-1' }]) {
      const tries = Array.from({ length: 20 }, () => insertBackup(catalog, sampleBackup(same)));
      const results = await Promise.allSettled(tries);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('are found as active only while they are BUILDING', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const done = await insertBackup(catalog, completedBackup({ instanceId: 'i-1' }));
    const active = await insertBackup(catalog, sampleBackup({ instanceId: 'i-2' }));
    expect(await catalog.backups.findActive(['i-1', 'i-2', 'i-3', 'i-2'])).toEqual([null, active, null, active]);
    expect(done.instanceId).toBe('i-1');
    await complete(catalog, active);
    expect(await catalog.backups.findActive(['i-2'])).toEqual([null]);
  });

  test('hold databases: user databases first, by name, replaced as a whole', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [one, two] = [await insertBackup(catalog, sampleBackup()), await insertBackup(catalog, sampleBackup())];
    const set = async (id: string, names: readonly (readonly [string, boolean])[]): Promise<void> =>
      catalog.transaction(({ backups }) =>
        backups.setDatabases(
          id,
          names.map(([name, system]) => ({ name, system })),
        ),
      );
    await set(one.id, [['old', false]]);
    await set(one.id, [
      ['b', false],
      ['a', true],
      ['B', false],
      ['a', false],
      ['ä', false],
    ]);
    await set(two.id, [['only', false]]);

    const [ofTwo, ofNone, ofOne] = await catalog.backups.findDatabases([two.id, 'none', one.id]);

    expect(ofTwo).toEqual([{ name: 'only', system: false, artifact: null }]);
    expect(ofNone).toEqual([]);
    expect(ofOne?.map(({ name, system }) => `${name}${system ? ' (system)' : ''}`)).toEqual([
      'B',
      'a',
      'b',
      'ä',
      'a (system)',
    ]);
    await set(one.id, []);
    expect(await catalog.backups.findDatabases([one.id])).toEqual([[]]);
  });

  test('become COMPLETED with their artifacts, in place of the databases that were to be held', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    const artifacts = [
      sampleArtifact({ database: 'a', originalBytes: 2 ** 40, storedBytes: 10 }),
      sampleArtifact({
        database: 'b',
        originalBytes: 5,
        storedBytes: 3,
        system: true,
        encryption: 'age',
        compression: 'none',
      }),
    ];
    await catalog.transaction(({ backups }) => backups.setDatabases(backup.id, [{ name: 'planned', system: false }]));

    await catalog.transaction(({ backups }) =>
      backups.complete(backup.id, 'server-a', { artifacts, completedAt: LATER }),
    );

    expect(await catalog.backups.find(backup.id)).toEqual({
      ...backup,
      status: BackupStatus.COMPLETED,
      progress: { phase: BackupPhase.DONE, bytesDone: 2 ** 40 + 5, bytesTotal: 2 ** 40 + 5 },
      sizeBytes: 2 ** 40 + 5,
      storedBytes: 13,
      completedAt: LATER,
      verifiedAt: LATER,
    });
    const [databases] = await catalog.backups.findDatabases([backup.id]);
    expect(databases?.map(({ artifact }) => artifact)).toEqual(artifacts);
  });

  test('become FAILED with their failure', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    await fail(catalog, backup);
    expect(await catalog.backups.find(backup.id)).toEqual({
      ...backup,
      status: BackupStatus.FAILED,
      progress: { ...backup.progress, phase: BackupPhase.DONE },
      completedAt: LATER,
      failure: FAILURE,
    });
  });

  test('end once: of completing and failing at the same time one wins', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    const ends = await Promise.all(
      Array.from({ length: 10 }, (_value, index) =>
        index % 2 === 0 ? complete(catalog, backup) : fail(catalog, backup),
      ),
    );
    expect(ends.filter(Boolean)).toHaveLength(1);
    expect([await complete(catalog, backup), await fail(catalog, backup)]).toEqual([false, false]);
  });

  test('of no ids at all are none', async () => {
    await using subject = await create();
    const { backups } = subject.catalog;
    await insertBackup(subject.catalog, sampleBackup());
    expect(await backups.findMany([])).toEqual([]);
    expect(await backups.findActive([])).toEqual([]);
    expect(await backups.findDatabases([])).toEqual([]);
    expect(await backups.countByInstance([], {})).toEqual([]);
  });

  test('that FAILED are listed as uncleaned until their files are gone', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [dirty, clean] = [await insertBackup(catalog, sampleBackup()), await insertBackup(catalog, sampleBackup())];
    await insertBackup(catalog, completedBackup());
    await catalog.transaction(({ backups }) =>
      backups.fail(dirty.id, 'server-a', { failure: FAILURE, isCleaned: false }),
    );
    await fail(catalog, clean);

    expect((await catalog.backups.listUncleaned()).map(({ id }) => id)).toEqual([dirty.id]);
    await catalog.transaction(({ backups }) => backups.markCleaned(dirty.id));
    expect(await catalog.backups.listUncleaned()).toEqual([]);
  });

  test('are counted by filter, by instance and by status', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const at = (ms: number): Date => new Date(NOON.getTime() + ms);
    await insertBackup(catalog, completedBackup({ instanceId: 'i-1', startedAt: at(0), name: 'Weekly_1' }));
    await insertBackup(catalog, completedBackup({ instanceId: 'i-1', startedAt: at(10), type: BackupType.AUTOMATED }));
    await insertBackup(
      catalog,
      sampleBackup({ instanceId: 'i-2', startedAt: at(20), region: 'eu', engine: Engine.MYSQL }),
    );
    const { backups } = catalog;

    expect(await backups.count({})).toBe(3);
    expect(await backups.count({ type: BackupType.AUTOMATED })).toBe(1);
    expect(await backups.count({ status: BackupStatus.COMPLETED, instanceId: 'i-1' })).toBe(2);
    expect(await backups.count({ region: 'eu', engine: Engine.MYSQL, project: 'default' })).toBe(1);
    expect(await backups.count({ nameContains: 'LY_1' })).toBe(1);
    expect(await backups.count({ nameContains: '%' })).toBe(0);
    expect(await backups.count({ nameContains: '\0' })).toBe(0);
    expect(await backups.count({ startedAfter: at(10) })).toBe(2);
    expect(await backups.count({ startedBefore: at(10) })).toBe(1);
    expect(await backups.count({ startedAfter: at(10), startedBefore: at(20) })).toBe(1);
    expect(await backups.countByInstance(['i-2', 'i-3', 'i-1'], {})).toEqual([1, 0, 2]);
    expect(await backups.countByInstance(['i-1'], { type: BackupType.MANUAL })).toEqual([1]);
    expect(await backups.countByStatus()).toEqual(
      new Map([
        [BackupStatus.BUILDING, 1],
        [BackupStatus.COMPLETED, 2],
      ]),
    );
  });
}
