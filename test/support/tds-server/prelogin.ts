import type { TdsServerOptions } from './handler.js';

/** What both sides say before the login: MS-TDS 2.2.6.5. */
const Option = { VERSION: 0x00, ENCRYPTION: 0x01, TERMINATOR: 0xff } as const;
const OPTION_BYTES = 5;

const Encryption = { ON: 1, NOT_SUPPORTED: 2, REQUIRED: 3 } as const;

/** 16.0.1000, as LOGINACK has it; here with a number of the sub-build behind it. */
export const SERVER_VERSION: Buffer = Buffer.from([16, 0, 0x03, 0xe8]);

export interface PreloginAnswer {
  readonly payload: Buffer;
  readonly isEncrypted: boolean;
}

/** A client that does not ask for encryption gives up by itself when it reads that it is required. */
export function answerPrelogin(request: Buffer, encryption: TdsServerOptions['encryption']): PreloginAnswer {
  const asked = readEncryption(request);
  const isEncrypted = encryption !== 'off' && (asked === Encryption.ON || asked === Encryption.REQUIRED);
  const refusal = encryption === 'required' ? Encryption.REQUIRED : Encryption.NOT_SUPPORTED;
  const answered = isEncrypted ? Encryption.ON : refusal;
  const payload = writeOptions([
    [Option.VERSION, Buffer.concat([SERVER_VERSION, Buffer.alloc(2)])],
    [Option.ENCRYPTION, Buffer.from([answered])],
  ]);
  return { payload, isEncrypted };
}

function readEncryption(request: Buffer): number {
  for (let offset = 0; request.readUInt8(offset) !== Option.TERMINATOR; offset += OPTION_BYTES) {
    if (request.readUInt8(offset) === Option.ENCRYPTION) return request.readUInt8(request.readUInt16BE(offset + 1));
  }
  return Encryption.NOT_SUPPORTED;
}

function writeOptions(options: readonly (readonly [number, Buffer])[]): Buffer {
  let dataOffset = options.length * OPTION_BYTES + 1;
  const heads = options.map(([option, data]) => {
    const head = Buffer.alloc(OPTION_BYTES);
    head.writeUInt8(option, 0);
    head.writeUInt16BE(dataOffset, 1);
    head.writeUInt16BE(data.length, 3);
    dataOffset += data.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.from([Option.TERMINATOR]), ...options.map(([, data]) => data)]);
}
