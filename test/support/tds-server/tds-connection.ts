import { loginAccepted, loginRefused, readLogin, readPacketSize } from './login.js';
import { DEFAULT_PACKET_SIZE_BYTES, MessageReader, MessageWriter, PacketType } from './packets.js';
import { answerPrelogin } from './prelogin.js';
import { readRequest } from './requests.js';
import { StatementReply } from './statement-reply.js';
import { startTls } from './tls.js';
import { done, DoneStatus } from './tokens.js';
import type { Socket } from 'node:net';
import type { Request } from './requests.js';
import type { Message } from './packets.js';
import type { Session, TdsServerOptions } from './handler.js';

/** The message with which a server refuses what it cannot read. */
const PROTOCOL_ERROR = 8009;

/** One client, from PRELOGIN to the end of its connection. */
export class TdsConnection {
  readonly #id: number;
  readonly #socket: Socket;
  readonly #options: TdsServerOptions;
  readonly #reader = new MessageReader();
  /** The socket, or the TLS over it. */
  #transport: Socket;
  #packetSizeBytes = DEFAULT_PACKET_SIZE_BYTES;
  #session: Session | null = null;
  #hasSettings = false;
  #running: AbortController | null = null;

  constructor(id: number, socket: Socket, options: TdsServerOptions) {
    this.#id = id;
    this.#socket = socket;
    this.#options = options;
    this.#transport = socket;
    socket.on('data', this.#receive);
    socket.on('close', () => this.#running?.abort());
    socket.on('error', this.cut);
  }

  /** Null until the client is logged in, and when it is gone. */
  get session(): Session | null {
    return this.#socket.destroyed ? null : this.#session;
  }

  readonly cut = (): void => {
    this.#socket.destroy();
  };

  readonly #receive = (chunk: Buffer): void => {
    try {
      for (const message of this.#reader.push(chunk)) this.#take(message);
    } catch {
      this.cut();
    }
  };

  #take(message: Message): void {
    if (message.type === PacketType.PRELOGIN) this.#prelogin(message.payload);
    else if (message.type === PacketType.LOGIN7) this.#login(message.payload);
    else if (message.type === PacketType.ATTENTION) this.#attend();
    else if (this.#session === null || this.#running !== null) this.cut();
    else if (message.isIgnored) this.#send(done('DONE', DoneStatus.FINAL));
    else if (this.#hasSettings) void this.#run(message, this.#session);
    else this.#takeSettings();
  }

  #prelogin(payload: Buffer): void {
    const { encryption = 'off', certificate } = this.#options;
    const answer = answerPrelogin(payload, encryption);
    this.#send(answer.payload);
    if (!answer.isEncrypted) return;
    this.#socket.off('data', this.#receive);
    this.#transport = startTls(this.#socket, certificate);
    this.#transport.on('data', this.#receive);
    this.#transport.on('error', this.cut);
  }

  #login(payload: Buffer): void {
    const login = readLogin(payload, this.#transport !== this.#socket);
    const refusal = this.#options.onLogin?.(login) ?? null;
    if (refusal !== null) {
      this.#send(loginRefused(refusal));
      this.#transport.end();
      return;
    }
    this.#packetSizeBytes = readPacketSize(payload);
    this.#send(loginAccepted(login, this.#packetSizeBytes));
    this.#session = { id: this.#id, login, cut: this.cut };
  }

  /** The client's first batch is its own, about nulls, dates and the like. */
  #takeSettings(): void {
    this.#hasSettings = true;
    this.#send(done('DONE', DoneStatus.FINAL));
  }

  async #run(message: Message, session: Session): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const reply = new StatementReply(this.#writer(), message.type === PacketType.RPC ? 'rpc' : 'batch');
    try {
      const request = readRequestOrRefuse(message, reply);
      if (request !== null) await this.#options.onStatement({ ...request, session, signal: running.signal }, reply);
    } catch {
      if (!running.signal.aborted) this.cut();
    }
    this.#running = null;
    if (this.#socket.destroyed) return;
    reply.end();
    if (running.signal.aborted) this.#acknowledgeAttention();
  }

  #attend(): void {
    if (this.#running === null) this.#acknowledgeAttention();
    else this.#running.abort();
  }

  /** In a message of its own: a client reads the answer to its statement to the end, and then waits for this one. */
  #acknowledgeAttention(): void {
    this.#send(done('DONE', DoneStatus.ATTENTION));
  }

  #send(payload: Buffer): void {
    this.#writer().end(payload);
  }

  #writer(): MessageWriter {
    return new MessageWriter({
      type: PacketType.TABULAR_RESULT,
      packetSizeBytes: this.#packetSizeBytes,
      send: (packet) => {
        if (this.#transport.writable) this.#transport.write(packet);
      },
    });
  }
}

function readRequestOrRefuse(message: Message, reply: StatementReply): Request | null {
  try {
    return readRequest(message);
  } catch (error) {
    reply.error({ number: PROTOCOL_ERROR, message: (error as Error).message });
    return null;
  }
}
