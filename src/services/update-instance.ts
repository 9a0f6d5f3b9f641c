import type { Logger } from 'pino';
import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog, InstanceChanges } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { badUserInput, DomainError } from '../domain/errors.js';
import { InstanceStatus } from '../domain/instance.js';
import type { Instance } from '../domain/instance.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { InstanceConnector } from './instance-connector.js';
import { assertIdle, getInstance } from './instance-refusal.js';
import type { SecretBox } from './secret-box.js';

/** What is null stays as it is. */
export interface UpdateInstanceInput {
  readonly instanceId: string;
  readonly name: string | null;
  /** Connection URL, with credentials. */
  readonly url: string | null;
  readonly region: string | null;
}

interface UpdateInstanceDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly secretBox: SecretBox;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditTrail;
}

/** Changes an instance in which no operation runs. A new URL is asked first; nothing is stored unless it answers. */
export class UpdateInstance {
  readonly #deps: UpdateInstanceDeps;

  constructor(deps: UpdateInstanceDeps) {
    this.#deps = deps;
  }

  /**
   * @throws DomainError INSTANCE_NOT_FOUND, BACKUP_IN_PROGRESS, INSTANCE_NOT_AVAILABLE, INSTANCE_NAME_TAKEN,
   * INSTANCE_UNREACHABLE, BAD_USER_INPUT
   */
  async update(caller: Caller, input: UpdateInstanceInput): Promise<Instance> {
    const { instanceId } = input;
    const subject = { action: AuditAction.UPDATE_INSTANCE, instanceId };
    return this.#deps.audit.attempt(caller, subject, () => this.#update(caller, input));
  }

  async #update(caller: Caller, input: UpdateInstanceInput): Promise<Instance> {
    const { feed, logger } = this.#deps;
    const { instanceId, name, url, region } = input;
    if (name === null && url === null && region === null) {
      throw badUserInput('input', 'change', 'Give at least one of name, url and region.');
    }
    await this.#getIdle(instanceId);
    const changes = await this.#toChanges(input);
    try {
      // The instance may change while the new URL is asked: what counts is how it is now.
      while (!(await this.#write(caller, await this.#getIdle(instanceId), changes))) continue;
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      throw await this.#toNameTaken(input, error);
    }
    logger.info({ reqId: caller.requestId, caller: caller.name, instanceId }, 'instance changed');
    feed.publish({ kind: 'status' });
    return this.#get(instanceId);
  }

  async #toChanges({ instanceId, name, url, region }: UpdateInstanceInput): Promise<InstanceChanges> {
    const changes = { ...(name === null ? {} : { name }), ...(region === null ? {} : { region }) };
    if (url === null) return changes;
    const { connector, secretBox } = this.#deps;
    const probe = await connector.probe(url);
    const { engine } = await this.#get(instanceId);
    if (probe.engine !== engine) {
      const sentence = `The URL leads to an instance of ${probe.engine}, and this one is of ${engine}. Register it as an instance of its own.`;
      throw badUserInput('url', 'engine', sentence);
    }
    const { endpoint, engineVersion, role } = probe;
    return { ...changes, endpoint, engineVersion, role, sealedUrl: secretBox.seal(probe.url, instanceId) };
  }

  /** False when the instance has changed since it was read. */
  async #write(caller: Caller, instance: Instance, changes: InstanceChanges): Promise<boolean> {
    const { catalog, clock, audit } = this.#deps;
    const { id: instanceId, status: from, statusReason, updatedAt } = instance;
    // A new URL has answered, so whatever was wrong with the old one is over.
    const to = changes.sealedUrl === undefined ? from : InstanceStatus.AVAILABLE;
    const transition = {
      instanceId,
      from,
      to,
      updatedAt,
      changes,
      reason: 'The instance was changed by a user.',
      statusReason: to === InstanceStatus.ABNORMAL ? statusReason : null,
      backupId: null,
      at: clock(),
    };
    const details = `Instance ${instance.name}: ${toWords(changes)}.`;
    const subject = { action: AuditAction.UPDATE_INSTANCE, instanceId, details };
    return catalog.transaction(async ({ instances, auditLog }) => {
      if (!(await instances.changeStatus(transition))) return false;
      await auditLog.append(audit.event(caller, subject));
      return true;
    });
  }

  async #get(instanceId: string): Promise<Instance> {
    return getInstance(this.#deps.catalog, instanceId);
  }

  async #getIdle(instanceId: string): Promise<Instance> {
    const instance = await this.#get(instanceId);
    await assertIdle(this.#deps.catalog, instance, 'UPDATE_INSTANCE');
    return instance;
  }

  async #toNameTaken({ instanceId, name }: UpdateInstanceInput, cause: unknown): Promise<DomainError> {
    const { project } = await this.#get(instanceId);
    const holder = name === null ? null : await this.#deps.catalog.instances.findByName(project, name);
    return new DomainError('INSTANCE_NAME_TAKEN', { name: name ?? '', instanceId: holder?.id ?? null }, { cause });
  }
}

/** What changes, without the secret that a URL is. */
function toWords({ name, region, endpoint, sealedUrl }: InstanceChanges): string {
  return [
    ...(name === undefined ? [] : [`name ${name}`]),
    ...(region === undefined ? [] : [`region ${region}`]),
    ...(sealedUrl === undefined ? [] : [`a URL to ${endpoint ?? ''}`]),
  ].join(', ');
}
