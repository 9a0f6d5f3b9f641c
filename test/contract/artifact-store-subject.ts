import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArtifactFile, ArtifactStore } from '../../src/artifacts/artifact-store.js';

/** A store of its own for one test. */
export interface StoreSubject extends AsyncDisposable {
  readonly store: ArtifactStore;
  /** Every file that the store holds of any kind, temporary ones too, as paths. */
  readonly listFiles: () => Promise<readonly string[]>;
}

export const FILE: ArtifactFile = { project: 'default', backupId: 'b-1', name: 'shop.db.sqlite.zst' };

export function never(): AbortSignal {
  return new AbortController().signal;
}

export async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await nextTurn();
    yield chunk;
  }
}

export async function read(store: ArtifactStore, file: ArtifactFile = FILE): Promise<Buffer> {
  return buffer(await store.open(file, never()));
}
