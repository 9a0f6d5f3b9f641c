import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.js';
import { BackupPhase, BackupStatus } from '../../src/domain/backup.js';
import type { Backup, BackupProgress, Lease } from '../../src/domain/backup.js';
import { completedBackup, NOON, sampleArtifact, sampleBackup, sampleLease } from '../support/samples.js';
import { complete, fail, insertBackup } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

const HALFWAY: BackupProgress = { phase: BackupPhase.COPYING, bytesDone: 500, bytesTotal: 1000 };

function at(ms: number): Date {
  return new Date(NOON.getTime() + ms);
}

async function setProgress(catalog: Catalog, { id }: Backup, owner: string): Promise<boolean> {
  return catalog.transaction(({ backups }) => backups.setProgress(id, owner, HALFWAY));
}

async function takeOver(catalog: Catalog, { id }: Backup, leases: readonly [from: Lease, to: Lease]): Promise<boolean> {
  return catalog.transaction(({ backups }) => backups.takeOver(id, ...leases));
}

async function leaseOf(catalog: Catalog, { id }: Backup): Promise<Lease | undefined> {
  return (await catalog.backups.listBuilding()).find(({ backup }) => backup.id === id)?.lease;
}

/** Who may work on a BUILDING backup, and who has lost it. */
export function leaseContract(create: CreateCatalog): void {
  test('that are BUILDING are listed with their leases, oldest first', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const newer = await insertBackup(catalog, sampleBackup({ startedAt: at(5) }), sampleLease('server-b', at(99)));
    const older = await insertBackup(catalog, sampleBackup({ startedAt: at(1) }), sampleLease('server-a', at(50)));
    await insertBackup(catalog, completedBackup());
    expect(await catalog.backups.listBuilding()).toEqual([
      { backup: older, lease: { owner: 'server-a', expiresAt: at(50) }, isCondemned: false },
      { backup: newer, lease: { owner: 'server-b', expiresAt: at(99) }, isCondemned: false },
    ]);
  });

  test('take progress from the owner of their lease alone, while they are BUILDING', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());

    expect(await setProgress(catalog, backup, 'server-b')).toBe(false);
    expect((await catalog.backups.find(backup.id))?.progress).toEqual(backup.progress);
    expect(await setProgress(catalog, backup, 'server-a')).toBe(true);
    expect((await catalog.backups.find(backup.id))?.progress).toEqual(HALFWAY);

    await complete(catalog, backup);
    expect(await setProgress(catalog, backup, 'server-a')).toBe(false);
    expect((await catalog.backups.find(backup.id))?.progress.phase).toBe(BackupPhase.DONE);
    expect(await setProgress(catalog, sampleBackup(), 'server-a')).toBe(false);
  });

  test('are ended by the owner of their lease alone', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    expect(await complete(catalog, backup, 'server-b')).toBe(false);
    expect(await fail(catalog, backup, 'server-b')).toBe(false);
    expect(await catalog.backups.find(backup.id)).toEqual(backup);
    expect(await catalog.backups.findDatabases([backup.id])).toEqual([[]]);
    expect(await complete(catalog, backup, 'server-a')).toBe(true);
  });

  test('can only fail once they are condemned, which their owner alone can do', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    const condemn = async (owner: string): Promise<boolean> =>
      catalog.transaction(({ backups }) => backups.condemn(backup.id, owner));

    expect(await condemn('server-b')).toBe(false);
    expect(await condemn('server-a')).toBe(true);
    expect(await condemn('server-a')).toBe(true);

    expect((await catalog.backups.listBuilding())[0]?.isCondemned).toBe(true);
    expect(await complete(catalog, backup, 'server-a')).toBe(false);
    expect(await fail(catalog, backup, 'server-a')).toBe(true);
    expect(await condemn('server-a')).toBe(false);
  });

  test('hold thousands of databases', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    const names = Array.from({ length: 7000 }, (_, index) => `db-${index.toString().padStart(5, '0')}`);
    const artifacts = names.map((database) => sampleArtifact({ database }));

    const isDone = await catalog.transaction(({ backups }) =>
      backups.complete(backup.id, 'server-a', { artifacts, completedAt: NOON }),
    );

    expect(isDone).toBe(true);
    expect((await catalog.backups.findDatabases([backup.id]))[0]?.map(({ name }) => name)).toEqual(names);
  });

  test('have their leases renewed, those that the owner still holds, and it learns how many', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const mine = [await insertBackup(catalog, sampleBackup()), await insertBackup(catalog, sampleBackup())];
    const lost = await insertBackup(catalog, sampleBackup(), sampleLease('server-b', at(50)));
    const ended = await insertBackup(catalog, sampleBackup());
    await fail(catalog, ended);
    const ids = [...mine, lost, ended].map(({ id }) => id);

    const renewed = await catalog.transaction(({ backups }) =>
      backups.renewLeases(ids, sampleLease('server-a', at(500))),
    );

    expect(renewed).toBe(2);
    for (const each of mine) expect(await leaseOf(catalog, each)).toEqual({ owner: 'server-a', expiresAt: at(500) });
    expect(await leaseOf(catalog, lost)).toEqual({ owner: 'server-b', expiresAt: at(50) });
    expect(await catalog.transaction(({ backups }) => backups.renewLeases([], sampleLease()))).toBe(0);
  });

  test('are taken over from a lease that is as it was read', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const read = sampleLease('server-a', at(50));
    const backup = await insertBackup(catalog, sampleBackup(), read);
    const mine = sampleLease('server-b', at(500));

    expect(await takeOver(catalog, backup, [sampleLease('server-c', at(50)), mine])).toBe(false);
    expect(await takeOver(catalog, backup, [sampleLease('server-a', at(51)), mine])).toBe(false);
    expect(await takeOver(catalog, backup, [read, mine])).toBe(true);

    expect(await leaseOf(catalog, backup)).toEqual(mine);
    expect(await setProgress(catalog, backup, 'server-a')).toBe(false);
    expect(await complete(catalog, backup, 'server-a')).toBe(false);
    expect(await fail(catalog, backup, 'server-b')).toBe(true);
  });

  test('are not taken over from an owner that has renewed its lease meanwhile', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const read = sampleLease('server-a', at(50));
    const backup = await insertBackup(catalog, sampleBackup(), read);
    await catalog.transaction(({ backups }) => backups.renewLeases([backup.id], sampleLease('server-a', at(60))));
    expect(await takeOver(catalog, backup, [read, sampleLease('server-b', at(500))])).toBe(false);
  });

  test('are taken over by one of many servers that try at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const read = sampleLease('server-a', at(50));
    const backup = await insertBackup(catalog, sampleBackup(), read);
    const tries = Array.from({ length: 20 }, (_value, index) =>
      takeOver(catalog, backup, [read, sampleLease(`server-${index}`, at(500))]),
    );
    const winners = (await Promise.all(tries)).flatMap((hasWon, index) => (hasWon ? [`server-${index}`] : []));
    expect(winners).toEqual([(await leaseOf(catalog, backup))?.owner]);
  });

  test('are not taken over once they have ended', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const read = sampleLease();
    const backup = await insertBackup(catalog, sampleBackup(), read);
    await complete(catalog, backup);
    expect(await takeOver(catalog, backup, [read, sampleLease('server-b')])).toBe(false);
    expect((await catalog.backups.find(backup.id))?.status).toBe(BackupStatus.COMPLETED);
  });
}
