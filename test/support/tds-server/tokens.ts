import { byte, longText, shortText, uint16, uint32, uint64 } from './bytes.js';
import type { ServerMessage } from './handler.js';

/** Tokens are what a result consists of: MS-TDS 2.2.7. */
const TokenType = {
  RETURNSTATUS: 0x79,
  ERROR: 0xaa,
  INFO: 0xab,
  LOGINACK: 0xad,
  ENVCHANGE: 0xe3,
  DONE: 0xfd,
  DONEPROC: 0xfe,
  DONEINPROC: 0xff,
} as const;

export const DoneStatus = { FINAL: 0x00, MORE: 0x01, ERROR: 0x02, COUNT: 0x10, ATTENTION: 0x20 } as const;

/** SQL_Latin1_General_CP1_CI_AS. */
export const COLLATION: Buffer = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

const TDS_7_4 = Buffer.from([0x74, 0x00, 0x00, 0x04]);
const SQL_TSQL = 1;
const SERVER_NAME = 'TDSTEST';

const Environment = { DATABASE: 1, PACKET_SIZE: 4, COLLATION: 7 } as const;

export function info(message: ServerMessage): Buffer {
  return told(TokenType.INFO, { severity: 0, state: 1, ...message });
}

export function error(message: ServerMessage): Buffer {
  return told(TokenType.ERROR, { severity: 16, state: 1, ...message });
}

function told(type: number, { number, message, severity, state }: Required<ServerMessage>): Buffer {
  const numbers = Buffer.concat([uint32(number), byte(state), byte(severity)]);
  const [procedure, line] = [shortText(''), uint32(1)];
  return withLength(type, Buffer.concat([numbers, longText(message), shortText(SERVER_NAME), procedure, line]));
}

export function databaseChange(database: string): Buffer {
  return withLength(
    TokenType.ENVCHANGE,
    Buffer.concat([byte(Environment.DATABASE), shortText(database), shortText('master')]),
  );
}

export function packetSizeChange(sizeBytes: number, oldSizeBytes: number): Buffer {
  const sizes = [shortText(sizeBytes.toString()), shortText(oldSizeBytes.toString())];
  return withLength(TokenType.ENVCHANGE, Buffer.concat([byte(Environment.PACKET_SIZE), ...sizes]));
}

export function collationChange(): Buffer {
  const collations = [byte(COLLATION.length), COLLATION, byte(0)];
  return withLength(TokenType.ENVCHANGE, Buffer.concat([byte(Environment.COLLATION), ...collations]));
}

/** @param version major, minor, and the build's number in two bytes, the high one first */
export function loginAck(programName: string, version: Buffer): Buffer {
  return withLength(TokenType.LOGINACK, Buffer.concat([byte(SQL_TSQL), TDS_7_4, shortText(programName), version]));
}

export function returnStatus(status: number): Buffer {
  return Buffer.concat([byte(TokenType.RETURNSTATUS), uint32(status)]);
}

export function done(kind: 'DONE' | 'DONEPROC' | 'DONEINPROC', status: number, rowCount = 0): Buffer {
  const currentCommand = uint16(0);
  return Buffer.concat([byte(TokenType[kind]), uint16(status), currentCommand, uint64(BigInt(rowCount))]);
}

function withLength(type: number, data: Buffer): Buffer {
  return Buffer.concat([byte(type), uint16(data.length), data]);
}
