import { byte, uint16, uint32, uint64 } from './bytes.js';
import type { ByteReader } from './bytes.js';
import { COLLATION } from './tokens.js';
import type { Column, Value } from './handler.js';

/** Types and values: MS-TDS 2.2.5.4 to 2.2.5.6. */
const TypeId = { INTN: 0x26, BITN: 0x68, FLTN: 0x6d, BIGVARBINARY: 0xa5, BIGVARCHAR: 0xa7, NVARCHAR: 0xe7 } as const;

const MAX_SHORT_BYTES = 8000;
/** As a type's size: (max). As a value's size: null. */
const MAX_UINT16 = 0xffff;
const NULL_PART_LENGTH = 0xffff_ffff_ffff_ffffn;

/** A column as its values go over the wire; (max) is decided by the longest of them. */
export interface WireType {
  readonly type: Column['type'];
  readonly isMax: boolean;
}

export function toWireType(type: Column['type'], values: readonly Value[]): WireType {
  return { type, isMax: values.some((value) => longBytes(type, value).length > MAX_SHORT_BYTES) };
}

function longBytes(type: Column['type'], value: Value): Buffer {
  if (type === 'nvarchar' && value !== null) return Buffer.from(toText(value), 'utf16le');
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function toText(value: NonNullable<Value>): string {
  return typeof value === 'string' ? value : value.toString();
}

export function typeInfo({ type, isMax }: WireType): Buffer {
  const maxSize = uint16(isMax ? MAX_UINT16 : MAX_SHORT_BYTES);
  switch (type) {
    case 'nvarchar':
      return Buffer.concat([byte(TypeId.NVARCHAR), maxSize, COLLATION]);
    case 'varbinary':
      return Buffer.concat([byte(TypeId.BIGVARBINARY), maxSize]);
    case 'int':
      return Buffer.from([TypeId.INTN, 4]);
    case 'bigint':
      return Buffer.from([TypeId.INTN, 8]);
    case 'bit':
      return Buffer.from([TypeId.BITN, 1]);
    case 'float':
      return Buffer.from([TypeId.FLTN, 8]);
  }
}

export function encode(value: Value, { type, isMax }: WireType): Buffer {
  if (type === 'nvarchar' || type === 'varbinary') {
    if (value === null) return isMax ? uint64(NULL_PART_LENGTH) : uint16(MAX_UINT16);
    const bytes = longBytes(type, value);
    return isMax ? inParts(bytes) : Buffer.concat([uint16(bytes.length), bytes]);
  }
  if (value === null) return byte(0);
  const bytes = numberBytes(value, type);
  return Buffer.concat([byte(bytes.length), bytes]);
}

function inParts(bytes: Buffer): Buffer {
  const end = uint32(0);
  if (bytes.length === 0) return Buffer.concat([uint64(0n), end]);
  return Buffer.concat([uint64(BigInt(bytes.length)), uint32(bytes.length), bytes, end]);
}

function numberBytes(value: NonNullable<Value>, type: 'int' | 'bigint' | 'bit' | 'float'): Buffer {
  if (type === 'bit') return byte(Number(value) === 0 ? 0 : 1);
  const bytes = Buffer.alloc(type === 'int' ? 4 : 8);
  if (type === 'int') bytes.writeInt32LE(Number(value));
  else if (type === 'float') bytes.writeDoubleLE(Number(value));
  else bytes.writeBigInt64LE(BigInt(toText(value)));
  return bytes;
}

/** Reads a type and a value of it, as an RPC has them for each parameter. */
export function readTypedValue(reader: ByteReader): Value {
  const id = reader.uint8();
  switch (id) {
    case TypeId.INTN:
    case TypeId.BITN:
    case TypeId.FLTN:
      reader.uint8();
      return readNumber(reader, id);
    case TypeId.NVARCHAR:
    case TypeId.BIGVARCHAR:
      return readLong(reader, COLLATION.length)?.toString(id === TypeId.NVARCHAR ? 'utf16le' : 'latin1') ?? null;
    case TypeId.BIGVARBINARY:
      return readLong(reader, 0);
    default:
      throw new Error(`No parameter can be of the type 0x${id.toString(16)}`);
  }
}

function readNumber(reader: ByteReader, id: number): Value {
  const bytes = reader.bytes(reader.uint8());
  if (bytes.length === 0) return null;
  if (id === TypeId.BITN) return bytes.readUInt8() !== 0;
  if (id === TypeId.FLTN) return bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE();
  if (bytes.length === 8) return bytes.readBigInt64LE();
  // Of the integers, that of one byte alone has no sign.
  return bytes.length === 1 ? bytes.readUInt8() : bytes.readIntLE(0, bytes.length);
}

function readLong(reader: ByteReader, collationBytes: number): Buffer | null {
  const isMax = reader.uint16() === MAX_UINT16;
  reader.bytes(collationBytes);
  if (isMax) return readParts(reader);
  const size = reader.uint16();
  return size === MAX_UINT16 ? null : reader.bytes(size);
}

function readParts(reader: ByteReader): Buffer | null {
  if (reader.uint64() === NULL_PART_LENGTH) return null;
  const parts: Buffer[] = [];
  for (let size = reader.uint32(); size > 0; size = reader.uint32()) parts.push(reader.bytes(size));
  return Buffer.concat(parts);
}
