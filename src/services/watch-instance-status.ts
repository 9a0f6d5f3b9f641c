import type { Catalog } from '../catalog/catalog.js';
import type { Caller } from '../domain/caller.js';
import { badUserInput, DomainError } from '../domain/errors.js';
import { BoundedChannel } from './bounded-channel.js';
import { withSubjects } from './status-tail.js';
import type { StatusMessage, StatusTail } from './status-tail.js';
import { toSubscription } from './subscription.js';

/** Changes replayed from the log at a time. */
const REPLAY_BATCH = 200;
/** Largest id that the log can give; what is beyond is no cursor. */
const CURSOR = /^(0|[1-9]\d{0,15})$/;

export interface WatchInstanceStatusInput {
  readonly instanceId: string | null;
  /** Cursor of the last change that the subscriber knows. */
  readonly after: string | null;
  /** Called when the subscriber is so slow that its buffer is full; the stream then ends. */
  readonly onOverflow: () => void;
}

interface StreamStart {
  readonly channel: BoundedChannel<StatusMessage>;
  readonly instanceId: string | null;
  readonly cursor: string;
  readonly first: StatusMessage | null;
}

/**
 * Streams status changes: those after the cursor from the log, then live ones, each once and in order. For one instance
 * without a cursor its current state comes first.
 */
export class WatchInstanceStatus {
  readonly #catalog: Catalog;
  readonly #tail: StatusTail;
  readonly #capacity: number;

  constructor(deps: { readonly catalog: Catalog; readonly tail: StatusTail; readonly capacity: number }) {
    this.#catalog = deps.catalog;
    this.#tail = deps.tail;
    this.#capacity = deps.capacity;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND, BAD_USER_INPUT */
  async watch(_caller: Caller, input: WatchInstanceStatusInput): Promise<AsyncIterableIterator<StatusMessage>> {
    const { instanceId, after, onOverflow } = input;
    if (after !== null && !CURSOR.test(after)) {
      throw badUserInput('after', 'cursor', 'The cursor must be the id of a status change, an eventCursor, or "0".');
    }
    const channel = new BoundedChannel<StatusMessage>({ capacity: this.#capacity, keyOf: null, onOverflow });
    // Live changes are collected before the log is read, so that none falls between the two.
    const unfollow = this.#tail.follow({ instanceId, channel });
    const release = (): void => {
      unfollow();
      channel.close();
    };
    try {
      const first = instanceId === null ? null : await this.#getCurrentState(instanceId);
      const cursor = after === null && first !== null ? first.id : await this.#toKnownCursor(after);
      const values = this.#stream({ channel, instanceId, cursor, first: after === null ? first : null });
      return toSubscription(values, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async *#stream(start: StreamStart): AsyncGenerator<StatusMessage, void> {
    if (start.first !== null) yield start.first;
    let { cursor } = start;
    for (;;) {
      const changes = await this.#catalog.statusChanges.list({
        after: cursor,
        instanceId: start.instanceId,
        limit: REPLAY_BATCH,
      });
      for (const message of await withSubjects(this.#catalog, changes)) yield message;
      cursor = changes.at(-1)?.id ?? cursor;
      if (changes.length < REPLAY_BATCH) break;
    }
    for await (const message of start.channel) {
      if (Number(message.id) <= Number(cursor)) continue;
      cursor = message.id;
      yield message;
    }
  }

  /** A cursor beyond the log's end, of a catalog that was since put back perhaps, must not hide what comes next. */
  async #toKnownCursor(after: string | null): Promise<string> {
    const latest = await this.#catalog.statusChanges.latestId();
    return after === null || Number(after) > Number(latest) ? latest : after;
  }

  /** The state and the cursor of one moment: read again while a change comes between them. */
  async #getCurrentState(instanceId: string): Promise<StatusMessage> {
    for (;;) {
      const id = await this.#catalog.statusChanges.latestId();
      const instance = await this.#catalog.instances.find(instanceId);
      if (instance === null) throw new DomainError('INSTANCE_NOT_FOUND', { instanceId });
      const [backup = null] = await this.#catalog.backups.findActive([instanceId]);
      if (id !== (await this.#catalog.statusChanges.latestId())) continue;
      return {
        id,
        instanceId,
        instance,
        previousStatus: null,
        status: instance.status,
        reason: instance.statusReason,
        backup,
        backupId: backup?.id ?? null,
        occurredAt: instance.updatedAt,
      };
    }
  }
}
