import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { DEFAULT_PACKET_SIZE_BYTES, MessageReader, MessageWriter, PacketType } from './packets.js';
import type { Socket } from 'node:net';
import type { TdsServerOptions } from './handler.js';

/**
 * Carries TLS over a connection: within PRELOGIN messages until the handshake is complete, and plain from then on
 * (MS-TDS 2.2.6.5). The client turns first, once it has the server's last word: from its first record that is in no message
 * the server knows.
 */
class TlsCarrier extends Duplex {
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  #isPlain = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
  }

  #receive(chunk: Buffer): void {
    if (this.#reader.isIdle && chunk[0] !== PacketType.PRELOGIN) this.#isPlain = true;
    try {
      if (this.#isPlain) this.push(chunk);
      else for (const { payload } of this.#reader.push(chunk)) this.push(payload);
    } catch {
      this.destroy();
    }
  }

  override _read(): void {
    // Data are pushed as they come.
  }

  /** The client expects all records of the server's turn in one message: they come here together. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    const records = Buffer.concat(chunks.map(({ chunk }) => chunk));
    if (this.#isPlain) {
      this.#socket.write(records);
    } else {
      const send = (packet: Buffer) => this.#socket.write(packet);
      new MessageWriter({ type: PacketType.PRELOGIN, packetSizeBytes: DEFAULT_PACKET_SIZE_BYTES, send }).end(records);
    }
    callback();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}

/** Nobody else may read from or write to the socket from now on. */
export function startTls(socket: Socket, certificate: TdsServerOptions['certificate']): TLSSocket {
  // In TLS 1.3 neither side could tell the end of the handshake by the turns.
  return new TLSSocket(new TlsCarrier(socket), { isServer: true, maxVersion: 'TLSv1.2', ...certificate });
}
