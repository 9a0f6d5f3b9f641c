import type { BackupFolder } from '../artifacts/artifact-store.js';
import type { Manifest, ManifestArtifact } from '../artifacts/manifest.js';
import { BackupType } from '../domain/backup.js';
import { Engine } from '../domain/instance.js';
import { BACKUP_DESCRIPTION, BACKUP_NAME, INSTANCE_NAME, REGION_NAME } from '../domain/naming.js';

/** Whether a manifest that is whole says what a backup in that folder can be: who has written it is not known. */
export function isPlausible({ project }: BackupFolder, { backup, artifacts }: Manifest): boolean {
  if (!artifacts.every(isPlausibleArtifact)) return false;
  const names = new Set(artifacts.map(({ database, system }) => JSON.stringify([database, system])));
  return (
    backup.project === project &&
    isText(backup.name, BACKUP_NAME.pattern) &&
    (backup.description === null || isText(backup.description, BACKUP_DESCRIPTION.pattern)) &&
    isText(backup.instanceId) &&
    isText(backup.instanceName, INSTANCE_NAME.pattern) &&
    isText(backup.region, REGION_NAME.pattern) &&
    isText(backup.engineVersion) &&
    Object.values(BackupType).includes(backup.type) &&
    Object.values(Engine).includes(backup.engine) &&
    [backup.startedAt, backup.completedAt].every((time) => isText(time) && !Number.isNaN(Date.parse(time))) &&
    artifacts.length > 0 &&
    names.size === artifacts.length
  );
}

function isPlausibleArtifact(artifact: ManifestArtifact): boolean {
  return (
    // The types only promise what it is.
    (artifact as unknown) instanceof Object &&
    isText(artifact.database) &&
    typeof artifact.system === 'boolean' &&
    // A plain file name: one with a slash would lead out of the folder.
    isText(artifact.path, /^(?!\.{1,2}$)[^/\0]+$/) &&
    ['sqlite', 'pgdump', 'sql', 'bak'].includes(artifact.format) &&
    ['zstd', 'none'].includes(artifact.compression) &&
    [null, 'age'].includes(artifact.encryption) &&
    [artifact.originalBytes, artifact.storedBytes].every((bytes) => Number.isSafeInteger(bytes) && bytes >= 0) &&
    isText(artifact.sha256, /^[0-9a-f]{64}$/)
  );
}

function isText(value: unknown, pattern = /^[^\0]+$/): boolean {
  return typeof value === 'string' && pattern.test(value);
}
