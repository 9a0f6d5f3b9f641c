import type { ApolloClient } from '@apollo/client';
import { graphql } from '../gql';
import type { BackupRecordFragment, RestoreRecordFragment } from '../gql/graphql';
import type { LiveEvent, LiveUpdates } from '../live/live-updates';
import type { Notice, Notices } from './notices';
import { toBackupEnd, toDeletionEnd, toRestoreEnd, toVerificationEnd } from './work-ends';

/** Something that the user has begun, and whose end is news to them. */
export interface Work {
  readonly kind: 'backup' | 'restore' | 'verification' | 'deletion';
  /** Id of the backup, or of the restore. */
  readonly id: string;
  /** Name of the backup. */
  readonly name: string;
}

const STARTED_BACKUP = graphql(`
  query StartedBackup($id: ID!) {
    backup(id: $id) {
      ...BackupRecord
    }
  }
`);

const STARTED_RESTORE = graphql(`
  query StartedRestore($id: ID!) {
    restore(id: $id) {
      ...RestoreRecord
    }
  }
`);

const STORAGE_KEY = 'started-work';

interface StartedWorkDeps {
  readonly client: ApolloClient;
  readonly live: LiveUpdates;
  readonly notices: Notices;
  /** Keeps it over a reload of the page. */
  readonly storage: Storage;
}

/** Tells the user when what they began has ended, also when it ended while the page was away. */
export class StartedWork {
  readonly #deps: StartedWorkDeps;
  #works: readonly Work[];

  constructor(deps: StartedWorkDeps) {
    this.#deps = deps;
    this.#works = readWorks(deps.storage);
    deps.live.listen((event) => {
      this.#onEvent(event);
    });
  }

  /** To be called once the server has begun it. It may have ended already: that is asked. */
  add(work: Work): void {
    this.#set([...this.#works.filter((known) => !isSame(known, work)), work]);
    void this.#ask(work);
  }

  #onEvent(event: LiveEvent): void {
    switch (event.kind) {
      case 'backup':
        this.#onBackup(event.backup);
        break;
      case 'instance':
        if (event.change.backup !== null) this.#onBackup(event.change.backup);
        break;
      case 'restore':
        this.#onRestore(event.restore);
        break;
      case 'deleted':
        this.#onGone(event.id);
        break;
      case 'caught-up':
        for (const work of this.#works) void this.#ask(work);
        break;
    }
  }

  #onBackup(backup: BackupRecordFragment): void {
    for (const work of this.#works.filter(({ id }) => id === backup.id)) {
      if (work.kind === 'backup') this.#settle(work, toBackupEnd(backup));
      if (work.kind === 'verification') this.#settle(work, toVerificationEnd(backup));
    }
  }

  #onRestore(restore: RestoreRecordFragment): void {
    const work = this.#works.find(({ kind, id }) => kind === 'restore' && id === restore.id);
    if (work !== undefined) this.#settle(work, toRestoreEnd(restore));
  }

  /** Whatever else was to happen to a backup that is gone will not. */
  #onGone(id: string): void {
    for (const work of this.#works.filter((known) => known.id === id && known.kind !== 'restore')) {
      if (work.kind === 'deletion') this.#settle(work, toDeletionEnd(work));
      else this.#drop(work);
    }
  }

  async #ask(work: Work): Promise<void> {
    const { client } = this.#deps;
    const options = { variables: { id: work.id }, fetchPolicy: 'network-only' } as const;
    try {
      if (work.kind === 'restore') {
        const restore = (await client.query({ query: STARTED_RESTORE, ...options })).data?.restore;
        if (restore == null) this.#drop(work);
        else this.#onRestore(restore);
      } else {
        const backup = (await client.query({ query: STARTED_BACKUP, ...options })).data?.backup;
        if (backup == null) this.#onGone(work.id);
        else this.#onBackup(backup);
      }
    } catch {
      // The connection is lost: it is asked again once it is back.
    }
  }

  /** @param notice null while it goes on */
  #settle(work: Work, notice: Notice | null): void {
    if (notice === null) return;
    this.#drop(work);
    this.#deps.notices.add(notice);
  }

  #drop(work: Work): void {
    this.#set(this.#works.filter((known) => !isSame(known, work)));
  }

  #set(works: readonly Work[]): void {
    this.#works = works;
    try {
      this.#deps.storage.setItem(STORAGE_KEY, JSON.stringify(works));
    } catch {
      // The storage is full or forbidden: it is told all the same, but not after a reload.
    }
  }
}

function isSame(one: Work, other: Work): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function readWorks(storage: Storage): readonly Work[] {
  try {
    const works: unknown = JSON.parse(storage.getItem(STORAGE_KEY) ?? '[]');
    return Array.isArray(works) ? (works as readonly Work[]) : [];
  } catch {
    return [];
  }
}
