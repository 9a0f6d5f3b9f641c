import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { SqlError } from './sql-error.js';
import type { ModelDatabase, ModelFile } from './model-database.js';

const SECTOR_BYTES = 512;
const HEADER_BYTES = 44;
const COMPRESSED = 'MSSQLBAK';
const PLAIN = 'TAPE\x00\x00\x03\x00';

/** What a backup of the model holds. */
export interface BakContent {
  readonly database: string;
  readonly version: string;
  readonly tables: ModelDatabase['tables'];
  readonly files: readonly ModelFile[];
}

/** A file that begins, and is padded, as one of SQL Server; what is between is the model's own, with its length and hash. */
export function encodeBak(content: BakContent, isCompressed: boolean): Buffer {
  const text = Buffer.from(JSON.stringify(content), 'utf8');
  const payload = isCompressed ? deflateRawSync(text, { level: 1 }) : text;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(isCompressed ? COMPRESSED : PLAIN, 'latin1');
  header.writeUInt32BE(payload.length, 8);
  createHash('sha256').update(payload).digest().copy(header, 12);
  const padding = (SECTOR_BYTES - ((HEADER_BYTES + payload.length) % SECTOR_BYTES)) % SECTOR_BYTES;
  return Buffer.concat([header, payload, Buffer.alloc(padding)]);
}

/** @throws SqlError with what SQL Server says of such a file */
export function decodeBak(bytes: Buffer, device: string, verb: 'RESTORE' | 'VERIFY'): BakContent {
  const ending = { number: 3013, message: `${verb} DATABASE is terminating abnormally.` };
  const magic = bytes.toString('latin1', 0, 8);
  if (bytes.length === 0) {
    throw new SqlError([{ number: 3254, message: `The volume on device '${device}' is empty.` }, ending]);
  }
  if (bytes.length < HEADER_BYTES || ![COMPRESSED, PLAIN].includes(magic)) {
    const message = `The media family on device '${device}' is incorrectly formed. SQL Server cannot process this media family.`;
    throw new SqlError([{ number: 3241, message }, ending]);
  }
  const length = bytes.readUInt32BE(8);
  const payload = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  if (payload.length < length) {
    const message = `Read on "${device}" failed: 38(Reached the end of the file.)`;
    throw new SqlError([{ number: 3203, message }, ending]);
  }
  if (!createHash('sha256').update(payload).digest().equals(bytes.subarray(12, HEADER_BYTES))) {
    throw new SqlError([{ number: 3189, message: `Damage to the backup set was detected.` }, ending]);
  }
  const text = magic === COMPRESSED ? inflateRawSync(payload) : payload;
  return JSON.parse(text.toString('utf8')) as BakContent;
}
