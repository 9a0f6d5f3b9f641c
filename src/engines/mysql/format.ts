import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';

/** What a tool writes last, after all else has gone well. */
export const END_MARKER = '-- Dump completed';

const BEGINNING = /^(ALTER DATABASE |-- |\/\*)/;
const END = new RegExp(`\\n${END_MARKER}( on \\d{4}-\\d\\d-\\d\\d +\\d{1,2}:\\d\\d:\\d\\d)?\\n$`);
/** More than each of the two takes. */
const EDGE_BYTES = 128;

/** Format check of a stored dump: the tool's own words at its beginning and at its very end, and nothing behind them. */
export async function checkSqlFormat(content: AsyncIterable<Uint8Array>): Promise<void> {
  let head: Uint8Array = new Uint8Array();
  let tail: Uint8Array = new Uint8Array();
  for await (const chunk of content) {
    if (head.length < EDGE_BYTES) head = Buffer.concat([head, chunk.subarray(0, EDGE_BYTES)]);
    tail = chunk.length >= EDGE_BYTES ? Uint8Array.from(chunk.subarray(-EDGE_BYTES)) : append(tail, chunk);
  }
  if (!BEGINNING.test(toText(head))) throw malformed('it does not begin as one');
  if (!END.test(toText(tail))) throw malformed(`its last line is not "${END_MARKER}"`);
}

/** A chunk's memory may be used again once the next one is asked for: what is kept is a copy. */
function append(tail: Uint8Array, chunk: Uint8Array): Uint8Array {
  return Buffer.concat([tail, chunk]).subarray(-EDGE_BYTES);
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function malformed(what: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `The stored copy is no whole dump: ${what}.`);
}
