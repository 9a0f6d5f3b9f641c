import { DEFAULT_PACKET_SIZE_BYTES } from './packets.js';
import { SERVER_VERSION } from './prelogin.js';
import {
  collationChange,
  databaseChange,
  done,
  DoneStatus,
  error,
  info,
  loginAck,
  packetSizeChange,
} from './tokens.js';
import type { Login, ServerMessage } from './handler.js';

const PROGRAM_NAME = 'Microsoft SQL Server';

/** Where LOGIN7 tells the offset and the length of a text: MS-TDS 2.2.6.4. */
const TextField = { USER: 40, PASSWORD: 44, APP_NAME: 48, DATABASE: 68 } as const;
const PACKET_SIZE_FIELD = 8;
const [MIN_PACKET_SIZE_BYTES, MAX_PACKET_SIZE_BYTES] = [512, 32_767];

export function readLogin(payload: Buffer, isEncrypted: boolean): Login {
  return {
    user: textAt(payload, TextField.USER).toString('utf16le'),
    password: unscramble(textAt(payload, TextField.PASSWORD)).toString('utf16le'),
    appName: textAt(payload, TextField.APP_NAME).toString('utf16le'),
    database: textAt(payload, TextField.DATABASE).toString('utf16le'),
    isEncrypted,
  };
}

/** The size that the client asks for, within the protocol's bounds. */
export function readPacketSize(payload: Buffer): number {
  const asked = payload.readUInt32LE(PACKET_SIZE_FIELD) || DEFAULT_PACKET_SIZE_BYTES;
  return Math.min(Math.max(asked, MIN_PACKET_SIZE_BYTES), MAX_PACKET_SIZE_BYTES);
}

function textAt(payload: Buffer, field: number): Buffer {
  const offset = payload.readUInt16LE(field);
  return payload.subarray(offset, offset + 2 * payload.readUInt16LE(field + 2));
}

/** A client changes the halves of each byte, and inverts every other bit. */
function unscramble(scrambled: Buffer): Buffer {
  return Buffer.from(scrambled.map((value) => swapHalves(value ^ 0xa5)));
}

function swapHalves(value: number): number {
  return ((value & 0x0f) << 4) | (value >> 4);
}

export function loginAccepted(login: Login, packetSizeBytes: number): Buffer {
  const database = login.database === '' ? 'master' : login.database;
  return Buffer.concat([
    databaseChange(database),
    info({ number: 5701, message: `Changed database context to '${database}'.`, state: 2 }),
    collationChange(),
    loginAck(PROGRAM_NAME, SERVER_VERSION),
    packetSizeChange(packetSizeBytes, DEFAULT_PACKET_SIZE_BYTES),
    done('DONE', DoneStatus.FINAL),
  ]);
}

export function loginRefused(message: ServerMessage): Buffer {
  return Buffer.concat([error({ severity: 14, ...message }), done('DONE', DoneStatus.ERROR)]);
}
