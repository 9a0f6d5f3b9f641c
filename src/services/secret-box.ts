import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const SECRET_KEY_BYTES = 32;

/** The text was sealed with another key, for another owner, or was tampered with. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/**
 * Seals the connection URLs that the catalog keeps: AES-256-GCM, with the instance's id as associated data, so that a
 * sealed URL moved to another row does not open.
 */
export class SecretBox {
  readonly #key: Buffer;
  /** Tells a changed SECRET_KEY from a damaged text. */
  readonly #keyId: string;

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    this.#key = key;
    this.#keyId = createHash('sha256').update('rds-backup-server key id').update(key).digest('hex').slice(0, 8);
  }

  /** @returns `v1.<key id>.<base64 of nonce, tag and ciphertext>` */
  seal(plainText: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()]);
    return `v1.${this.#keyId}.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
  }

  /** @throws UnsealError */
  open(sealedText: string, owner: string): string {
    const [version, keyId, payload] = sealedText.split('.');
    if (version !== 'v1' || payload === undefined) throw new UnsealError('The sealed text is malformed.');
    if (keyId !== this.#keyId) {
      throw new UnsealError('It was sealed with another SECRET_KEY. Start the server with the key that it had before.');
    }
    const bytes = Buffer.from(payload, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(tag);
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return text.toString('utf8');
    } catch (error) {
      throw new UnsealError('The sealed text was damaged.', { cause: error });
    }
  }
}
