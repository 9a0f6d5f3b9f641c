import type { Artifact, Backup, BackupType } from '../domain/backup.js';
import type { Engine } from '../domain/instance.js';

export const MANIFEST_NAME = 'manifest.json';
const FORMAT_VERSION = 1;
/** A manifest beyond this is not one of ours: 1,000 databases take some 500 kB. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Program that took the dump. */
export interface DumpTool {
  readonly name: string;
  readonly version: string;
}

/** What the store says of a backup, readable without this program. Written last: its presence is the commit. */
export interface Manifest {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly backup: {
    readonly id: string;
    readonly name: string;
    readonly description: string | null;
    readonly type: BackupType;
    readonly project: string;
    readonly region: string;
    readonly instanceId: string;
    readonly instanceName: string;
    readonly engine: Engine;
    readonly engineVersion: string;
    readonly startedAt: string;
    readonly completedAt: string;
  };
  readonly tool: DumpTool;
  readonly artifacts: readonly Artifact[];
}

interface ManifestParts {
  readonly tool: DumpTool;
  readonly artifacts: readonly Artifact[];
  readonly completedAt: Date;
}

export function toManifest(backup: Backup, { tool, artifacts, completedAt }: ManifestParts): Manifest {
  const { id, name, description, type, project, region } = backup;
  const { instanceId, instanceName, engine, engineVersion, startedAt } = backup;
  return {
    formatVersion: FORMAT_VERSION,
    backup: {
      id,
      name,
      description,
      type,
      project,
      region,
      instanceId,
      instanceName,
      engine,
      engineVersion,
      startedAt: startedAt.toISOString(),
      completedAt: completedAt.toISOString(),
    },
    tool,
    artifacts,
  };
}

export function encodeManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`, 'utf8');
}

/** The manifest of that backup, or null when the bytes are no whole manifest of it. */
export function decodeManifest(bytes: Uint8Array, backupId: string): Manifest | null {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Manifest> | null;
    const isOurs = value?.formatVersion === FORMAT_VERSION && value.backup?.id === backupId;
    return isOurs && Array.isArray(value.artifacts) ? (value as Manifest) : null;
  } catch {
    return null;
  }
}
