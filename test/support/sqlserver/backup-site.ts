import { readdir } from 'node:fs/promises';
import { expect } from 'vitest';
import { SqlServerEngine } from '../../../src/engines/sqlserver/sqlserver-engine.js';
import type { Dump } from '../../../src/engines/database-engine.js';
import { beginDump, readAll } from '../dumps.js';
import { TempDir } from '../temp-dir.js';
import { SqlServerModel } from './sqlserver-model.js';

type ModelOptions = Parameters<typeof SqlServerModel.start>[0];

interface Order {
  readonly system?: boolean;
  readonly onStaged?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  readonly url?: string;
}

/** A server, and an engine that asks it nothing beside its work, unless told how often. */
export class BackupSite implements AsyncDisposable {
  readonly model: SqlServerModel;
  readonly engine: SqlServerEngine;
  readonly #scratch: TempDir;

  private constructor(model: SqlServerModel, engine: SqlServerEngine, scratch: TempDir) {
    this.model = model;
    this.engine = engine;
    this.#scratch = scratch;
  }

  static async start(options: ModelOptions = {}, engine = new SqlServerEngine()): Promise<BackupSite> {
    return new BackupSite(await SqlServerModel.start(options), engine, await TempDir.create());
  }

  async begin(name: string, { url = this.model.url(), ...order }: Order = {}): Promise<Dump> {
    return beginDump({ engine: this.engine, url, name, scratch: this.#scratch, ...order });
  }

  /** As a runner does. */
  async take(name: string, order: Order = {}): Promise<Buffer> {
    await using dump = await this.begin(name, order);
    const [content] = await Promise.all([readAll(dump.content), dump.completion]);
    return content;
  }

  async probe(url = this.model.url()): Promise<unknown> {
    return this.engine.probe(url, new AbortController().signal);
  }

  async checkHealth(url = this.model.url()): Promise<unknown> {
    return this.engine.checkHealth(url, new AbortController().signal);
  }

  /** Files in the exchange folder. */
  async listFiles(): Promise<readonly string[]> {
    return readdir(this.model.folder);
  }

  /** The statements that came since the last call, with file names by the order of their appearance. */
  takeStatements(): readonly string[] {
    return withPlainNames(this.model.statements.splice(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

function withPlainNames(statements: readonly string[]): readonly string[] {
  const names = new Map<string, string>();
  return statements.map((sql) =>
    sql.replace(/rds_backup_[0-9a-f]{8}_[0-9a-f]{16}\.bak/g, (name) => {
      const plain = names.get(name) ?? `file-${(names.size + 1).toString()}`;
      names.set(name, plain);
      return plain;
    }),
  );
}

/** What a failed backup is to look like: its code, and its whole sentence. */
export function failed(code: string, message: string | RegExp): object {
  return {
    name: 'BackupFailedError',
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  };
}

export function unreachable(message: string | RegExp): object {
  return {
    name: 'EngineUnreachableError',
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  };
}
