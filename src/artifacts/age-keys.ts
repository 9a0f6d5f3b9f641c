import { hkdfSync, randomBytes } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';

/** Beyond this it is no header: a recipient takes some 100 bytes in it, a post-quantum one some 2 KB. */
const MAX_HEADER_BYTES = 256 * 1024;
/** A header ends with the first line that begins with this. */
const LAST_LINE = '\n--- ';
/** Random bytes between header and payload, from which the payload's key is derived. */
const NONCE_BYTES = 16;

/** The keys are no good for what they are to do. A sentence for the operator, without secrets. */
export class AgeKeysError extends Error {
  override readonly name = 'AgeKeysError';
}

/** No identity opens the file, or its head is damaged: which of the two, the head alone does not tell. */
export class UnopenedHeadError extends Error {
  override readonly name = 'UnopenedHeadError';
}

/** What comes before an encrypted payload, and the key of the payload. */
export interface SealedHead {
  readonly head: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * For whom files are encrypted, and the identities that open them again: headers of age v1 files (age-encryption.org/v1).
 * The library makes and opens them; their payloads are the codec's work, in a thread.
 */
export class AgeKeys {
  readonly #recipients: readonly string[];
  readonly #identities = new Decrypter();

  private constructor(recipients: readonly string[]) {
    this.#recipients = recipients;
  }

  /** @throws AgeKeysError when one is malformed, or when what is encrypted for the recipients could not be opened again */
  static async create(recipients: readonly string[], identities: readonly string[]): Promise<AgeKeys> {
    const keys = new AgeKeys(recipients);
    for (const [index, identity] of identities.entries()) keys.#addIdentity(identity, index);
    if (recipients.length === 0) return keys;
    const { head } = await keys.seal();
    await keys.open(head).catch((error: unknown) => {
      const message =
        'No identity of ENCRYPTION_IDENTITY_FILE opens what is encrypted for ENCRYPTION_RECIPIENTS: backups could be neither verified nor restored. Add the recipient of one of the identities.';
      throw new AgeKeysError(message, { cause: error });
    });
    return keys;
  }

  /** For a server that neither encrypts nor decrypts. */
  static none(): AgeKeys {
    return new AgeKeys([]);
  }

  get canSeal(): boolean {
    return this.#recipients.length > 0;
  }

  /** Head of a new file, with a key of its own. */
  async seal(): Promise<SealedHead> {
    const encrypter = new Encrypter();
    for (const [index, recipient] of this.#recipients.entries()) addRecipient(encrypter, recipient, index);
    const nonce = randomBytes(NONCE_BYTES);
    // The library tells the key that it makes to the recipients alone.
    const made = new Promise<Uint8Array>((resolve) => {
      const wrapFileKey = (fileKey: Uint8Array): [] => {
        resolve(derivePayloadKey(fileKey, nonce));
        return [];
      };
      encrypter.addRecipient({ wrapFileKey });
    });
    const empty = Buffer.from(await encrypter.encrypt(new Uint8Array()));
    const header = empty.subarray(0, findHeaderEnd(empty) ?? 0);
    return { head: Buffer.concat([header, nonce]), key: await made };
  }

  /** Key of the payload. @throws UnopenedHeadError */
  async open(head: Uint8Array): Promise<Uint8Array> {
    const header = head.subarray(0, head.length - NONCE_BYTES);
    const fileKey = await this.#identities.decryptHeader(header).catch((error: unknown) => {
      throw new UnopenedHeadError('no identity opens the file', { cause: error });
    });
    return derivePayloadKey(fileKey, head.subarray(-NONCE_BYTES));
  }

  #addIdentity(identity: string, index: number): void {
    try {
      this.#identities.addIdentity(identity);
    } catch {
      // What the library says might repeat the identity.
      throw new AgeKeysError(`Identity ${(index + 1).toString()} of ENCRYPTION_IDENTITY_FILE is no age identity.`);
    }
  }
}

/** Takes the head of an encrypted file off its bytes. @throws UnopenedHeadError when there is none */
export async function splitHead(
  stored: AsyncIterator<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly rest: Uint8Array }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const headerEnd = findHeaderEnd(bytes);
    const end = headerEnd === null ? Infinity : headerEnd + NONCE_BYTES;
    if (bytes.length >= end) return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
    const next = bytes.length > MAX_HEADER_BYTES ? { done: true as const, value: undefined } : await stored.next();
    if (next.done === true) throw new UnopenedHeadError('there is no age header');
    bytes = Buffer.concat([bytes, next.value]);
  }
}

function findHeaderEnd(bytes: Buffer): number | null {
  const lastLine = bytes.indexOf(LAST_LINE);
  const end = lastLine === -1 ? -1 : bytes.indexOf('\n', lastLine + 1);
  return end === -1 ? null : end + 1;
}

function addRecipient(encrypter: Encrypter, recipient: string, index: number): void {
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    const message = `Recipient ${(index + 1).toString()} of ENCRYPTION_RECIPIENTS is no age recipient.`;
    throw new AgeKeysError(message, { cause: error });
  }
}

function derivePayloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}
