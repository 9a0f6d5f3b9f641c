import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { HEADER_MAGIC } from './file.js';

/** Length of a database file's header (SQLite file format, 1.3). */
export const HEADER_BYTES = 100;

/**
 * Format check of a stored dump: a header, and as many bytes as the header's page size and page count say. Its pages were
 * checked by SQLite before they were stored; that they are still the same is for the checksums to tell.
 */
export async function checkSqliteFormat(content: AsyncIterable<Uint8Array>): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  let bytes = 0;
  for await (const chunk of content) {
    if (bytes < HEADER_BYTES) header.set(chunk.subarray(0, HEADER_BYTES - bytes), bytes);
    bytes += chunk.byteLength;
  }
  const fault = findFormatFault(header, bytes);
  if (fault !== null) throw malformed(fault);
}

/** What shows that a file with this header and of this length is no whole database: a clause about it; null for nothing. */
export function findFormatFault(header: Buffer, bytes: number): string | null {
  if (header.toString('latin1', 0, 16) !== HEADER_MAGIC) return 'has no SQLite header';
  // A page size of 1 stands for 65,536.
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const expected = pageSize * header.readUInt32BE(28);
  if (bytes === expected) return null;
  return `is ${bytes.toString()} bytes long where its header says ${expected.toString()}`;
}

function malformed(what: string): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `The stored copy is no whole SQLite database: it ${what}.`,
  );
}
