import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';

/** What begins the file of a backup: Microsoft Tape Format, and what SQL Server writes when it compresses. */
const MAGICS = ['TAPE', 'MSSQLBAK'];
/** The least that a disk takes at once: the server writes whole sectors alone. */
const SECTOR_BYTES = 512;

/**
 * Format check of a stored dump: how it begins, and that it ends with a whole sector. The server has read every page of it, and
 * every checksum, before it was stored; that the bytes are still the same is for their hash to tell.
 */
export async function checkBak(content: AsyncIterable<Uint8Array>): Promise<void> {
  const head = Buffer.alloc(8);
  let bytes = 0;
  for await (const chunk of content) {
    if (bytes < head.length) head.set(chunk.subarray(0, head.length - bytes), bytes);
    bytes += chunk.byteLength;
  }
  const text = head.toString('latin1');
  if (!MAGICS.some((magic) => text.startsWith(magic))) throw malformed('does not begin as one does');
  if (bytes % SECTOR_BYTES !== 0) throw malformed(`has ${bytes.toString()} bytes, and no whole number of sectors`);
}

function malformed(what: string): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `The stored file is no whole backup of SQL Server: it ${what}.`,
  );
}
