import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { DomainError } from '../domain/errors.js';
import type { InstanceOperation } from '../domain/errors.js';
import { InstanceRole, InstanceStatus } from '../domain/instance.js';
import type { Instance } from '../domain/instance.js';

type Readers = Pick<CatalogWriters | Catalog, 'instances' | 'backups'>;

/** What claims an instance: it must be an available primary. */
type Claim = 'CREATE_BACKUP' | 'RESTORE_BACKUP';

/** @throws DomainError INSTANCE_NOT_FOUND */
export async function getInstance(readers: Readers, instanceId: string): Promise<Instance> {
  const instance = await readers.instances.find(instanceId);
  if (instance === null) throw new DomainError('INSTANCE_NOT_FOUND', { instanceId });
  return instance;
}

/** Why an instance cannot be claimed now; null when it can. */
export async function findRefusal(readers: Readers, instance: Instance, operation: Claim): Promise<DomainError | null> {
  const { id: instanceId, role, status } = instance;
  if (role !== InstanceRole.PRIMARY) return new DomainError('INSTANCE_NOT_PRIMARY', { instanceId, role, operation });
  return status === InstanceStatus.AVAILABLE ? null : toBusy(readers, instance, operation);
}

/** Why the claim of an instance has failed, read in the same transaction; null when it has only changed. */
export async function findLateRefusal(
  readers: Readers,
  instanceId: string,
  operation: Claim,
): Promise<DomainError | null> {
  const instance = await readers.instances.find(instanceId);
  return instance === null
    ? new DomainError('INSTANCE_NOT_FOUND', { instanceId })
    : findRefusal(readers, instance, operation);
}

/** That no operation runs in an instance. @throws DomainError BACKUP_IN_PROGRESS, INSTANCE_NOT_AVAILABLE */
export async function assertIdle(readers: Readers, instance: Instance, operation: InstanceOperation): Promise<void> {
  const { status } = instance;
  if (status === InstanceStatus.AVAILABLE || status === InstanceStatus.ABNORMAL) return;
  throw await toBusy(readers, instance, operation);
}

async function toBusy(
  { backups }: Readers,
  { id: instanceId, status }: Instance,
  operation: InstanceOperation,
): Promise<DomainError> {
  if (status !== InstanceStatus.BACKING_UP) {
    return new DomainError('INSTANCE_NOT_AVAILABLE', { instanceId, status, operation });
  }
  const [active = null] = await backups.findActive([instanceId]);
  return new DomainError('BACKUP_IN_PROGRESS', { instanceId, backupId: active?.id ?? null, operation });
}
