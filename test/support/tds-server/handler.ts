/** What a server tells with an INFO or an ERROR token. */
export interface ServerMessage {
  readonly number: number;
  readonly message: string;
  /** The class of the message. Default: 0 for an info, 16 for an error. */
  readonly severity?: number;
  /** Default: 1. */
  readonly state?: number;
}

export type Value = string | number | bigint | boolean | Buffer | null;

/** Text of more than 4000 characters, and binary values of more than 8000 bytes, make their column one of (max). */
export interface Column {
  readonly name: string;
  readonly type: 'nvarchar' | 'int' | 'bigint' | 'bit' | 'float' | 'varbinary';
}

/** What the client says of itself; the database is empty when it names none. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly appName: string;
  readonly database: string;
  readonly isEncrypted: boolean;
}

/** A connection that is logged in. */
export interface Session {
  /** As @@SPID tells it. */
  readonly id: number;
  readonly login: Login;
  /** Cuts the connection, as a server that is killed does. */
  cut(): void;
}

/**
 * One statement that a client has sent: a SQL batch, or an RPC of sp_executesql. The batch of settings with which a client
 * begins each connection is answered by the server itself, and not told.
 */
export interface Statement {
  readonly kind: 'batch' | 'rpc';
  readonly sql: string;
  /** By their names without the @. An integer of eight bytes is a bigint. */
  readonly parameters: Readonly<Record<string, Value>>;
  readonly session: Session;
  /** Aborted by the client's attention signal, and when the connection is gone. */
  readonly signal: AbortSignal;
}

/**
 * What a statement is answered with, in this order. Each call sends at once, while the statement still runs; when it has
 * been answered, they throw.
 */
export interface Reply {
  info(message: ServerMessage): void;
  error(message: ServerMessage): void;
  rows(columns: readonly Column[], rows: readonly (readonly Value[])[]): void;
}

export interface TdsServerOptions {
  /**
   * Answers a statement. The server sends the final DONE when it resolves: with the error bit when `error` was called, and
   * followed by the acknowledgement of the client's attention signal, if one came. A rejection cuts the connection, unless
   * the signal is aborted. Statements of different sessions run side by side.
   */
  readonly onStatement: (statement: Statement, reply: Reply) => Promise<void>;
  /** Refuses a login with the message, or accepts it with null. Default: accepts all. */
  readonly onLogin?: (login: Login) => ServerMessage | null;
  /**
   * Whether connections are encrypted: never, if the client asks for it, or always: then a client that does not ask is
   * refused. Default: off.
   */
  readonly encryption?: 'off' | 'on' | 'required';
  /** In PEM. Needed unless encryption is off. */
  readonly certificate?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  /** Takes connections and never answers. Default: false. */
  readonly isSilent?: boolean;
}
