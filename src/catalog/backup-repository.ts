import { Brackets } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { BackupPhase, BackupStatus } from '../domain/backup.js';
import type { Backup, BackupDatabase, BackupOrderField, BackupProgress, Lease } from '../domain/backup.js';
import type { Page } from '../domain/page.js';
import type {
  BackupFilter,
  BackupPageRequest,
  BackupWriter,
  CompletedBackup,
  FailedBackup,
  LeasedBackup,
} from './catalog.js';
import { translateUniqueViolation } from './dialect.js';
import { applyKeyset, containsPattern, toPage, withoutNul } from './keyset.js';
import type { SortKey } from './keyset.js';
import { toBackup, toBackupDatabase, toBackupRow, toLease } from './rows.js';
import { BackupDatabaseSchema, BackupSchema } from './schemas.js';
import type { BackupDatabaseRow, BackupRow } from './schemas.js';

const SORT_KEYS: Readonly<Record<BackupOrderField, SortKey<BackupRow>>> = {
  STARTED_AT: { column: 'started_at', type: 'number', valueOf: (row) => row.startedAt },
  NAME: { column: 'name', type: 'string', valueOf: (row) => row.name },
};

/** Which BUILDING backup, held by whom, may be written to. */
interface Held {
  readonly backupId: string;
  readonly owner?: string;
  readonly isCondemned?: false;
}

/** Rows inserted by one statement: databases limit its parameters (SQLite to 32,766, PostgreSQL to 65,535). */
const INSERT_BATCH = 500;

export class BackupRepository implements BackupWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async find(id: string): Promise<Backup | null> {
    const [backup] = await this.findMany([id]);
    return backup ?? null;
  }

  async findMany(ids: readonly string[]): Promise<readonly (Backup | null)[]> {
    // PostgreSQL, unlike SQLite, knows no empty list: so here and below.
    if (ids.length === 0) return [];
    const rows = await this.#query()
      .where('b.id IN (:...ids)', { ids: ids.map(withoutNul) })
      .getMany();
    const byId = new Map(rows.map((row) => [row.id, toBackup(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findByName(project: string, name: string): Promise<Backup | null> {
    const row = await this.#query()
      .where('b.project = :project AND b.name = :name', { project, name })
      .andWhere(`b.status <> '${BackupStatus.FAILED}'`)
      .getOne();
    return row === null ? null : toBackup(row);
  }

  async findActive(instanceIds: readonly string[]): Promise<readonly (Backup | null)[]> {
    if (instanceIds.length === 0) return [];
    const rows = await this.#query()
      .where('b.instance_id IN (:...instanceIds)', { instanceIds })
      .andWhere(`b.status = '${BackupStatus.BUILDING}'`)
      .getMany();
    const byInstance = new Map(rows.map((row) => [row.instanceId, toBackup(row)]));
    return instanceIds.map((id) => byInstance.get(id) ?? null);
  }

  async findDatabases(backupIds: readonly string[]): Promise<readonly (readonly BackupDatabase[])[]> {
    if (backupIds.length === 0) return [];
    const rows = await this.#manager
      .createQueryBuilder(BackupDatabaseSchema, 'd')
      .where('d.backup_id IN (:...backupIds)', { backupIds })
      .orderBy('d.system', 'ASC')
      .addOrderBy('d.name', 'ASC')
      .getMany();
    const byBackup = groupBy(rows, (row) => row.backupId);
    return backupIds.map((id) => (byBackup.get(id) ?? []).map(toBackupDatabase));
  }

  async list(request: BackupPageRequest): Promise<Page<Backup>> {
    const sortKey = SORT_KEYS[request.orderBy.field];
    const query = filtered(this.#query(), request.filter);
    applyKeyset(query, sortKey, request);
    return toPage(await query.getMany(), { sortKey, request, toNode: toBackup });
  }

  async listByInstance(instanceIds: readonly string[], request: BackupPageRequest): Promise<readonly Page<Backup>[]> {
    if (instanceIds.length === 0) return [];
    const sortKey = SORT_KEYS[request.orderBy.field];
    const query = this.#query();
    // One limited look into the index for each instance, all in one statement: no instance's history is read through.
    const pages = instanceIds.map((instanceId, index) => {
      const page = filtered(query.subQuery().from(BackupSchema, 'b'), request.filter)
        .select('b.id', 'id')
        .andWhere(`b.instance_id = :instance${index.toString()}`);
      applyKeyset(page, sortKey, request);
      query.setParameters({ ...page.getParameters(), [`instance${index.toString()}`]: instanceId });
      return `SELECT id FROM ${page.getQuery()} AS p${index.toString()}`;
    });
    query.where(`b.id IN (${pages.join(' UNION ALL ')})`);
    query.orderBy(`b.${sortKey.column}`, request.orderBy.direction).addOrderBy('b.id', request.orderBy.direction);
    const byInstance = groupBy(await query.getMany(), (row) => row.instanceId);
    return instanceIds.map((id) => toPage(byInstance.get(id) ?? [], { sortKey, request, toNode: toBackup }));
  }

  async count(filter: BackupFilter): Promise<number> {
    return filtered(this.#query(), filter).getCount();
  }

  async countByInstance(instanceIds: readonly string[], filter: BackupFilter): Promise<readonly number[]> {
    if (instanceIds.length === 0) return [];
    const rows = await filtered(this.#query(), filter)
      .select('b.instance_id', 'instanceId')
      .addSelect('COUNT(*)', 'count')
      .andWhere('b.instance_id IN (:...instanceIds)', { instanceIds })
      .groupBy('b.instance_id')
      .getRawMany<{ instanceId: string; count: string | number }>();
    const byInstance = new Map(rows.map((row) => [row.instanceId, Number(row.count)]));
    return instanceIds.map((id) => byInstance.get(id) ?? 0);
  }

  async countByStatus(): Promise<ReadonlyMap<BackupStatus, number>> {
    const rows = await this.#query()
      .select('b.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .groupBy('b.status')
      .getRawMany<{ status: BackupStatus; count: string | number }>();
    return new Map(rows.map((row) => [row.status, Number(row.count)]));
  }

  async listBuilding(): Promise<readonly LeasedBackup[]> {
    const rows = await this.#query()
      .where(`b.status = '${BackupStatus.BUILDING}'`)
      .orderBy('b.started_at', 'ASC')
      .getMany();
    return rows.map((row) => ({
      backup: toBackup(row),
      lease: toLease(row),
      isCondemned: row.isCondemned,
    }));
  }

  async findCancelled(backupIds: readonly string[]): Promise<readonly string[]> {
    if (backupIds.length === 0) return [];
    const rows = await this.#query()
      .where('b.id IN (:...backupIds)', { backupIds })
      .andWhere(`b.status = '${BackupStatus.BUILDING}' AND b.is_cancelled = :isCancelled`, { isCancelled: true })
      .getMany();
    return rows.map((row) => row.id);
  }

  async listUncleaned(): Promise<readonly Backup[]> {
    const rows = await this.#query()
      .where(`b.status = '${BackupStatus.FAILED}' AND b.is_cleaned = :isCleaned`, { isCleaned: false })
      .getMany();
    return rows.map(toBackup);
  }

  async insert(backup: Backup, lease: Lease): Promise<void> {
    await translateUniqueViolation(() => this.#manager.insert(BackupSchema, toBackupRow(backup, lease)));
  }

  async setDatabases(backupId: string, databases: readonly { name: string; system: boolean }[]): Promise<void> {
    await this.#manager.delete(BackupDatabaseSchema, { backupId });
    await this.#insertDatabases(databases.map(({ name, system }) => ({ backupId, name, system })));
  }

  async setProgress(backupId: string, owner: string, progress: BackupProgress): Promise<boolean> {
    return this.#update({ backupId, owner }, progress);
  }

  async renewLeases(backupIds: readonly string[], lease: Lease): Promise<number> {
    if (backupIds.length === 0) return 0;
    const update = await this.#manager
      .createQueryBuilder()
      .update(BackupSchema)
      .set({ leaseExpiresAt: lease.expiresAt.getTime() })
      .where('id IN (:...backupIds)', { backupIds })
      .andWhere('lease_owner = :owner', { owner: lease.owner })
      .andWhere(`status = '${BackupStatus.BUILDING}'`)
      .execute();
    return update.affected ?? 0;
  }

  async takeOver(backupId: string, from: Lease, to: Lease): Promise<boolean> {
    const update = await this.#manager.update(
      BackupSchema,
      {
        id: backupId,
        status: BackupStatus.BUILDING,
        leaseOwner: from.owner,
        leaseExpiresAt: from.expiresAt.getTime(),
      },
      { leaseOwner: to.owner, leaseExpiresAt: to.expiresAt.getTime() },
    );
    return update.affected === 1;
  }

  async condemn(backupId: string, owner: string): Promise<boolean> {
    return this.#update({ backupId, owner }, { isCondemned: true });
  }

  async cancel(backupId: string): Promise<boolean> {
    return this.#update(
      { backupId: withoutNul(backupId), isCondemned: false },
      { isCondemned: true, isCancelled: true },
    );
  }

  async complete(backupId: string, owner: string, { artifacts, completedAt }: CompletedBackup): Promise<boolean> {
    const sizeBytes = sum(artifacts.map((artifact) => artifact.originalBytes));
    // The size on the instance was an estimate; where it was too high, progress must not fall back to the true one.
    const before = await this.find(backupId);
    const bytesDone = Math.max(sizeBytes, before?.progress.bytesDone ?? 0);
    const isMoved = await this.#update(
      { backupId, owner, isCondemned: false },
      {
        status: BackupStatus.COMPLETED,
        phase: BackupPhase.DONE,
        bytesDone,
        bytesTotal: bytesDone,
        sizeBytes,
        storedBytes: sum(artifacts.map((artifact) => artifact.storedBytes)),
        completedAt: completedAt.getTime(),
        verifiedAt: completedAt.getTime(),
      },
    );
    if (!isMoved) return false;
    await this.setDatabases(backupId, []);
    const rows = artifacts.map(({ database, ...artifact }) => ({ backupId, name: database, ...artifact }));
    await this.#insertDatabases(rows);
    return true;
  }

  async fail(backupId: string, owner: string, { failure, isCleaned }: FailedBackup): Promise<boolean> {
    return this.#update(
      { backupId, owner },
      {
        status: BackupStatus.FAILED,
        phase: BackupPhase.DONE,
        completedAt: failure.occurredAt.getTime(),
        failureCode: failure.code,
        failureMessage: failure.message,
        isCleaned,
      },
    );
  }

  async markCleaned(backupId: string): Promise<void> {
    await this.#manager.update(BackupSchema, { id: backupId }, { isCleaned: true });
  }

  async #insertDatabases(rows: readonly Partial<BackupDatabaseRow>[]): Promise<void> {
    for (let start = 0; start < rows.length; start += INSERT_BATCH) {
      await this.#manager.insert(BackupDatabaseSchema, rows.slice(start, start + INSERT_BATCH));
    }
  }

  /** Compare-and-set of a BUILDING backup that `owner` holds, if one is given. */
  async #update(held: Held, changes: Partial<BackupRow>): Promise<boolean> {
    const { backupId: id, owner, ...more } = held;
    const holder = owner === undefined ? {} : { leaseOwner: owner };
    const condition = { id, status: BackupStatus.BUILDING, ...holder, ...more };
    const update = await this.#manager.update(BackupSchema, condition, changes);
    return update.affected === 1;
  }

  #query(): SelectQueryBuilder<BackupRow> {
    return this.#manager.createQueryBuilder(BackupSchema, 'b');
  }
}

function filtered(query: SelectQueryBuilder<BackupRow>, filter: BackupFilter): SelectQueryBuilder<BackupRow> {
  return query.where(
    new Brackets((where) => {
      where.where('TRUE');
      for (const field of ['project', 'region', 'instanceId', 'type', 'status', 'engine'] as const) {
        const value = filter[field];
        if (value !== undefined) where.andWhere(`b.${field} = :${field}`, { [field]: withoutNul(value) });
      }
      if (filter.nameContains !== undefined) {
        where.andWhere(`LOWER(b.name) LIKE :name ESCAPE '\\'`, { name: containsPattern(filter.nameContains) });
      }
      if (filter.startedAfter !== undefined) {
        where.andWhere('b.started_at >= :startedAfter', { startedAfter: filter.startedAfter.getTime() });
      }
      if (filter.startedBefore !== undefined) {
        where.andWhere('b.started_at < :startedBefore', { startedBefore: filter.startedBefore.getTime() });
      }
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
