import { createHash } from 'node:crypto';
import type { Artifact, Backup, BackupType, DumpContents } from '../domain/backup.js';
import type { Engine } from '../domain/instance.js';

export const MANIFEST_NAME = 'manifest.json';
const FORMAT_VERSION = 1;
/** A manifest beyond this is not one of ours: 1,000 databases of 500 tables each take some 40 MB. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
/** Stands for the manifest's own hash while that is computed. */
const NO_SHA256 = '0'.repeat(64);
/** The last line but one: the hash of all the text, with this in its place. */
const OWN_SHA256 = /"manifestSha256": "([0-9a-f]{64})"\n\}\n$/;

/** Program that took the dump. */
export interface DumpTool {
  readonly name: string;
  readonly version: string;
}

/** A stored dump, and what it holds: null where that is no database, as users and grants. */
export interface ManifestArtifact extends Artifact {
  readonly contents: DumpContents | null;
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
  readonly artifacts: readonly ManifestArtifact[];
}

interface ManifestParts {
  readonly tool: DumpTool;
  readonly artifacts: readonly ManifestArtifact[];
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

/** JSON that ends with its own hash: `sed -E 's/("manifestSha256": ")[0-9a-f]+/\\1<64 zeros>/' | sha256sum` gives it again. */
export function encodeManifest(manifest: Manifest): Buffer {
  const text = `${JSON.stringify({ ...manifest, manifestSha256: NO_SHA256 }, null, 2)}\n`;
  return Buffer.from(withOwnHash(text, hashOf(text)), 'utf8');
}

/** The manifest of that backup, or null when the bytes are no whole and unchanged manifest of it. */
export function decodeManifest(bytes: Uint8Array, backupId: string): Manifest | null {
  try {
    const text = Buffer.from(bytes).toString('utf8');
    const [, sha256] = OWN_SHA256.exec(text) ?? [];
    // Decoding would hide a damaged byte that is no UTF-8; encoding again does not.
    if (sha256 === undefined || hashOf(withOwnHash(text, NO_SHA256)) !== sha256) return null;
    const { manifestSha256: _own, ...value } = JSON.parse(text) as Partial<Manifest> & { manifestSha256: string };
    const isOurs = value.formatVersion === FORMAT_VERSION && value.backup?.id === backupId;
    return isOurs && Array.isArray(value.artifacts) ? (value as Manifest) : null;
  } catch {
    return null;
  }
}

/** Why bytes do not decode as the manifest of that backup: a clause about the manifest. */
export function findManifestFault(bytes: Uint8Array, backupId: string): string {
  const { formatVersion, backup } = parse(bytes);
  if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION) {
    return `is of format version ${formatVersion.toString()}, which takes a newer version of this server`;
  }
  if (typeof formatVersion !== 'number' || typeof backup?.id !== 'string') return 'is none of this server';
  if (backup.id !== backupId) return `is that of another backup, ${backup.id}`;
  return 'is damaged: its text is not what its own hash was taken of';
}

/** Something with no fields when it is no JSON object. */
function parse(bytes: Uint8Array): { readonly formatVersion?: unknown; readonly backup?: { readonly id?: unknown } } {
  try {
    return Object(JSON.parse(Buffer.from(bytes).toString('utf8'))) as ReturnType<typeof parse>;
  } catch {
    return {};
  }
}

/** What the catalog keeps of it. */
export function toArtifact({ contents: _contents, ...artifact }: ManifestArtifact): Artifact {
  return artifact;
}

function withOwnHash(text: string, sha256: string): string {
  return text.replace(OWN_SHA256, `"manifestSha256": "${sha256}"\n}\n`);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
