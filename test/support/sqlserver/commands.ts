import type { Reply, Statement } from '../tds-server/tds-server.js';
import { decodeBak, encodeBak } from './bak-file.js';
import type { Devices } from './devices.js';
import { createModelDatabase } from './model-database.js';
import type { ModelDatabase } from './model-database.js';
import type { ModelState } from './model-state.js';
import { SqlError, sqlError } from './sql-error.js';
import type { Mishap } from './statement-faults.js';
import { IDENTIFIER, TEXT, unquoteIdentifier, unquoteText } from './syntax.js';

/** A statement on its way. */
export interface Call {
  readonly state: ModelState;
  readonly devices: Devices;
  readonly statement: Statement;
  readonly reply: Reply;
  /** What befalls a command in its middle; null = nothing. */
  readonly mishap: Mishap | null;
}

type Command = (found: readonly string[], call: Call) => Promise<void> | void;

const DEVICE = String.raw`(DISK|URL) = ${TEXT}`;

/** What changes something, or takes long; each as SQL Server's documentation writes it. */
export const COMMANDS: readonly (readonly [RegExp, Command])[] = [
  [new RegExp(`^BACKUP DATABASE ${IDENTIFIER} TO ${DEVICE} WITH (.+)$`), backUp],
  [new RegExp(`^RESTORE VERIFYONLY FROM ${DEVICE} WITH (CHECKSUM.*)$`), verifyOnly],
  [new RegExp(`^RESTORE FILELISTONLY FROM ${DEVICE}(?: WITH (.+))?$`), fileListOnly],
  [new RegExp(`^RESTORE DATABASE ${IDENTIFIER} FROM ${DEVICE} WITH (.+)$`), restore],
  [new RegExp(`^ALTER DATABASE ${IDENTIFIER} SET SINGLE_USER WITH ROLLBACK IMMEDIATE$`), setSingleUser],
  [new RegExp(`^ALTER DATABASE ${IDENTIFIER} SET (MULTI_USER|SINGLE_USER|RESTRICTED_USER)$`), setAccess],
  [new RegExp(`^IF DB_ID\\(${TEXT}\\) IS NOT NULL ALTER DATABASE ${IDENTIFIER} SET (\\w+)$`), setAccessIfThere],
  [/^SET LOCK_TIMEOUT (-1|\d+)$/, (): void => undefined],
  [new RegExp(`^ALTER DATABASE ${IDENTIFIER} MODIFY NAME = ${IDENTIFIER}$`), rename],
  [new RegExp(`^ALTER AUTHORIZATION ON DATABASE::${IDENTIFIER} TO ${IDENTIFIER}$`), setOwner],
  [new RegExp(`^DROP DATABASE ${IDENTIFIER}$`), drop],
  [new RegExp(`^DBCC CHECKDB \\(${IDENTIFIER}\\) WITH NO_INFOMSGS$`), checkDatabase],
  [new RegExp(`^USE (?:${IDENTIFIER}|(master))$`), use],
  [new RegExp(`^CREATE CREDENTIAL ${IDENTIFIER} WITH IDENTITY = 'S3 Access Key', SECRET = ${TEXT}$`), createCredential],
  [
    new RegExp(`^IF EXISTS \\(SELECT \\* FROM sys.credentials WHERE name = ${TEXT}\\) DROP CREDENTIAL ${IDENTIFIER}$`),
    dropCredential,
  ],
];

/** Those in whose middle something can befall them. */
export const HAS_MIDDLE = /^(BACKUP|RESTORE VERIFYONLY|RESTORE DATABASE|DBCC) /;

async function backUp([name = '', kind, path = '', options = '']: readonly string[], call: Call): Promise<void> {
  const { state, statement, reply, mishap } = call;
  const database = state.get(unquoteIdentifier(name));
  const isCompressed = options.includes(' COMPRESSION,');
  const { version, edition, engineEdition } = state.product;
  if (isCompressed && (engineEdition === 4 || edition.startsWith('Web'))) {
    throw sqlError(1844, `BACKUP DATABASE WITH COMPRESSION is not supported on ${edition}.`);
  }
  if (database.isPrimaryReplica === false || database.mirroringRole === 2) {
    throw sqlError(3059, 'This BACKUP or RESTORE command is not supported on a database mirror or secondary replica.');
  }
  if (database.state !== 'ONLINE') throw offline(database.name);
  const device = call.devices.open(kind as 'DISK' | 'URL', unquoteText(path), options);
  const { tables, files } = database;
  const bytes = encodeBak({ database: database.name, version, tables, files }, isCompressed);
  await device.write(bytes.subarray(0, 512));
  try {
    for (let percent = 5; percent <= 100; percent += 5) {
      state.percent.set(statement.session.id, percent);
      reply.info({ number: 3211, message: `${percent.toString()} percent processed.` });
      if (percent === 50) await befall(mishap, statement);
    }
    await device.write(bytes);
  } catch (error) {
    await device.remove();
    throw error;
  } finally {
    state.percent.delete(statement.session.id);
  }
  const pages = Math.ceil(bytes.length / 8192).toString();
  reply.info({
    number: 4035,
    message: `Processed ${pages} pages for database '${database.name}', file '${database.name}' on file 1.`,
  });
  reply.info({
    number: 3014,
    message: `BACKUP DATABASE successfully processed ${pages} pages in 0.010 seconds (1.0 MB/sec).`,
  });
}

async function verifyOnly([kind, path = '', options = '']: readonly string[], call: Call): Promise<void> {
  const device = call.devices.open(kind as 'DISK' | 'URL', unquoteText(path), options);
  const bytes = await device.read();
  await befall(call.mishap, call.statement);
  decodeBak(bytes, device.name, 'VERIFY');
  call.reply.info({ number: 3262, message: 'The backup set on file 1 is valid.' });
}

async function fileListOnly([kind, path = '', options = '']: readonly string[], call: Call): Promise<void> {
  const device = call.devices.open(kind as 'DISK' | 'URL', unquoteText(path), options);
  const { files } = decodeBak(await device.read(), device.name, 'RESTORE');
  call.reply.rows(
    [
      { name: 'LogicalName', type: 'nvarchar' },
      { name: 'PhysicalName', type: 'nvarchar' },
      { name: 'Type', type: 'nvarchar' },
    ],
    files.map(({ logicalName, path: physicalName, type }) => [logicalName, physicalName, type]),
  );
}

async function restore([name = '', kind, path = '', options = '']: readonly string[], call: Call): Promise<void> {
  const { state, statement, reply, mishap } = call;
  const target = unquoteIdentifier(name);
  const device = call.devices.open(kind as 'DISK' | 'URL', unquoteText(path), options);
  const { tables, files, version } = decodeBak(await device.read(), device.name, 'RESTORE');
  if (Number.parseInt(version, 10) > Number.parseInt(state.product.version, 10)) {
    throw sqlError(
      3169,
      `The database was backed up on a server running version ${version}. That version is incompatible with this server, which is running version ${state.product.version}.`,
    );
  }
  if (state.find(target) !== null) {
    throw sqlError(3154, `The backup set holds a backup of a database other than the existing '${target}' database.`);
  }
  const moves = new Map(
    [...options.matchAll(new RegExp(`MOVE ${TEXT} TO ${TEXT}`, 'g'))].map(([, logical = '', to = '']) => [
      unquoteText(logical),
      unquoteText(to),
    ]),
  );
  const moved = files.map((file) => ({ ...file, path: moves.get(file.logicalName) ?? file.path }));
  const taken = new Set([...state.databases.values()].flatMap((database) => database.files.map((file) => file.path)));
  const inUse = moved.find((file) => taken.has(file.path));
  if (inUse !== undefined) {
    throw sqlError(1834, `The file '${inUse.path}' cannot be overwritten. It is being used by database 'another'.`);
  }
  const owner = statement.session.login.user;
  state.add(createModelDatabase(target, { state: 'RESTORING', owner, files: moved }));
  reply.info({ number: 3211, message: '50 percent processed.' });
  await befall(mishap, statement);
  Object.assign(state.get(target), { state: 'ONLINE', tables });
  reply.info({
    number: 3014,
    message: 'RESTORE DATABASE successfully processed 1 pages in 0.010 seconds (1.0 MB/sec).',
  });
}

function setSingleUser([name = '']: readonly string[], { state, statement }: Call): void {
  const database = state.get(unquoteIdentifier(name));
  if (database.state !== 'ONLINE')
    throw sqlError(5052, `ALTER DATABASE is not permitted while a database is in the Restoring state.`);
  state.endOthers(statement.session, database.name);
  database.userAccess = 'SINGLE_USER';
}

function setAccess([name = '', access = '']: readonly string[], { state, statement }: Call): void {
  const database = state.get(unquoteIdentifier(name));
  if (state.isUsedByOthers(statement.session, database.name)) {
    throw sqlError(
      5064,
      `Changes to the state or options of database '${database.name}' cannot be made at this time. The database is in single-user mode, and a user is currently connected to it.`,
    );
  }
  database.userAccess = access as ModelDatabase['userAccess'];
}

function setAccessIfThere([text = '', name = '', access = '']: readonly string[], call: Call): void {
  if (call.state.find(unquoteText(text)) !== null) setAccess([name, access], call);
}

function rename([name = '', to = '']: readonly string[], { state, statement }: Call): void {
  const database = state.get(unquoteIdentifier(name));
  const target = unquoteIdentifier(to);
  const holder = state.find(target);
  if (holder !== null && holder !== database) {
    throw sqlError(1801, `Database '${target}' already exists. Choose a different database name.`);
  }
  if (state.isUsedByOthers(statement.session, database.name)) {
    throw sqlError(5030, 'The database could not be exclusively locked to perform the operation.');
  }
  state.rename(statement.session, database.name, target);
}

function setOwner([name = '', owner = '']: readonly string[], { state }: Call): void {
  state.get(unquoteIdentifier(name)).owner = unquoteIdentifier(owner);
}

function drop([name = '']: readonly string[], { state, statement }: Call): void {
  const database = unquoteIdentifier(name);
  if (state.find(database) === null) {
    throw sqlError(
      3701,
      `Cannot drop the database '${database}', because it does not exist or you do not have permission.`,
    );
  }
  if (state.isUsedByOthers(statement.session, database)) {
    throw sqlError(3702, `Cannot drop database "${database}" because it is currently in use.`);
  }
  state.remove(database);
}

async function checkDatabase([name = '']: readonly string[], { state, statement, mishap }: Call): Promise<void> {
  const database = state.get(unquoteIdentifier(name));
  if (database.state !== 'ONLINE') throw offline(database.name);
  await befall(mishap, statement);
}

function use([name, master]: readonly string[], { state, statement }: Call): void {
  state.use(statement.session, master ?? unquoteIdentifier(name ?? ''));
}

function createCredential([name = '', secret = '']: readonly string[], { state }: Call): void {
  state.credentials.set(unquoteIdentifier(name), unquoteText(secret));
}

function dropCredential([, name = '']: readonly string[], { state }: Call): void {
  state.credentials.delete(unquoteIdentifier(name));
}

/** What was planned for a statement. */
export async function befall(mishap: Mishap | null, { session, signal }: Statement): Promise<void> {
  signal.throwIfAborted();
  if (mishap?.kind === 'hold') await mishap.hold.pass(signal);
  if (mishap?.kind === 'fail') throw new SqlError(mishap.faults);
  if (mishap?.kind !== 'cut') return;
  session.cut();
  throw new Error('the connection was cut');
}

function offline(name: string): SqlError {
  return sqlError(942, `Database '${name}' cannot be opened because it is offline.`);
}
