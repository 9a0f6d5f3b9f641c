import type { ApolloClient, TypedDocumentNode } from '@apollo/client';
import { print } from 'graphql';
import type { Connection } from '../api/connection';
import { BACKUP_RECORD, INSTANCE_RECORD, RESTORE_RECORD } from '../api/records';
import type { BackupRecordFragment, InstanceChangesSubscription, RestoreRecordFragment } from '../gql/graphql';
import type { LiveJournal } from './live-journal';
import { BACKUP_CHANGES, EVENT_CURSOR, INSTANCE_CHANGES, RECORD_DELETIONS, RESTORE_CHANGES } from './operations';

export type InstanceChange = InstanceChangesSubscription['instanceStatusChanged'];

/** What the server has just told. The records are in the cache already when a listener hears of it. */
export type LiveEvent =
  | { readonly kind: 'instance'; readonly change: InstanceChange }
  | { readonly kind: 'backup'; readonly backup: BackupRecordFragment; readonly isNews: boolean }
  | { readonly kind: 'restore'; readonly restore: RestoreRecordFragment; readonly isNews: boolean }
  | { readonly kind: 'deleted'; readonly record: 'INSTANCE' | 'BACKUP'; readonly id: string }
  /** Updates flow, from now on without a gap: whatever was read before is to be read again. */
  | { readonly kind: 'caught-up' };

type LiveListener = (event: LiveEvent) => void;

/** How long updates are gathered before they are shown: less than an eye sees, and a burst is drawn once. */
const GATHER_MS = 16;

interface LiveUpdatesDeps {
  readonly connection: Connection;
  readonly client: ApolloClient;
  readonly journal: LiveJournal;
}

interface Arrival {
  readonly event: LiveEvent;
  /** Puts what it tells into the cache. */
  readonly update: () => void;
}

/**
 * Brings every change of an instance, a backup or a restore into the cache. Changes of instances resume from the cursor
 * of the last one that was seen, so that none is missed; the others have no cursor, so the lists are read again after
 * each connection, once the server has surely begun to send.
 */
export class LiveUpdates {
  readonly #deps: LiveUpdatesDeps;
  readonly #listeners = new Set<LiveListener>();
  /** How each backup and restore stood when it was last told of. */
  readonly #stages = new Map<string, string>();
  #arrivals: Arrival[] = [];
  #unsubscribes: (() => void)[] = [];
  #cursor: string | null = null;

  constructor(deps: LiveUpdatesDeps) {
    this.#deps = deps;
    deps.connection.listen({
      onOpen: () => {
        this.#open();
      },
      onClose: () => {
        this.#close();
      },
    });
  }

  /** Returns the way to stop listening. */
  listen(listener: LiveListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #open(): void {
    this.#close();
    this.#follow(BACKUP_CHANGES, {}, ({ backupChanged }) => {
      this.#onBackup(backupChanged);
    });
    this.#follow(RESTORE_CHANGES, {}, ({ restoreChanged }) => {
      this.#onRestore(restoreChanged);
    });
    this.#follow(RECORD_DELETIONS, {}, ({ recordDeleted: { kind, id } }) => {
      this.#onDeleted(kind, id);
    });
    if (this.#cursor !== null) this.#followInstances(this.#cursor);
    // On the same socket, after the others: its answer says that they are heard.
    this.#follow(EVENT_CURSOR, {}, ({ instances }) => {
      if (this.#cursor === null) this.#followInstances(instances.eventCursor);
      this.#tell({ kind: 'caught-up' });
    });
  }

  #followInstances(after: string): void {
    this.#cursor = after;
    this.#follow(INSTANCE_CHANGES, { after }, ({ instanceStatusChanged }) => {
      this.#onInstance(instanceStatusChanged);
    });
  }

  #close(): void {
    const unsubscribes = this.#unsubscribes;
    this.#unsubscribes = [];
    for (const unsubscribe of unsubscribes) unsubscribe();
  }

  #onInstance(change: InstanceChange): void {
    this.#cursor = change.id;
    const { instance, backup } = change;
    this.#arrive({ kind: 'instance', change }, () => {
      this.#write(INSTANCE_RECORD, 'InstanceRecord', instance);
      if (backup !== null) this.#write(BACKUP_RECORD, 'BackupRecord', backup);
    });
  }

  #onBackup(backup: BackupRecordFragment): void {
    const isNews = this.#isNews(backup.id, `${backup.status} ${backup.verification?.status ?? ''}`);
    this.#arrive({ kind: 'backup', backup, isNews }, () => {
      this.#write(BACKUP_RECORD, 'BackupRecord', backup);
    });
  }

  #onRestore(restore: RestoreRecordFragment): void {
    const isNews = this.#isNews(restore.id, restore.status);
    this.#arrive({ kind: 'restore', restore, isNews }, () => {
      this.#write(RESTORE_RECORD, 'RestoreRecord', restore);
    });
  }

  #onDeleted(record: 'INSTANCE' | 'BACKUP', id: string): void {
    this.#stages.delete(id);
    this.#arrive({ kind: 'deleted', record, id }, () => {
      this.#deps.client.cache.evict({ id: `${record === 'INSTANCE' ? 'Instance' : 'Backup'}:${id}` });
    });
  }

  /** Whether it is more than progress: a list may have to change. */
  #isNews(id: string, stage: string): boolean {
    const isNews = this.#stages.get(id) !== stage;
    this.#stages.set(id, stage);
    return isNews;
  }

  #arrive(event: LiveEvent, update: () => void): void {
    this.#arrivals.push({ event, update });
    if (this.#arrivals.length > 1) return;
    window.setTimeout(() => {
      this.#show();
    }, GATHER_MS);
  }

  #show(): void {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    const { client, journal } = this.#deps;
    client.cache.batch({
      update: () => {
        for (const { update } of arrivals) journal.apply(update);
      },
    });
    if (arrivals.some(({ event }) => event.kind === 'deleted')) client.cache.gc();
    for (const { event } of arrivals) this.#tell(event);
  }

  #write<T extends { readonly id: string }>(
    fragment: TypedDocumentNode<T>,
    fragmentName: string,
    data: NoInfer<T>,
  ): void {
    const { cache } = this.#deps.client;
    const id = cache.identify({ ...data });
    if (id !== undefined) cache.writeFragment({ id, fragment, fragmentName, data });
  }

  #tell(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** An operation that breaks off with the connection is begun again by the next `#open`, not by the connection's client. */
  #follow<T, V extends Record<string, unknown>>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    onData: (data: T) => void,
  ): void {
    const { client, connection } = this.#deps;
    // With the __typename of each record, by which the cache knows it.
    const query = print(client.cache.transformDocument(document));
    let isOver = document === (EVENT_CURSOR as unknown);
    const unsubscribe = connection.subscribe<T>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (data != null) onData(data);
          else this.#onRefusal(errors);
        },
        error: (errors) => {
          if (!isOver || Array.isArray(errors)) this.#onRefusal(errors);
        },
        complete: () => {
          if (!isOver) this.#onRefusal(undefined);
        },
      },
    );
    this.#unsubscribes.push(() => {
      isOver = true;
      unsubscribe();
    });
  }

  /** @param errors what the server has said, or whatever else has ended an operation */
  #onRefusal(errors: unknown): void {
    const { connection } = this.#deps;
    // It may be the cursor that is refused: from a new one on, all is read again.
    this.#cursor = null;
    if (JSON.stringify(errors ?? null).includes('GRAPHQL_VALIDATION_FAILED')) connection.giveUp();
    else connection.breakOff();
  }
}
