import { Mutex } from 'async-mutex';
import type { DataSource, EntityManager } from 'typeorm';
import type { AuditReader } from './audit-log.js';
import { AuditRepository } from './audit-repository.js';
import type { BackupPolicyReader } from './backup-policies.js';
import { BackupPolicyRepository } from './backup-policy-repository.js';
import { BackupRepository } from './backup-repository.js';
import type { BackupReader, Catalog, CatalogWriters, InstanceReader, StatusChangeReader } from './catalog.js';
import { createDataSource } from './data-source.js';
import type { CatalogLocation } from './data-source.js';
import { MIGRATION_LOCK } from './dialect.js';
import { InstanceRepository } from './instance-repository.js';
import { LocationRepository } from './location-repository.js';
import type { LocationReader } from './locations.js';
import { RestoreRepository } from './restore-repository.js';
import type { RestoreReader } from './restores.js';
import { ScheduleRepository } from './schedule-repository.js';
import type { ScheduleReader } from './schedules.js';
import { StatusChangeRepository } from './status-change-repository.js';
import { VerificationRepository } from './verification-repository.js';
import type { VerificationReader } from './verifications.js';

/** How transactions and readers share connections; the two dialects differ in nothing else. */
interface Connections {
  readonly writer: DataSource;
  readonly reader: DataSource;
  /** Null where the database itself keeps transactions apart. */
  readonly writeMutex: Mutex | null;
}

export class TypeormCatalog implements Catalog {
  readonly instances: InstanceReader;
  readonly backups: BackupReader;
  readonly restores: RestoreReader;
  readonly verifications: VerificationReader;
  readonly backupPolicies: BackupPolicyReader;
  readonly schedules: ScheduleReader;
  readonly locations: LocationReader;
  readonly auditLog: AuditReader;
  readonly statusChanges: StatusChangeReader;
  readonly isExclusive: boolean;
  readonly #connections: Connections;

  private constructor(connections: Connections, isExclusive: boolean) {
    this.#connections = connections;
    this.isExclusive = isExclusive;
    const { manager } = connections.reader;
    this.instances = new InstanceRepository(manager);
    this.backups = new BackupRepository(manager);
    this.restores = new RestoreRepository(manager);
    this.verifications = new VerificationRepository(manager);
    this.backupPolicies = new BackupPolicyRepository(manager);
    this.schedules = new ScheduleRepository(manager);
    this.locations = new LocationRepository(manager);
    this.auditLog = new AuditRepository(manager);
    this.statusChanges = new StatusChangeRepository(manager);
  }

  /** Connects and brings the schema up to date. The caller holds the data directory's lock when the catalog is in it. */
  static async open(location: CatalogLocation): Promise<TypeormCatalog> {
    return location.kind === 'sqlite'
      ? new TypeormCatalog(await openSqlite(location), true)
      : new TypeormCatalog(await openPostgres(location), false);
  }

  async transaction<T>(work: (writers: CatalogWriters) => Promise<T>): Promise<T> {
    const { writer, writeMutex } = this.#connections;
    const run = (): Promise<T> => writer.transaction((manager) => work(toWriters(manager)));
    return writeMutex === null ? run() : writeMutex.runExclusive(run);
  }

  async ping(): Promise<void> {
    await this.#connections.reader.query('SELECT 1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { reader, writer, writeMutex } = this.#connections;
    const close = async (): Promise<void> => {
      if (reader !== writer) await reader.destroy();
      await writer.destroy();
    };
    await (writeMutex === null ? close() : writeMutex.runExclusive(close));
  }
}

function toWriters(manager: EntityManager): CatalogWriters {
  return {
    instances: new InstanceRepository(manager),
    backups: new BackupRepository(manager),
    restores: new RestoreRepository(manager),
    verifications: new VerificationRepository(manager),
    backupPolicies: new BackupPolicyRepository(manager),
    schedules: new ScheduleRepository(manager),
    auditLog: new AuditRepository(manager),
  };
}

/**
 * TypeORM gives SQLite one connection, on which concurrent transactions would interleave: a mutex keeps them apart, and
 * a second connection, which cannot write, gives readers a snapshot that no open transaction shows through.
 */
async function openSqlite(location: CatalogLocation): Promise<Connections> {
  const writer = createDataSource(location);
  await writer.initialize();
  try {
    await writer.query('PRAGMA synchronous = FULL');
    await writer.runMigrations({ transaction: 'each' });
    const reader = createDataSource(location);
    await reader.initialize();
    await reader.query('PRAGMA query_only = ON');
    return { writer, reader, writeMutex: new Mutex() };
  } catch (error) {
    await writer.destroy();
    throw error;
  }
}

/** Several servers may start at once on one PostgreSQL catalog: one of them migrates, the others wait for it. */
async function openPostgres(location: CatalogLocation): Promise<Connections> {
  const dataSource = createDataSource(location);
  await dataSource.initialize();
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await holder.release();
    return { writer: dataSource, reader: dataSource, writeMutex: null };
  } catch (error) {
    await holder.release();
    await dataSource.destroy();
    throw error;
  }
}
