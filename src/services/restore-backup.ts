import type { Logger } from 'pino';
import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupStatus } from '../domain/backup.js';
import type { Artifact, Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { badUserInput, DomainError } from '../domain/errors.js';
import { InstanceRole, InstanceStatus } from '../domain/instance.js';
import type { Instance } from '../domain/instance.js';
import { RestorePhase, RestoreStatus } from '../domain/restore.js';
import type { Restore, RestoreDatabase } from '../domain/restore.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditSubject, AuditTrail } from './audit-trail.js';
import type { InstanceConnector } from './instance-connector.js';
import { findLateRefusal, findRefusal, getInstance } from './instance-refusal.js';
import type { WorkRunner } from './work-runner.js';

export interface RestoreBackupInput {
  readonly backupId: string;
  readonly targetInstanceId: string;
  /** None = all user databases of the backup, each under its own name. */
  readonly databases: readonly RestoreDatabase[];
  readonly overwrite: boolean;
}

interface RestoreBackupDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly runner: WorkRunner<Restore>;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
}

const operation = 'RESTORE_BACKUP';

interface Claim {
  readonly caller: Caller;
  readonly restore: Restore;
  /** When the target that was looked at had last changed. */
  readonly seenAt: Date;
}

/**
 * Claims an available primary instance for a backup, records the restore and announces RESTORING, in one transaction; the
 * work itself follows in the runner.
 */
export class RestoreBackup {
  readonly #deps: RestoreBackupDeps;

  constructor(deps: RestoreBackupDeps) {
    this.#deps = deps;
  }

  /**
   * @throws DomainError BACKUP_NOT_FOUND, BACKUP_NOT_RESTORABLE, INSTANCE_NOT_FOUND, INSTANCE_NOT_PRIMARY, INSTANCE_NOT_AVAILABLE,
   * BACKUP_IN_PROGRESS, DATABASE_NOT_FOUND, RESTORE_TARGET_EXISTS, BAD_USER_INPUT, INSTANCE_UNREACHABLE, CLIENT_TOOL_MISSING,
   * SERVICE_SHUTTING_DOWN
   */
  async restore(caller: Caller, input: RestoreBackupInput): Promise<Restore> {
    const { audit, runner, feed, logger } = this.#deps;
    const subject = toSubject(input);
    const restore = await audit.attempt(caller, subject, async () => {
      for (;;) {
        const begun = await this.#tryToBegin(caller, input);
        if (begun !== null) return begun;
      }
    });
    const { id: restoreId, backupId, targetInstanceId: instanceId } = restore;
    logger.info({ reqId: caller.requestId, caller: caller.name, restoreId, backupId, instanceId }, 'restore begun');
    void runner.start(restore);
    feed.publish({ kind: 'status' });
    feed.publish({ kind: 'restore', restoreId });
    return restore;
  }

  /** Null when the target was changed meanwhile: what was asked of it no longer holds. */
  async #tryToBegin(caller: Caller, input: RestoreBackupInput): Promise<Restore | null> {
    const { catalog, runner } = this.#deps;
    runner.assertAccepting();
    const backup = await this.#getBackup(input.backupId);
    const target = await getInstance(catalog, input.targetInstanceId);
    const refusal = await findRefusal(catalog, target, operation);
    if (refusal !== null) throw refusal;
    const artifacts = await this.#findArtifacts(backup);
    const databases = select(artifacts, input.databases);
    await this.#assertFits(backup, target, { databases, overwrite: input.overwrite });

    const restore = this.#toRestore(backup, target, { artifacts, databases, overwrite: input.overwrite });
    const claim = { caller, restore, seenAt: target.updatedAt };
    try {
      return (await catalog.transaction((writers) => this.#claim(writers, claim))) ? restore : null;
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      const status = InstanceStatus.RESTORING;
      throw new DomainError('INSTANCE_NOT_AVAILABLE', { instanceId: target.id, status, operation }, { cause: error });
    }
  }

  /** False, and nothing written, when the target has changed and can still be restored to. */
  async #claim(writers: CatalogWriters, { caller, restore, seenAt }: Claim): Promise<boolean> {
    const { runner, audit } = this.#deps;
    const { id: restoreId, backupId, backupName, targetInstanceId: instanceId } = restore;
    // The server may have begun to stop while the instance was asked, or the transaction waited.
    runner.assertAccepting();
    const isClaimed = await writers.instances.changeStatus({
      instanceId,
      from: InstanceStatus.AVAILABLE,
      to: InstanceStatus.RESTORING,
      role: InstanceRole.PRIMARY,
      updatedAt: seenAt,
      reason: `Backup ${backupName} is being restored.`,
      backupId,
      at: restore.startedAt,
    });
    if (!isClaimed) {
      const refusal = await findLateRefusal(writers, instanceId, operation);
      if (refusal !== null) throw refusal;
      return false;
    }
    // A backup that is being used cannot begin to be deleted, and the other way round. After the instance, as whoever deletes
    // an instance with its backups does: the other way round, the two could wait for each other.
    if (!(await writers.backups.hold(backupId))) throw await this.#toGone(writers, backupId);
    await writers.restores.insert(restore, runner.newLease());
    const subject = { ...toSubject({ backupId, targetInstanceId: instanceId }), restoreId, details: describe(restore) };
    await writers.auditLog.append(audit.event(caller, subject, AuditOutcome.ACCEPTED));
    return true;
  }

  async #getBackup(backupId: string): Promise<Backup> {
    const backup = await this.#deps.catalog.backups.find(backupId);
    if (backup === null) throw new DomainError('BACKUP_NOT_FOUND', { backupId });
    if (backup.status !== BackupStatus.COMPLETED) throw notCompleted(backup);
    return backup;
  }

  async #toGone({ backups }: CatalogWriters, backupId: string): Promise<DomainError> {
    const backup = await backups.find(backupId);
    return backup === null ? new DomainError('BACKUP_NOT_FOUND', { backupId }) : notCompleted(backup);
  }

  async #findArtifacts({ id }: Backup): Promise<readonly Artifact[]> {
    const [databases = []] = await this.#deps.catalog.backups.findDatabases([id]);
    return databases.map(({ artifact }) => artifact).filter((artifact) => artifact !== null);
  }

  /** That the target is of the right product, and takes databases of these names. */
  async #assertFits(
    { id: backupId, engine, engineVersion }: Backup,
    target: Instance,
    { databases, overwrite }: Pick<Restore, 'databases' | 'overwrite'>,
  ): Promise<void> {
    const { connector } = this.#deps;
    if (target.engine !== engine) {
      const reason = `it was taken of ${engine}, and the target instance is of ${target.engine}. Choose one of the same engine.`;
      throw new DomainError('BACKUP_NOT_RESTORABLE', { backupId, reason });
    }
    const { engine: restorer } = await connector.getConnection(target);
    if (!restorer.acceptsDumpsOf(engineVersion, target.engineVersion)) {
      const reason = `it was taken of version ${engineVersion}, and the target instance is of ${target.engineVersion}. Choose one of the same or a later version.`;
      throw new DomainError('BACKUP_NOT_RESTORABLE', { backupId, reason });
    }
    for (const [index, { restoreAs }] of databases.entries()) {
      const fault = await connector.findNameFault(target, restoreAs);
      if (fault !== null) throw badUserInput(`databases.${index.toString()}.restoreAs`, 'databaseName', fault);
    }
    await restorer.assertRestoreTools(target);
    if (overwrite) return;
    const present = new Set((await connector.listDatabases(target)).map(({ name }) => name));
    const taken = databases.map(({ restoreAs }) => restoreAs).filter((name) => present.has(name));
    if (taken.length === 0) return;
    throw new DomainError('RESTORE_TARGET_EXISTS', { instanceId: target.id, databases: taken });
  }

  #toRestore(
    backup: Backup,
    target: Instance,
    {
      artifacts,
      databases,
      overwrite,
    }: Pick<Restore, 'databases' | 'overwrite'> & { readonly artifacts: readonly Artifact[] },
  ): Restore {
    const users = artifacts.filter(({ system }) => !system);
    const sizes = new Map(users.map(({ database, originalBytes }) => [database, originalBytes]));
    return {
      id: this.#deps.newId(),
      status: RestoreStatus.RUNNING,
      project: backup.project,
      backupId: backup.id,
      backupName: backup.name,
      targetInstanceId: target.id,
      targetInstanceName: target.name,
      databases,
      overwrite,
      phase: RestorePhase.QUEUED,
      bytesDone: 0,
      bytesTotal: databases.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0),
      failure: null,
      startedAt: this.#deps.clock(),
      completedAt: null,
    };
  }
}

function toSubject({ backupId, targetInstanceId }: Pick<Restore, 'backupId' | 'targetInstanceId'>): AuditSubject {
  return { action: AuditAction.RESTORE_BACKUP, backupId, instanceId: targetInstanceId };
}

function describe({ backupName, targetInstanceName, databases, overwrite }: Restore): string {
  const names = databases.map(({ name, restoreAs }) => (name === restoreAs ? name : `${name} as ${restoreAs}`));
  return `Backup ${backupName} to instance ${targetInstanceName}: ${names.join(', ')}${overwrite ? ', replacing what is there' : ''}.`;
}

function notCompleted({ id: backupId, status }: Backup): DomainError {
  const reason = `only a COMPLETED one can be; this one is ${status}.`;
  return new DomainError('BACKUP_NOT_RESTORABLE', { backupId, reason });
}

/** Of the databases in the backup, those to restore, and as what. */
function select(artifacts: readonly Artifact[], chosen: readonly RestoreDatabase[]): readonly RestoreDatabase[] {
  const users = artifacts.filter(({ system }) => !system).map(({ database }) => database);
  const databases = chosen.length > 0 ? chosen : users.map((name) => ({ name, restoreAs: name }));
  const missing = databases.map(({ name }) => name).filter((name) => !users.includes(name));
  const system = missing.filter((name) => artifacts.some(({ database }) => database === name));
  if (system.length > 0 || databases.length === 0) {
    const what =
      system.length > 0 ? `System parts (${system.join(', ')})` : 'The backup holds system parts alone, which';
    throw badUserInput('databases', 'userDatabases', `${what} are restored by hand: see "Restore by hand" in README.`);
  }
  if (missing.length > 0) throw new DomainError('DATABASE_NOT_FOUND', { databases: missing, where: 'backup' });
  const targets = databases.map(({ restoreAs }) => restoreAs);
  if (new Set(targets).size < targets.length) {
    throw badUserInput('databases', 'distinctTargets', 'Two databases cannot be restored under the same name.');
  }
  return databases;
}
