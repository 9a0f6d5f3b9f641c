import type { Logger } from 'pino';
import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupPhase, BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { badUserInput, DomainError } from '../domain/errors.js';
import { InstanceRole, InstanceStatus } from '../domain/instance.js';
import type { Instance } from '../domain/instance.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { BackupRunner } from './backup-runner.js';
import type { InstanceConnector } from './instance-connector.js';
import { findLateRefusal, findRefusal, getInstance } from './instance-refusal.js';

export interface CreateBackupInput {
  readonly instanceId: string;
  readonly name: string;
  readonly description: string | null;
  /** Names of user databases; none = all that the instance has when the backup begins. */
  readonly databases: readonly string[];
  readonly includeSystemDatabases: boolean;
  /** Set where the instance's policy asks, and no user: then it is an AUTOMATED one. */
  readonly automation?: Automation;
}

/** What goes with a backup that a policy asks for. */
export interface Automation {
  /** Written in the transaction that creates the backup; what it throws keeps that from being created. */
  readonly onClaim: (writers: CatalogWriters) => Promise<void>;
}

const operation = 'CREATE_BACKUP';

interface Claim {
  readonly caller: Caller;
  readonly input: CreateBackupInput;
  readonly backup: Backup;
  /** When the instance that the backup tells of had last changed. */
  readonly seenAt: Date;
}

interface CreateBackupDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly runner: BackupRunner;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly audit: AuditTrail;
}

/**
 * Claims an available primary instance, records the backup and announces BACKING_UP, in one transaction; the work itself
 * follows in the runner.
 */
export class CreateBackup {
  readonly #deps: CreateBackupDeps;

  constructor(deps: CreateBackupDeps) {
    this.#deps = deps;
  }

  /**
   * @throws DomainError INSTANCE_NOT_FOUND, INSTANCE_NOT_PRIMARY, INSTANCE_NOT_AVAILABLE, BACKUP_IN_PROGRESS,
   * BACKUP_NAME_TAKEN, DATABASE_NOT_FOUND, DATABASE_NOT_AVAILABLE, INSTANCE_UNREACHABLE, CLIENT_TOOL_MISSING,
   * SERVICE_SHUTTING_DOWN
   */
  async create(caller: Caller, input: CreateBackupInput): Promise<Backup> {
    const { runner, feed, logger, audit } = this.#deps;
    const subject = { action: AuditAction.CREATE_BACKUP, instanceId: input.instanceId };
    const backup = await audit.attempt(caller, subject, async () => {
      for (;;) {
        const created = await this.#tryToCreate(caller, input);
        if (created !== null) return created;
      }
    });
    const { requestId, name: callerName } = caller;
    const { id: backupId, instanceId } = backup;
    logger.info({ reqId: requestId, caller: callerName, backupId, instanceId }, 'backup created');
    void runner.start(backup);
    feed.publish({ kind: 'status' });
    feed.publish({ kind: 'backup', backupId });
    return backup;
  }

  /** Null when the instance was changed meanwhile: what was asked of it, and what is written down of it, no longer holds. */
  async #tryToCreate(caller: Caller, input: CreateBackupInput): Promise<Backup | null> {
    const { catalog, connector, runner } = this.#deps;
    runner.assertAccepting();
    const instance = await getInstance(catalog, input.instanceId);
    const refusal = await findRefusal(catalog, instance, operation);
    if (refusal !== null) throw refusal;
    await this.#assertNameFree(instance.project, input.name);
    await connector.assertTools(instance);
    await this.#assertDatabasesExist(instance, input.databases);

    const backup = this.#toBackup(instance, input);
    const claim = { caller, input, backup, seenAt: instance.updatedAt };
    try {
      return (await catalog.transaction((writers) => this.#claim(writers, claim))) ? backup : null;
    } catch (error) {
      throw await this.#toRefusal(error, backup);
    }
  }

  /** False, and nothing written, when the instance has changed and a backup of it can still be created. */
  async #claim(writers: CatalogWriters, { caller, input, backup, seenAt }: Claim): Promise<boolean> {
    const { id: backupId, instanceId, name, instanceName } = backup;
    // The server may have begun to stop while the instance was asked for its databases, or the transaction waited.
    this.#deps.runner.assertAccepting();
    const isClaimed = await writers.instances.changeStatus({
      instanceId,
      from: InstanceStatus.AVAILABLE,
      to: InstanceStatus.BACKING_UP,
      role: InstanceRole.PRIMARY,
      updatedAt: seenAt,
      reason: `Backup ${backup.name} is being created.`,
      backupId: backup.id,
      at: backup.startedAt,
    });
    if (!isClaimed) {
      const refusal = await findLateRefusal(writers, instanceId, operation);
      if (refusal !== null) throw refusal;
      return false;
    }
    await writers.backups.insert(backup, this.#deps.runner.newLease());
    await writers.backups.setDatabases(
      backup.id,
      input.databases.map((database) => ({ name: database, system: false })),
    );
    await input.automation?.onClaim(writers);
    const details = `Backup ${name} of instance ${instanceName}.`;
    const subject = { action: AuditAction.CREATE_BACKUP, backupId, instanceId, details };
    await writers.auditLog.append(this.#deps.audit.event(caller, subject, AuditOutcome.ACCEPTED));
    return true;
  }

  /** The check before has passed, so whoever holds the name or the instance came in between, and may be gone again. */
  async #toRefusal(error: unknown, { name, project, instanceId }: Backup): Promise<unknown> {
    if (!(error instanceof UniqueViolationError)) return error;
    const { backups } = this.#deps.catalog;
    if (error.key === 'backup-name') {
      const holder = await backups.findByName(project, name);
      return new DomainError('BACKUP_NAME_TAKEN', { name, backupId: holder?.id ?? null }, { cause: error });
    }
    const [active = null] = await backups.findActive([instanceId]);
    return new DomainError(
      'BACKUP_IN_PROGRESS',
      { instanceId, backupId: active?.id ?? null, operation },
      { cause: error },
    );
  }

  async #assertNameFree(project: string, name: string): Promise<void> {
    const holder = await this.#deps.catalog.backups.findByName(project, name);
    if (holder !== null) throw new DomainError('BACKUP_NAME_TAKEN', { name, backupId: holder.id });
  }

  async #assertDatabasesExist(instance: Instance, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const known = new Map(
      (await this.#deps.connector.listDatabases(instance)).map((database) => [database.name, database]),
    );
    const missing = names.filter((name) => !known.has(name));
    if (missing.length > 0) throw new DomainError('DATABASE_NOT_FOUND', { databases: missing, where: 'instance' });
    const system = names.filter((name) => known.get(name)?.system === true);
    if (system.length > 0) {
      throw badUserInput(
        'databases',
        'userDatabases',
        `System databases are backed up by default and cannot be selected: ${system.join(', ')}. Use includeSystemDatabases.`,
      );
    }
    const unavailable = names.flatMap((name) => {
      const reason = known.get(name)?.unavailableReason;
      return reason === undefined ? [] : [{ name, reason }];
    });
    if (unavailable.length > 0) throw new DomainError('DATABASE_NOT_AVAILABLE', { databases: unavailable });
  }

  #toBackup(instance: Instance, input: CreateBackupInput): Backup {
    return {
      id: this.#deps.newId(),
      name: input.name,
      description: input.description,
      type: input.automation === undefined ? BackupType.MANUAL : BackupType.AUTOMATED,
      status: BackupStatus.BUILDING,
      project: instance.project,
      region: instance.region,
      instanceId: instance.id,
      instanceName: instance.name,
      engine: instance.engine,
      engineVersion: instance.engineVersion,
      includeSystemDatabases: input.includeSystemDatabases,
      progress: { phase: BackupPhase.QUEUED, bytesDone: 0, bytesTotal: null },
      sizeBytes: null,
      storedBytes: null,
      startedAt: this.#deps.clock(),
      completedAt: null,
      failure: null,
      verifiedAt: null,
    };
  }
}
