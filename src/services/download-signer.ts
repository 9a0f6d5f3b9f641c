import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** Keeps the key from being one that something else of the server uses. */
const PURPOSE = 'rds-backup-server download links';

/** What the holder of a signed URL may fetch, and until when. */
export interface DownloadPermit {
  readonly backupId: string;
  readonly file: string;
  readonly expiresAt: Date;
}

/** Signs URLs of downloads, so that whoever has one needs no other right, and nobody can make one. */
export class DownloadSigner {
  readonly #key: Buffer;

  /** @param secretKey of the server */
  constructor(secretKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, '', PURPOSE, 32));
  }

  sign(permit: DownloadPermit): string {
    return this.#digest(permit).toString('base64url');
  }

  isSigned(permit: DownloadPermit, signature: string): boolean {
    const expected = this.#digest(permit);
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #digest({ backupId, file, expiresAt }: DownloadPermit): Buffer {
    // As JSON, no two permits have the same text.
    const text = JSON.stringify([backupId, file, expiresAt.getTime()]);
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
