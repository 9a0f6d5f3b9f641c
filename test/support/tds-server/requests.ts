import { ByteReader } from './bytes.js';
import { PacketType } from './packets.js';
import { readTypedValue } from './values.js';
import type { Message } from './packets.js';
import type { Statement, Value } from './handler.js';

const NUMBERED_PROCEDURE = 0xffff;
const SP_EXECUTESQL = 10;

export type Request = Pick<Statement, 'kind' | 'sql' | 'parameters'>;

/** @throws Error when it is a message of another type, or an RPC of another procedure than sp_executesql */
export function readRequest(message: Message): Request {
  const reader = new ByteReader(message.payload);
  skipHeaders(reader);
  switch (message.type) {
    case PacketType.SQL_BATCH:
      return { kind: 'batch', sql: reader.rest().toString('utf16le'), parameters: {} };
    case PacketType.RPC:
      return readExecuteSql(reader);
    default:
      throw new Error(`Messages of the type ${message.type} are not supported`);
  }
}

function skipHeaders(reader: ByteReader): void {
  const totalBytes = reader.uint32();
  reader.bytes(totalBytes - 4);
}

/** MS-TDS 2.2.6.6. The first parameter is the statement, the second declares those that follow. */
function readExecuteSql(reader: ByteReader): Request {
  assertExecuteSql(reader);
  const optionFlags = 2;
  reader.bytes(optionFlags);
  const { value: sql } = readParameter(reader);
  if (typeof sql !== 'string') throw new Error('sp_executesql needs a statement');
  if (!reader.isAtEnd) readParameter(reader);
  const parameters: Record<string, Value> = {};
  while (!reader.isAtEnd) {
    const { name, value } = readParameter(reader);
    parameters[name] = value;
  }
  return { kind: 'rpc', sql, parameters };
}

function assertExecuteSql(reader: ByteReader): void {
  const nameLength = reader.uint16();
  const procedure = nameLength === NUMBERED_PROCEDURE ? reader.uint16() : reader.text(nameLength);
  if (procedure === SP_EXECUTESQL || procedure === 'sp_executesql') return;
  throw new Error(`The procedure ${procedure} is not supported`);
}

function readParameter(reader: ByteReader): { readonly name: string; readonly value: Value } {
  const name = reader.text(reader.uint8()).replace(/^@/, '');
  const statusFlags = 1;
  reader.bytes(statusFlags);
  return { name, value: readTypedValue(reader) };
}
