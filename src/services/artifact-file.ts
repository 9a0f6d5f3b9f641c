import type { ArtifactFile } from '../artifacts/artifact-store.js';
import type { Backup } from '../domain/backup.js';

/** Where a file of a backup is in the store. */
export function toFile({ project, id }: Pick<Backup, 'project' | 'id'>, name: string): ArtifactFile {
  return { project, backupId: id, name };
}
