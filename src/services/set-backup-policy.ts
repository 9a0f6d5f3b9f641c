import type { Logger } from 'pino';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import { WEEKDAYS } from '../domain/backup-policy.js';
import type { BackupPolicy } from '../domain/backup-policy.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { findMissed, planNext } from '../domain/policy-window.js';
import { DomainError } from '../domain/errors.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import { appendMissed, toMissedChanges } from './missed-window.js';
import type { RetainBackups } from './retain-backups.js';

export type BackupPolicySettings = Pick<BackupPolicy, 'instanceId' | 'enabled' | 'keepDays' | 'startTime' | 'weekdays'>;

interface SetBackupPolicyDeps {
  readonly catalog: Catalog;
  readonly retainBackups: RetainBackups;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly logger: Logger;
}

/** Of an instance that never had a policy. */
const NEW = { next: null, refusal: null, lastBackupAt: null, lastMissedAt: null, lastMissedReason: null };

/** Sets the backup policy of an instance. What it says holds at once, for backups to come and for those that are kept. */
export class SetBackupPolicy {
  readonly #deps: SetBackupPolicyDeps;

  constructor(deps: SetBackupPolicyDeps) {
    this.#deps = deps;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND */
  async set(caller: Caller, settings: BackupPolicySettings): Promise<BackupPolicy> {
    const { catalog, audit, feed, logger, retainBackups } = this.#deps;
    const { instanceId } = settings;
    const subject = { action: AuditAction.SET_BACKUP_POLICY, instanceId };
    const policy = await audit.attempt(caller, subject, async () => {
      for (;;) {
        const set = await catalog.transaction((writers) => this.#trySet(writers, caller, settings));
        if (set !== null) return set;
      }
    });
    logger.info({ reqId: caller.requestId, caller: caller.name, instanceId }, 'backup policy set');
    feed.publish({ kind: 'status' });
    retainBackups.retain(policy);
    return policy;
  }

  /** Null, and nothing written, when the policy was changed in between: by its own backup, perhaps. */
  async #trySet(writers: CatalogWriters, caller: Caller, settings: BackupPolicySettings): Promise<BackupPolicy | null> {
    const { audit } = this.#deps;
    const { instanceId } = settings;
    // The instance before its policy, as whoever creates a backup takes them: else two could wait for each other.
    const instance = await writers.instances.hold(instanceId);
    if (instance === null) throw new DomainError('INSTANCE_NOT_FOUND', { instanceId });
    const policy = await this.#write(writers, settings);
    if (policy === null) return null;
    const description = describe(policy);
    const details = `Instance ${instance.name}: ${description}.`;
    await writers.auditLog.append(audit.event(caller, { action: AuditAction.SET_BACKUP_POLICY, instanceId, details }));
    await writers.instances.note({
      instanceId,
      reason: `The backup policy is set: ${description}.`,
      at: policy.updatedAt,
    });
    return policy;
  }

  async #write(writers: CatalogWriters, settings: BackupPolicySettings): Promise<BackupPolicy | null> {
    const { backupPolicies } = writers;
    const { clock, random } = this.#deps;
    const { instanceId } = settings;
    const [before = null] = await backupPolicies.findMany([instanceId]);
    const now = clock();
    const weekdays = WEEKDAYS.filter((weekday) => settings.weekdays.includes(weekday));
    const wanted = { ...(before ?? NEW), ...settings, weekdays, updatedAt: now };
    const next = planNext(wanted, now, random);
    if (before === null) return backupPolicies.insert({ ...wanted, next });
    const isSameWindow = before.next?.windowStartsAt.getTime() === next?.windowStartsAt.getTime();
    const missed = findMissed(before, now);
    const changed = await backupPolicies.change(before, {
      ...wanted,
      next,
      refusal: isSameWindow ? before.refusal : null,
      ...(missed === null ? {} : toMissedChanges(missed)),
    });
    if (changed !== null && missed !== null) await appendMissed(writers, { ...missed, instanceId }, this.#deps);
    return changed;
  }
}

function describe({ enabled, keepDays, startTime, weekdays }: BackupPolicy): string {
  const days = weekdays.length === WEEKDAYS.length ? 'every day' : weekdays.join(', ');
  return `${enabled ? 'enabled' : 'disabled'}, from ${startTime} UTC, ${days}, kept for ${keepDays.toString()} days`;
}
