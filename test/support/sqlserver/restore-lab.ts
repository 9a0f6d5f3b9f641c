import { readdir } from 'node:fs/promises';
import type { AbandonTarget } from '../../../src/engines/database-restorer.js';
import type { SqlServerEngine } from '../../../src/engines/sqlserver/sqlserver-engine.js';
import { aim, toLoad } from '../restores.js';
import type { TakenDump } from '../restores.js';
import { TempDir } from '../temp-dir.js';
import { encodeBak } from './bak-file.js';
import type { BakContent } from './bak-file.js';
import { SYSTEM_DATABASES } from './model-database.js';
import type { ModelFile } from './model-database.js';
import { createSqlServerEngine } from './model-subjects.js';
import { SqlServerModel } from './sqlserver-model.js';

export const OLD_TABLES = { 'dbo.items': ['old 1', 'old 2'], 'dbo.old': [] };
export const NEW_TABLES = { 'dbo.items': ['new 1', 'new 2', 'new 3'] };
/** Of each type, and in no good order. */
export const FILES: readonly ModelFile[] = [
  { logicalName: 'shop', type: 'D', path: 'E:\\Fast\\shop.mdf' },
  { logicalName: "it's more", type: 'D', path: 'E:\\Fast\\more.ndf' },
  { logicalName: 'shop_log', type: 'L', path: 'F:\\shop_log.ldf' },
  { logicalName: 'shop_docs', type: 'S', path: 'E:\\Docs' },
];

/** A model with the database `shop`, of clerk, and a dump of it with another content. */
export class RestoreLab implements AsyncDisposable {
  readonly model: SqlServerModel;
  readonly #scratch: TempDir;

  private constructor(model: SqlServerModel, scratch: TempDir) {
    this.model = model;
    this.#scratch = scratch;
  }

  static async start(): Promise<RestoreLab> {
    const model = await SqlServerModel.start();
    model.add('shop', { owner: 'clerk', tables: OLD_TABLES });
    return new RestoreLab(model, await TempDir.create());
  }

  /** A new one, as of a server that knows of nothing. */
  get engine(): SqlServerEngine {
    return createSqlServerEngine();
  }

  /** To replace `shop` by default. */
  async aim(more: Partial<AbandonTarget> = {}): Promise<AbandonTarget> {
    const place = { url: this.model.url(), scratch: this.#scratch };
    return aim(place, { database: 'shop', overwrite: true, ...more });
  }

  async stage(more: Partial<AbandonTarget> = {}): Promise<AbandonTarget> {
    const target = await this.aim(more);
    await this.engine.stageRestore(target, toLoad(createDump()));
    return target;
  }

  /** The statements that came since the last look, one by one, but for those that look around alone. */
  takeStatements(): readonly string[] {
    return this.model.statements.splice(0).filter((sql) => !/^(SELECT|DECLARE|SET LOCK_TIMEOUT)/.test(sql));
  }

  /** User databases, and what is in the exchange folder. */
  async listEverything(): Promise<readonly string[]> {
    const names = [...this.model.state.databases.values()].map(({ name }) => name);
    return [
      ...names.filter((name) => !SYSTEM_DATABASES.includes(name)),
      ...(await readdir(this.model.exchange.path)),
    ].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.model[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

export function createDump(more: Partial<BakContent> = {}): TakenDump {
  const version = '16.0.4165.4';
  const bytes = encodeBak({ database: 'shop', version, tables: NEW_TABLES, files: FILES, ...more }, true);
  return { bytes, format: 'bak', contents: null, engineVersion: version };
}
