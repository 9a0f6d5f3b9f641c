import type { ApiClient, BackupChoice, BackupState } from './api-client.js';
import { BACKUP_FIELDS } from './api-client.js';

export interface StatusEvent {
  readonly id: string;
  readonly previousStatus: string | null;
  readonly status: string;
  readonly backup: BackupState | null;
}

const SUBSCRIPTION = `subscription ($instanceId: ID!, $after: ID) {
  instanceStatusChanged(instanceId: $instanceId, after: $after) {
    id previousStatus status backup { ${BACKUP_FIELDS} }
  }
}`;

/** Status changes of an instance; without a cursor its current state comes first. */
export async function* watchStatus(
  api: ApiClient,
  instanceId: string,
  after: string | null = null,
): AsyncGenerator<StatusEvent, void> {
  const messages = api.subscribe<{ instanceStatusChanged: StatusEvent }>(SUBSCRIPTION, { instanceId, after });
  for await (const { instanceStatusChanged } of messages) yield instanceStatusChanged;
}

/** Follows an instance while backups of it are taken, one after the other. */
export class BackupWatch implements AsyncDisposable {
  readonly #api: ApiClient;
  readonly #instanceId: string;
  readonly #events: AsyncGenerator<StatusEvent, void>;

  private constructor(api: ApiClient, instanceId: string) {
    this.#api = api;
    this.#instanceId = instanceId;
    this.#events = watchStatus(api, instanceId);
  }

  /** Resolves once the subscription stands: its first message has come. */
  static async open(api: ApiClient, instanceId: string): Promise<BackupWatch> {
    const watch = new BackupWatch(api, instanceId);
    await watch.#events.next();
    return watch;
  }

  /** Creates a backup and waits until its instance is available again. @throws unless it is COMPLETED */
  async take(
    name: string,
    more: BackupChoice = {},
  ): Promise<{ readonly answeredMs: number; readonly completedMs: number }> {
    const begin = performance.now();
    const { errors } = await this.#api.createBackup(this.#instanceId, name, more);
    const answeredMs = performance.now() - begin;
    if (errors !== undefined) throw new Error(`refused: ${JSON.stringify(errors)}`);
    for (;;) {
      const { value } = await this.#events.next();
      if (value === undefined) throw new Error('the subscription has ended');
      if (value.status !== 'AVAILABLE') continue;
      const completedMs = performance.now() - begin;
      if (value.backup?.status !== 'COMPLETED') throw new Error(`not completed: ${JSON.stringify(value.backup)}`);
      return { answeredMs, completedMs };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events.return();
  }
}

/** The log of an instance from its beginning to now. It must be the only instance of its server. */
export async function readStatusLog(api: ApiClient, instanceId: string): Promise<readonly StatusEvent[]> {
  const { instances } = await api.query<{ instances: { eventCursor: string } }>(
    '{ instances(first: 1) { eventCursor } }',
  );
  const log: StatusEvent[] = [];
  if (instances.eventCursor === '0') return log;
  for await (const event of watchStatus(api, instanceId, '0')) {
    log.push(event);
    if (Number(event.id) >= Number(instances.eventCursor)) break;
  }
  return log;
}

/** What is wrong with a log that should tell of the registration, and then of backups alone. */
export function findLogFaults(log: readonly StatusEvent[]): readonly string[] {
  const [registered, ...changes] = log;
  const isFirst =
    registered?.id === '1' && registered.previousStatus === 'AVAILABLE' && registered.status === 'AVAILABLE';
  const faults = isFirst ? [] : ['the log does not begin with the registration'];
  let last = { id: 1, status: 'AVAILABLE' };
  for (const { id, previousStatus, status } of changes) {
    const next = last.status === 'AVAILABLE' ? 'BACKING_UP' : 'AVAILABLE';
    if (Number(id) !== last.id + 1) faults.push(`event ${id} follows ${last.id.toString()}`);
    if (previousStatus !== last.status || status !== next) {
      faults.push(`event ${id} goes from ${String(previousStatus)} to ${status} after ${last.status}`);
    }
    last = { id: Number(id), status };
  }
  return faults;
}
