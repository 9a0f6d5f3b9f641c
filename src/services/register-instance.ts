import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { DomainError } from '../domain/errors.js';
import { InstanceStatus } from '../domain/instance.js';
import type { Instance } from '../domain/instance.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { HealthSchedule } from './health-schedule.js';
import type { InstanceConnector } from './instance-connector.js';
import type { SecretBox } from './secret-box.js';

export interface RegisterInstanceInput {
  readonly name: string;
  /** Connection URL, with credentials. */
  readonly url: string;
  readonly project: string;
  readonly region: string;
}

interface RegisterInstanceDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly secretBox: SecretBox;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly schedule: HealthSchedule;
  readonly audit: AuditTrail;
}

/** Registers an instance that answers; nothing is stored of one that does not. */
export class RegisterInstance {
  readonly #deps: RegisterInstanceDeps;

  constructor(deps: RegisterInstanceDeps) {
    this.#deps = deps;
  }

  /** @throws DomainError INSTANCE_NAME_TAKEN, INSTANCE_UNREACHABLE, BAD_USER_INPUT */
  async register(caller: Caller, input: RegisterInstanceInput): Promise<Instance> {
    const subject = { action: AuditAction.REGISTER_INSTANCE };
    const instance = await this.#deps.audit.attempt(caller, subject, () => this.#register(caller, input));
    this.#deps.feed.publish({ kind: 'status' });
    return instance;
  }

  async #register(caller: Caller, input: RegisterInstanceInput): Promise<Instance> {
    const { catalog, connector, audit, secretBox, clock, newId, schedule } = this.#deps;
    const { name, project, region } = input;
    await this.#assertNameFree(project, name);
    const probe = await connector.probe(input.url);
    const now = clock();
    const instance: Instance = {
      id: newId(),
      name,
      project,
      region,
      engine: probe.engine,
      engineVersion: probe.engineVersion,
      role: probe.role,
      status: InstanceStatus.AVAILABLE,
      statusReason: null,
      endpoint: probe.endpoint,
      createdAt: now,
      updatedAt: now,
    };
    const more = { sealedUrl: secretBox.seal(probe.url, instance.id), checkDueAt: schedule.next() };
    const details = `Instance ${name} of ${instance.engine} at ${instance.endpoint}.`;
    const subject = { action: AuditAction.REGISTER_INSTANCE, instanceId: instance.id, details };
    try {
      await catalog.transaction(async ({ instances, auditLog }) => {
        await instances.insert(instance, more);
        await instances.note({ instanceId: instance.id, reason: `Instance ${name} is registered.`, at: now });
        await auditLog.append(audit.event(caller, subject));
      });
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      const holder = await catalog.instances.findByName(project, name);
      throw new DomainError('INSTANCE_NAME_TAKEN', { name, instanceId: holder?.id ?? null }, { cause: error });
    }
    return instance;
  }

  /** Asked first to spare a probe; the catalog's unique index decides. */
  async #assertNameFree(project: string, name: string): Promise<void> {
    const holder = await this.#deps.catalog.instances.findByName(project, name);
    if (holder !== null) throw new DomainError('INSTANCE_NAME_TAKEN', { name, instanceId: holder.id });
  }
}
