import { rowTokens } from './rows.js';
import { done, DoneStatus, error, info, returnStatus } from './tokens.js';
import type { MessageWriter } from './packets.js';
import type { Column, Reply, ServerMessage, Statement, Value } from './handler.js';

/** The answer to one statement: one message, which goes out token by token. */
export class StatementReply implements Reply {
  readonly #writer: MessageWriter;
  readonly #kind: Statement['kind'];
  #hasFailed = false;
  #hasEnded = false;

  constructor(writer: MessageWriter, kind: Statement['kind']) {
    this.#writer = writer;
    this.#kind = kind;
  }

  info(message: ServerMessage): void {
    this.#write(info(message));
  }

  error(message: ServerMessage): void {
    this.#hasFailed = true;
    this.#write(error(message));
  }

  rows(columns: readonly Column[], rows: readonly (readonly Value[])[]): void {
    const status = DoneStatus.MORE | DoneStatus.COUNT;
    const end = done(this.#kind === 'rpc' ? 'DONEINPROC' : 'DONE', status, rows.length);
    this.#write(Buffer.concat([rowTokens(columns, rows), end]));
  }

  end(): void {
    this.#hasEnded = true;
    const status = this.#hasFailed ? DoneStatus.ERROR : DoneStatus.FINAL;
    if (this.#kind === 'batch') this.#writer.end(done('DONE', status));
    else this.#writer.end(Buffer.concat([returnStatus(this.#hasFailed ? 1 : 0), done('DONEPROC', status)]));
  }

  #write(token: Buffer): void {
    if (this.#hasEnded) throw new Error('The statement has been answered already');
    this.#writer.write(token);
  }
}
