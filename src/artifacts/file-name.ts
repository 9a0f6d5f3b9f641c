import { createHash } from 'node:crypto';
import type { Artifact } from '../domain/backup.js';

/** Most bytes that common file systems give a name, less what a store adds while it writes. */
const MAX_STEM_BYTES = 200;

/**
 * File name of a database's artifact: the database percent-encoded, so that every name is safe and can be read back.
 * A name too long for a file system is cut and told apart by a hash; the manifest says which database it is.
 */
export function toArtifactName(
  database: string,
  { format, compression, encryption }: Pick<Artifact, 'format' | 'compression' | 'encryption'>,
): string {
  const encoded = percentEncode(database);
  const stem = encoded.length <= MAX_STEM_BYTES ? encoded : shorten(encoded, database);
  return `${stem}.${format}${compression === 'zstd' ? '.zst' : ''}${encryption === 'age' ? '.age' : ''}`;
}

function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/^\./, '%2E');
}

function shorten(encoded: string, database: string): string {
  const hash = createHash('sha256').update(database).digest('hex').slice(0, 16);
  const kept = encoded.slice(0, MAX_STEM_BYTES - hash.length - 1).replace(/%.?$/, '');
  return `${kept}~${hash}`;
}
