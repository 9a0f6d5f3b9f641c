import { setTimeout as delay } from 'node:timers/promises';
import type { Column, Value } from '../tds-server/tds-server.js';
import type { Call } from './commands.js';
import { sizeOf } from './model-database.js';
import type { ModelDatabase } from './model-database.js';
import { IDENTIFIER, unquoteIdentifier } from './syntax.js';

type Row = Readonly<Record<string, Value>>;
type Question = (call: Call, found: readonly string[]) => readonly Row[] | Promise<readonly Row[]>;

const TYPES: Readonly<Record<string, Column['type']>> = {
  engineEdition: 'int',
  mirroringRole: 'int',
  sessionId: 'int',
  result: 'int',
  isFree: 'int',
  percent: 'float',
};

/** What the server is asked, each told by what it asks for. */
const QUESTIONS: readonly (readonly [RegExp, Question])[] = [
  [/SERVERPROPERTY\('ProductVersion'\)/, askProperties],
  [/fn_hadr_is_primary_replica/, ({ state }) => [...state.databases.values()].map(toState)],
  [/SUSER_SNAME\(\) AS login/, askRights],
  [
    /HAS_PERMS_BY_NAME\(QUOTENAME\(d.name\), 'DATABASE', 'BACKUP DATABASE'\)/,
    ({ state }): readonly Row[] =>
      [...state.databases.values()].filter(({ mayBackUp }) => mayBackUp).map(({ name }) => ({ name })),
  ],
  [/sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 5000/, askLock],
  [
    /APPLOCK_TEST\('public', @name, 'Exclusive', 'Session'\)/,
    ({ state, statement }): readonly Row[] => [{ isFree: Number(state.isFree(String(statement.parameters.name))) }],
  ],
  [/@@SPID/, ({ statement }) => [{ sessionId: statement.session.id }]],
  [/FROM sys.dm_exec_requests/, askPercent],
  [/FROM sys.credentials WHERE name LIKE/, ({ state }) => [...state.credentials.keys()].map((name) => ({ name }))],
  [/CASE d.name WHEN @staged/, askPresent],
  [
    /^SELECT name FROM sys.databases WHERE name = @name$/,
    ({ state, statement }) => {
      const found = state.find(String(statement.parameters.name));
      return found === null ? [] : [{ name: found.name }];
    },
  ],
  [/'ALTER ANY DATABASE'\), 0\)\) AS mayAlter/, ({ state }) => [{ mayAlter: state.rights.has('ALTER ANY DATABASE') }]],
  [new RegExp(`${IDENTIFIER}\\.sys\\.tables`), askTables],
];

/** @returns whether it was one of the questions that the server understands */
export async function answer(call: Call): Promise<boolean> {
  const { sql } = call.statement;
  for (const [pattern, ask] of QUESTIONS) {
    const found = pattern.exec(sql);
    if (found === null) continue;
    const rows = await ask(call, found.slice(1));
    const names = Object.keys(rows[0] ?? { name: '' });
    const columns = names.map((name) => ({ name, type: TYPES[name] ?? typeOf(rows, name) }));
    call.reply.rows(
      columns,
      rows.map((row) => names.map((name) => row[name] ?? null)),
    );
    return true;
  }
  return false;
}

function typeOf(rows: readonly Row[], name: string): Column['type'] {
  return rows.some((row) => typeof row[name] === 'boolean') || name === 'isPrimaryReplica' ? 'bit' : 'nvarchar';
}

function askProperties({ state }: Call): readonly Row[] {
  return [{ ...state.product, dataPath: 'D:\\Data\\', logPath: 'L:\\Logs\\' }];
}

function toState(database: ModelDatabase): Row {
  const { name, state, isSnapshot, isStandby, isPrimaryReplica, mirroringRole } = database;
  const isReadable = state === 'ONLINE' && (isPrimaryReplica !== false || database.isReadable);
  const sizeBytes = sizeOf(database).toString();
  return { name, state, sizeBytes, isSnapshot, isStandby, isReadable, isPrimaryReplica, mirroringRole };
}

function askRights({ state, statement }: Call): readonly Row[] {
  const asked = [...statement.sql.matchAll(/AS \[([A-Z ]+)\]/g)].map(([, right = '']) => right);
  const rights = Object.fromEntries(asked.map((right) => [right, state.rights.has(right)]));
  return [{ login: statement.session.login.user, ...rights }];
}

function askPercent({ state, statement }: Call): readonly Row[] {
  if (!state.rights.has('VIEW SERVER STATE')) return [];
  const percent = state.percent.get(Number(statement.parameters.sessionId));
  return percent === undefined ? [] : [{ percent: percent + 0.5 }];
}

async function askLock({ state, statement }: Call): Promise<readonly Row[]> {
  const end = performance.now() + 5000;
  while (!state.lock(statement.session, String(statement.parameters.name))) {
    if (performance.now() > end) return [{ result: -1 }];
    await delay(5, undefined, { signal: statement.signal });
  }
  return [{ result: 0 }];
}

function askPresent({ state, statement }: Call): readonly Row[] {
  const { target, staged, replaced, stagingId } = statement.parameters;
  return [target, staged, replaced].flatMap((wanted) => {
    const database = state.find(String(wanted));
    if (database === null) return [];
    const { name, owner, userAccess: access, state: now, files, isReplicated } = database;
    const role = wanted === staged ? 'staged' : wanted === replaced ? 'replaced' : 'target';
    const isOurs = files.some(({ path }) => path.includes(`_${String(stagingId)}`));
    const isShared = database.isPrimaryReplica !== null || database.mirroringRole !== null;
    const hasSnapshots = [...state.databases.values()].some(({ snapshotOf }) => snapshotOf === name);
    return [{ role, name, owner, access, state: now, isOurs, isShared, hasSnapshots, isReplicated }];
  });
}

function askTables({ state }: Call, [name = '']: readonly string[]): readonly Row[] {
  const { tables } = state.get(unquoteIdentifier(name));
  return Object.entries(tables).map(([table, rows]) => {
    const [schemaName = '', tableName = ''] = table.split('.', 2);
    return { schemaName, tableName, rowCount: rows.length.toString() };
  });
}
