import type { Login, ServerMessage, Session } from '../tds-server/tds-server.js';
import { createModelDatabase, SYSTEM_DATABASES } from './model-database.js';
import type { ModelDatabase } from './model-database.js';
import { sqlError } from './sql-error.js';

/** What the server is, as SERVERPROPERTY tells it. */
export interface ModelProduct {
  readonly version: string;
  readonly edition: string;
  readonly engineEdition: number;
  readonly serverName: string;
}

interface SessionState {
  /** The database that the session is in. */
  database: string;
  readonly session: Session;
}

/** All that the server remembers: its databases, its sessions and what they hold. */
export class ModelState {
  readonly product: ModelProduct;
  readonly databases = new Map<string, ModelDatabase>();
  /** By name; the secret is what was given. */
  readonly credentials = new Map<string, string>();
  /** Server rights that the login has. */
  readonly rights = new Set(['CREATE ANY DATABASE', 'ALTER ANY DATABASE', 'VIEW ANY DEFINITION', 'VIEW SERVER STATE']);
  /** Per cent of the backups that run, by session. */
  readonly percent = new Map<number, number>();
  readonly #locks = new Map<string, Session>();
  readonly #sessions = new Map<number, SessionState>();
  readonly #isOpen: (session: Session) => boolean;

  constructor(product: ModelProduct, isOpen: (session: Session) => boolean) {
    this.product = product;
    this.#isOpen = isOpen;
    for (const name of SYSTEM_DATABASES) this.add(createModelDatabase(name));
  }

  add(database: ModelDatabase): void {
    this.databases.set(keyOf(database.name), database);
  }

  remove(name: string): void {
    this.databases.delete(keyOf(name));
  }

  find(name: string): ModelDatabase | null {
    return this.databases.get(keyOf(name)) ?? null;
  }

  /** @throws SqlError 911 */
  get(name: string): ModelDatabase {
    const found = this.find(name);
    if (found !== null) return found;
    throw sqlError(
      911,
      `Could not locate entry in sysdatabases for database '${name}'. No entry found with that name. Make sure that the name is entered correctly.`,
    );
  }

  /** Why a login cannot begin in the database that it names; null when it can, or names none. */
  findLoginFault({ database: name }: Login): ServerMessage | null {
    const database = this.find(name);
    if (name === '' || (database !== null && isOpenTo(database, this.#sessionsIn(name).length))) return null;
    return { number: 4060, message: `Cannot open database "${name}" requested by the login. The login failed.` };
  }

  /** A session is where its login begins until it goes elsewhere. */
  begin(session: Session): void {
    if (this.#sessions.has(session.id)) return;
    const { database } = session.login;
    this.#sessions.set(session.id, { session, database: database === '' ? 'master' : database });
  }

  /** @throws SqlError */
  use(session: Session, name: string): void {
    const database = this.get(name);
    const refusal = REFUSALS[database.state];
    if (refusal !== undefined) throw sqlError(refusal.number, `Database '${name}' cannot be opened. ${refusal.reason}`);
    const others = this.#othersIn(name, session);
    if (database.userAccess === 'SINGLE_USER' && others.length > 0) {
      throw sqlError(924, `Database '${name}' is already open and can only have one user at a time.`);
    }
    this.#sessions.set(session.id, { session, database: database.name });
  }

  /** Ends the sessions of others that are in the database. */
  endOthers(session: Session, name: string): void {
    for (const other of this.#othersIn(name, session)) {
      this.#sessions.delete(other.session.id);
      other.session.cut();
    }
  }

  isUsedByOthers(session: Session, name: string): boolean {
    return this.#othersIn(name, session).length > 0;
  }

  rename(session: Session, name: string, to: string): void {
    const database = this.get(name);
    this.remove(name);
    this.add(Object.assign(database, { name: to }));
    const state = this.#sessions.get(session.id);
    if (state !== undefined && keyOf(state.database) === keyOf(name)) state.database = to;
  }

  /** @returns whether the session has the lock now */
  lock(session: Session, resource: string): boolean {
    if (!this.isFree(resource) && this.#locks.get(resource) !== session) return false;
    this.#locks.set(resource, session);
    return true;
  }

  isFree(resource: string): boolean {
    const holder = this.#locks.get(resource);
    return holder === undefined || !this.#isOpen(holder);
  }

  #othersIn(name: string, session: Session): readonly SessionState[] {
    return this.#sessionsIn(name).filter(({ session: other }) => other.id !== session.id);
  }

  #sessionsIn(name: string): readonly SessionState[] {
    return [...this.#sessions.values()].filter(
      ({ database, session }) => keyOf(database) === keyOf(name) && this.#isOpen(session),
    );
  }
}

/** What a session is told that wants to go where it cannot. */
const REFUSALS: Readonly<Record<string, { readonly number: number; readonly reason: string }>> = {
  RESTORING: { number: 927, reason: 'It is in the middle of a restore.' },
  OFFLINE: { number: 942, reason: 'It is offline.' },
};

function isOpenTo({ state, userAccess }: ModelDatabase, sessions: number): boolean {
  return state === 'ONLINE' && (userAccess !== 'SINGLE_USER' || sessions === 0);
}

/** The default collation does not tell the case of names. */
function keyOf(name: string): string {
  return name.toLowerCase();
}
