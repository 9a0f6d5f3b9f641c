import type { ApolloClient, TypedDocumentNode } from '@apollo/client';

import { print } from 'graphql';
import type { Client } from 'graphql-ws';
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

interface LiveUpdatesDeps {
  readonly socket: Client;
  readonly client: ApolloClient;
  readonly journal: LiveJournal;
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
  #unsubscribes: (() => void)[] = [];
  #cursor: string | null = null;

  constructor(deps: LiveUpdatesDeps) {
    this.#deps = deps;
    deps.socket.on('connected', () => {
      this.#open();
    });
    deps.socket.on('closed', () => {
      this.#close();
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
    this.#subscribe(BACKUP_CHANGES, {}, ({ backupChanged }) => {
      this.#onBackup(backupChanged);
    });
    this.#subscribe(RESTORE_CHANGES, {}, ({ restoreChanged }) => {
      this.#onRestore(restoreChanged);
    });
    this.#subscribe(RECORD_DELETIONS, {}, ({ recordDeleted: { kind, id } }) => {
      this.#onDeleted(kind, id);
    });
    if (this.#cursor !== null) this.#followInstances(this.#cursor);
    // On the same socket, after the others: its answer says that they are heard.
    this.#subscribe(EVENT_CURSOR, {}, ({ instances }) => {
      if (this.#cursor === null) this.#followInstances(instances.eventCursor);
      this.#tell({ kind: 'caught-up' });
    });
  }

  #followInstances(after: string): void {
    this.#cursor = after;
    this.#subscribe(INSTANCE_CHANGES, { after }, ({ instanceStatusChanged }) => {
      this.#onInstance(instanceStatusChanged);
    });
  }

  #close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    this.#unsubscribes = [];
  }

  #onInstance(change: InstanceChange): void {
    this.#cursor = change.id;
    const { instance, backup } = change;
    this.#deps.journal.apply(() => {
      this.#write(INSTANCE_RECORD, 'InstanceRecord', instance);
      if (backup !== null) this.#write(BACKUP_RECORD, 'BackupRecord', backup);
    });
    this.#tell({ kind: 'instance', change });
  }

  #onBackup(backup: BackupRecordFragment): void {
    this.#deps.journal.apply(() => {
      this.#write(BACKUP_RECORD, 'BackupRecord', backup);
    });
    const isNews = this.#isNews(backup.id, `${backup.status} ${backup.verification?.status ?? ''}`);
    this.#tell({ kind: 'backup', backup, isNews });
  }

  #onRestore(restore: RestoreRecordFragment): void {
    this.#deps.journal.apply(() => {
      this.#write(RESTORE_RECORD, 'RestoreRecord', restore);
    });
    this.#tell({ kind: 'restore', restore, isNews: this.#isNews(restore.id, restore.status) });
  }

  #onDeleted(record: 'INSTANCE' | 'BACKUP', id: string): void {
    const { cache } = this.#deps.client;
    this.#deps.journal.apply(() => {
      cache.evict({ id: `${record === 'INSTANCE' ? 'Instance' : 'Backup'}:${id}` });
      cache.gc();
    });
    this.#stages.delete(id);
    this.#tell({ kind: 'deleted', record, id });
  }

  /** Whether it is more than progress: a list may have to change. */
  #isNews(id: string, stage: string): boolean {
    const isNews = this.#stages.get(id) !== stage;
    this.#stages.set(id, stage);
    return isNews;
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

  /** An operation that breaks off with the socket is begun again by the next `#open`, not by the socket's client. */
  #subscribe<T, V extends Record<string, unknown>>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    onData: (data: T) => void,
  ): void {
    const unsubscribe = this.#deps.socket.subscribe<T>(
      { query: print(document), variables },
      {
        next: ({ data }) => {
          if (data != null) onData(data);
        },
        error: () => {
          // The server refuses none of these, unless it is another version: a new connection finds out.
          this.#deps.socket.terminate();
        },
        complete: () => undefined,
      },
    );
    this.#unsubscribes.push(unsubscribe);
  }
}
