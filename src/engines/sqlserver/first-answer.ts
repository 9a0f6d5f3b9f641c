import type { Socket } from 'node:net';
import { EngineUnreachableError } from '../database-engine.js';

/** MS-TDS, 2.2.3.1.1: what a server sends. */
const TABULAR_RESULT = 0x04;
const HEADER_BYTES = 8;
const OPTION_BYTES = 5;
const ENCRYPTION = 0x01;
const TERMINATOR = 0xff;
/** MS-TDS, 2.2.6.5: what a server may say to a client that wants all of the connection encrypted. */
const WILL_ENCRYPT = new Set([0x01, 0x03]);

/**
 * Looks at the first answer of whoever listens, and closes the connection when that is no SQL Server, or when it was asked for
 * TLS and says that it has none. The library would go on in clear text and send the password: whoever stands between could
 * have it so.
 */
export function watchFirstAnswer(
  socket: Socket,
  isEncrypted: boolean,
  onRefused: (error: EngineUnreachableError) => void,
): void {
  let answer = Buffer.alloc(0);
  const look = (chunk: Buffer): void => {
    answer = Buffer.concat([answer, chunk]);
    if (answer[0] === TABULAR_RESULT && !isWhole(answer)) return;
    socket.off('data', look);
    const reason = findFault(answer, isEncrypted);
    if (reason === null) return;
    const error = new EngineUnreachableError(reason);
    onRefused(error);
    socket.destroy(error);
  };
  socket.on('data', look);
}

function isWhole(packet: Buffer): boolean {
  return packet.length >= HEADER_BYTES && packet.length >= packet.readUInt16BE(2);
}

function findFault(answer: Buffer, isEncrypted: boolean): string | null {
  if (answer[0] !== TABULAR_RESULT) {
    return "what listens there does not speak SQL Server's protocol. Check host and port.";
  }
  if (!isEncrypted || isWillingToEncrypt(answer)) return null;
  return 'it does not take encrypted connections, so that the password was not sent. Check that it is a SQL Server that listens there; encrypt=false in the URL connects in clear text.';
}

/** @param answer to PRELOGIN: a packet that lists options by kind, offset and length, and then holds their values */
function isWillingToEncrypt(answer: Buffer): boolean {
  const options = answer.subarray(HEADER_BYTES);
  for (let at = 0; at + OPTION_BYTES <= options.length && options[at] !== TERMINATOR; at += OPTION_BYTES) {
    if (options[at] === ENCRYPTION) return WILL_ENCRYPT.has(options[options.readUInt16BE(at + 1)] ?? -1);
  }
  return false;
}
