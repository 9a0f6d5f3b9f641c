import { randomUUID } from 'node:crypto';
import { BackupPhase, BackupStatus, BackupType } from '../../src/domain/backup.js';
import type { Artifact, Backup, Lease } from '../../src/domain/backup.js';
import { Engine, InstanceRole, InstanceStatus } from '../../src/domain/instance.js';
import type { Instance } from '../../src/domain/instance.js';

export const NOON = new Date('2026-03-01T12:00:00.000Z');

/** An available primary with a name of its own. */
export function sampleInstance(overrides: Partial<Instance> = {}): Instance {
  const id = randomUUID();
  return {
    id,
    name: `inst-${id}`,
    project: 'default',
    region: 'local',
    engine: Engine.SQLITE,
    engineVersion: '3.50.0',
    role: InstanceRole.PRIMARY,
    status: InstanceStatus.AVAILABLE,
    statusReason: null,
    endpoint: 'sqlite:/srv/shop.db',
    createdAt: NOON,
    updatedAt: NOON,
    ...overrides,
  };
}

/** A backup with a name of its own, BUILDING and queued. */
export function sampleBackup(overrides: Partial<Backup> = {}): Backup {
  const id = randomUUID();
  return {
    id,
    name: `backup-${id}`,
    description: null,
    type: BackupType.MANUAL,
    status: BackupStatus.BUILDING,
    project: 'default',
    region: 'local',
    instanceId: randomUUID(),
    instanceName: 'shop',
    engine: Engine.SQLITE,
    engineVersion: '3.50.0',
    includeSystemDatabases: true,
    progress: { phase: BackupPhase.QUEUED, bytesDone: 0, bytesTotal: null },
    sizeBytes: null,
    storedBytes: null,
    startedAt: NOON,
    completedAt: null,
    failure: null,
    verifiedAt: null,
    ...overrides,
  };
}

/** A backup that has COMPLETED, one second after it began. */
export function completedBackup(overrides: Partial<Backup> = {}): Backup {
  const startedAt = overrides.startedAt ?? NOON;
  const completedAt = new Date(startedAt.getTime() + 1000);
  return sampleBackup({
    status: BackupStatus.COMPLETED,
    progress: { phase: BackupPhase.DONE, bytesDone: 100, bytesTotal: 100 },
    sizeBytes: 100,
    storedBytes: 50,
    completedAt,
    verifiedAt: completedAt,
    ...overrides,
  });
}

export function sampleLease(owner = 'server-a', expiresAt = new Date(NOON.getTime() + 60_000)): Lease {
  return { owner, expiresAt };
}

export function sampleArtifact(overrides: Partial<Artifact> = {}): Artifact {
  return {
    database: 'shop.db',
    system: false,
    path: 'shop.db.sqlite.zst',
    format: 'sqlite',
    compression: 'zstd',
    encryption: null,
    originalBytes: 4096,
    storedBytes: 512,
    sha256: 'ab'.repeat(32),
    ...overrides,
  };
}
