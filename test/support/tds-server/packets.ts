/** Packets carry messages: MS-TDS 2.2.3. */
export const PacketType = {
  SQL_BATCH: 0x01,
  RPC: 0x03,
  TABULAR_RESULT: 0x04,
  ATTENTION: 0x06,
  LOGIN7: 0x10,
  PRELOGIN: 0x12,
} as const;

export const DEFAULT_PACKET_SIZE_BYTES = 4096;

const HEADER_BYTES = 8;
const END_OF_MESSAGE = 0x01;
const IGNORE = 0x02;

export interface Message {
  readonly type: number;
  readonly payload: Buffer;
  /** The client thought better of it while it sent it. */
  readonly isIgnored: boolean;
}

/** Puts messages together again, however the network has cut their packets. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #payloads: Buffer[] = [];

  /** Nothing of a further message has come yet. */
  get isIdle(): boolean {
    return this.#rest.length === 0 && this.#payloads.length === 0;
  }

  /** @returns the messages that this chunk completes */
  push(chunk: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    for (let packet = this.#nextPacket(); packet !== null; packet = this.#nextPacket()) {
      this.#payloads.push(packet.subarray(HEADER_BYTES));
      const status = packet.readUInt8(1);
      if ((status & END_OF_MESSAGE) === 0) continue;
      messages.push({
        type: packet.readUInt8(0),
        payload: Buffer.concat(this.#payloads),
        isIgnored: (status & IGNORE) !== 0,
      });
      this.#payloads = [];
    }
    return messages;
  }

  #nextPacket(): Buffer | null {
    if (this.#rest.length < HEADER_BYTES) return null;
    const size = this.#rest.readUInt16BE(2);
    if (size < HEADER_BYTES) throw new Error(`A packet of ${size} bytes is too short`);
    if (this.#rest.length < size) return null;
    const packet = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return packet;
  }
}

interface MessageOptions {
  readonly type: number;
  readonly packetSizeBytes: number;
  readonly send: (bytes: Buffer) => void;
}

/** Sends one message. What is written leaves at once, even where it does not fill a packet. */
export class MessageWriter {
  readonly #options: MessageOptions;
  #packetCount = 0;

  constructor(options: MessageOptions) {
    this.#options = options;
  }

  write(data: Buffer): void {
    this.#send(data, false);
  }

  end(data: Buffer): void {
    this.#send(data, true);
  }

  #send(data: Buffer, isEnd: boolean): void {
    const { packetSizeBytes, send } = this.#options;
    const payloadBytes = packetSizeBytes - HEADER_BYTES;
    for (let start = 0; start < data.length; start += payloadBytes) {
      const end = Math.min(start + payloadBytes, data.length);
      send(this.#packet(data.subarray(start, end), isEnd && end === data.length));
    }
  }

  #packet(payload: Buffer, isLast: boolean): Buffer {
    this.#packetCount += 1;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(this.#options.type, 0);
    header.writeUInt8(isLast ? END_OF_MESSAGE : 0, 1);
    header.writeUInt16BE(HEADER_BYTES + payload.length, 2);
    header.writeUInt8(this.#packetCount % 256, 6);
    return Buffer.concat([header, payload]);
  }
}
