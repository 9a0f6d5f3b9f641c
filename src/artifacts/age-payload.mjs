// The payload of an age v1 file: chunks of ChaCha20-Poly1305, the last one marked as such, so that none can be changed,
// moved or cut off (age-encryption.org/v1, "Payload"). In node:crypto, which is some ten times as fast as JavaScript.
import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';

const ALGORITHM = 'chacha20-poly1305';
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;

/** What is yielded is good until the next is asked for. */
export async function* sealPayload(source, key) {
  let index = 0;
  for await (const { bytes, isLast } of rechunk(source, CHUNK_BYTES)) {
    const cipher = createCipheriv(ALGORITHM, key, nonceOf(index, isLast), { authTagLength: TAG_BYTES });
    yield cipher.update(bytes);
    cipher.final();
    yield cipher.getAuthTag();
    index += 1;
  }
}

/** Yields no byte that it has not proved. @throws Error when the payload was changed or cut short, or the key is another */
export async function* openPayload(source, key) {
  let index = 0;
  for await (const { bytes, isLast } of rechunk(source, CHUNK_BYTES + TAG_BYTES)) {
    const length = bytes.length - TAG_BYTES;
    if (length < 0 || (length === 0 && index > 0)) throw new Error('the age payload was cut short');
    const decipher = createDecipheriv(ALGORITHM, key, nonceOf(index, isLast), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(length));
    const opened = decipher.update(bytes.subarray(0, length));
    decipher.final();
    yield opened;
    index += 1;
  }
}

function nonceOf(index, isLast) {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Chunks of that size, of which only the last may be smaller; one empty chunk of nothing. */
async function* rechunk(source, size) {
  const chunk = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length;) {
      // A full chunk waits until it is known whether it is the last.
      if (filled === size) {
        yield { bytes: chunk, isLast: false };
        filled = 0;
      }
      const copied = bytes.copy(chunk, filled, at);
      filled += copied;
      at += copied;
    }
  }
  yield { bytes: chunk.subarray(0, filled), isLast: true };
}
