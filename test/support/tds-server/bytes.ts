export function byte(value: number): Buffer {
  return Buffer.from([value]);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** Text after its length in one byte: B_VARCHAR. Lengths count UTF-16 units. */
export function shortText(text: string): Buffer {
  return Buffer.concat([byte(text.length), Buffer.from(text, 'utf16le')]);
}

/** Text after its length in two bytes: US_VARCHAR. */
export function longText(text: string): Buffer {
  return Buffer.concat([uint16(text.length), Buffer.from(text, 'utf16le')]);
}

/** Reads a message from its beginning to its end; throws when it is too short. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  uint8(): number {
    return this.bytes(1).readUInt8();
  }

  uint16(): number {
    return this.bytes(2).readUInt16LE();
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  uint64(): bigint {
    return this.bytes(8).readBigUInt64LE();
  }

  bytes(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) throw new Error(`The message ends after ${this.#bytes.length} bytes`);
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#offset);
  }

  text(length: number): string {
    return this.bytes(2 * length).toString('utf16le');
  }
}
