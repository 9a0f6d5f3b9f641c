import type { ArtifactStore, BackupFolder } from '../artifacts/artifact-store.js';
import { decodeManifest, MANIFEST_NAME, MAX_MANIFEST_BYTES } from '../artifacts/manifest.js';
import type { Manifest } from '../artifacts/manifest.js';

/**
 * The manifest of a backup; null when what is there is no whole and unchanged one.
 * @throws ArtifactNotFoundError, ArtifactStoreError
 */
export async function readManifest(
  store: ArtifactStore,
  folder: BackupFolder,
  signal: AbortSignal,
): Promise<Manifest | null> {
  const bytes = await readManifestBytes(store, folder, signal);
  return bytes === null ? null : decodeManifest(bytes, folder.backupId);
}

/**
 * The bytes of a manifest, whatever they are; null when they are too many.
 * @throws ArtifactNotFoundError, ArtifactStoreError
 */
export async function readManifestBytes(
  store: ArtifactStore,
  folder: BackupFolder,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const content = await store.open({ ...folder, name: MANIFEST_NAME }, signal);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_MANIFEST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
