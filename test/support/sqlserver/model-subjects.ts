import { readdir } from 'node:fs/promises';
import { SqlServerEngine } from '../../../src/engines/sqlserver/sqlserver-engine.js';
import { Engine } from '../../../src/domain/instance.js';
import type { EngineSubject } from '../../contract/database-engine.contract.js';
import type { RestorerSubject } from '../../contract/restorer-subject.js';
import { errorOf } from '../dumps.js';
import { TempDir } from '../temp-dir.js';
import { decodeBak } from './bak-file.js';
import { FAULTY_NAMES, ODD_NAMES } from './names.js';
import { SqlServerModel } from './sqlserver-model.js';

export function createSqlServerEngine(): SqlServerEngine {
  return new SqlServerEngine({ pollEveryMs: 5 });
}

function toRows(count: number): readonly string[] {
  return Array.from({ length: count }, (_value, index) => `${index.toString()} ${Math.sin(index).toString(36)}`);
}

/** For the engine's own contract. */
export async function createEngineSubject(): Promise<EngineSubject> {
  const model = await SqlServerModel.start();
  const scratch = await TempDir.create();
  const names = ["a'b]c", 'shop', 'stock'];
  for (const name of names) model.add(name, { tables: { 'dbo.items': toRows(200), 'sales.orders': [name] } });
  return {
    engine: createSqlServerEngine(),
    kind: Engine.SQLSERVER,
    url: model.url(),
    missingUrl: model.url().replace(/@127.0.0.1:\d+/, '@127.0.0.1:1'),
    databases: names,
    scratch,
    fingerprint: async () => [
      await readdir(model.exchange.path),
      [...model.state.databases.values()],
      [...model.state.credentials],
    ],
    rowsOf: async (name) => Promise.resolve(model.state.get(name).tables),
    restore: async (dump) => Promise.resolve(decodeBak(dump, 'dump', 'RESTORE').tables),
    [Symbol.asyncDispose]: async () => {
      await model[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** For the contract of restores. */
export async function createRestorerSubject(): Promise<RestorerSubject> {
  const model = await SqlServerModel.start();
  const scratch = await TempDir.create();
  const [shop, stock] = ['Shop 1', 'stock'] as const;
  model.add(shop, { tables: { 'dbo.items': toRows(9000), 'odd schema.a b': toRows(3) } });
  model.add(stock, { tables: { 'dbo.items': toRows(5) } });
  return {
    createEngine: createSqlServerEngine,
    url: model.url(),
    databases: [shop, stock],
    oddNames: ODD_NAMES,
    faultyNames: FAULTY_NAMES,
    proofUrl: model.url(),
    scratch,
    listEverything: async () =>
      [...[...model.state.databases.values()].map(({ name }) => name), ...(await readdir(model.exchange.path))].sort(),
    contentOf: async (name) => {
      const { tables, userAccess, state } = model.state.get(name);
      return Promise.resolve({ tables, userAccess, state });
    },
    countRows: async (name) =>
      Promise.resolve(
        Object.keys(model.state.get(name).tables)
          .map((table) => ({ name: table.replace(/^odd schema\.a b$/, '[odd schema].[a b]'), rows: null }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    [Symbol.asyncDispose]: async () => {
      await errorOf(model[Symbol.asyncDispose]());
      await scratch[Symbol.asyncDispose]();
    },
  };
}
