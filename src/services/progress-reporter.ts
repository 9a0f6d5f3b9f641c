import type { Catalog } from '../catalog/catalog.js';
import type { BackupProgress } from '../domain/backup.js';
import type { StatusFeed } from '../events/status-feed.js';

/** Progress reaches the catalog and the subscribers at most four times a second. */
const REPORT_INTERVAL_MS = 250;

interface ProgressReporterDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly backupId: string;
  /** Lease owner in whose name the progress is written. */
  readonly serverId: string;
  readonly read: () => BackupProgress;
  /** The backup belongs to another server now, or has ended. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** Writes a backup's progress down while it changes. A report that fails is only a late one: the next will do. */
export class ProgressReporter implements AsyncDisposable {
  readonly #deps: ProgressReporterDeps;
  readonly #timer: NodeJS.Timeout;
  #last = '';
  #reporting: Promise<void> = Promise.resolve();
  #isReporting = false;

  constructor(deps: ProgressReporterDeps) {
    this.#deps = deps;
    this.#timer = setInterval(() => {
      this.report();
    }, REPORT_INTERVAL_MS);
  }

  /** Reports now, unless nothing has changed or a report is under way. */
  report(): void {
    const progress = this.#deps.read();
    const key = JSON.stringify(progress);
    if (this.#isReporting || key === this.#last) return;
    this.#last = key;
    this.#isReporting = true;
    this.#reporting = this.#write(progress).finally(() => {
      this.#isReporting = false;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
  }

  async #write(progress: BackupProgress): Promise<void> {
    const { catalog, feed, backupId, serverId, onLost, onError } = this.#deps;
    try {
      const isHeld = await catalog.transaction(({ backups }) => backups.setProgress(backupId, serverId, progress));
      if (isHeld) feed.publish({ kind: 'backup', backupId });
      else onLost();
    } catch (error) {
      onError(error);
    }
  }
}
