import { Cron } from 'croner';
import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { BackupStatus } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { VerificationLevel } from '../domain/verification.js';
import { Ticker } from './ticker.js';
import type { VerifyBackup } from './verify-backup.js';

/** Name of the schedule in the catalog. */
const SCHEDULE = 'proofs';
const CALLER = 'verify-schedule';
/** How late an occurrence may still be run, by a server that was not there in time. */
const GRACE_MS = 3_600_000;

interface VerifyScheduleDeps {
  readonly catalog: Catalog;
  readonly verifyBackup: VerifyBackup;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Cron pattern in UTC. */
  readonly pattern: string;
  /** Per cent of all COMPLETED backups that each run proves. */
  readonly share: number;
  readonly tickMs: number;
}

/** Proves a share of all backups at each occurrence of a schedule, one after the other, the longest not proved first. */
export class VerifySchedule {
  readonly #deps: VerifyScheduleDeps;
  readonly #cron: Cron;
  readonly #ticker: Ticker;
  /** The occurrence that is waited for; null before the schedule is known to the catalog, or when none comes any more. */
  #next: Date | null = null;
  #isBegun = false;
  #isDraining = false;

  constructor(deps: VerifyScheduleDeps) {
    this.#deps = deps;
    this.#cron = new Cron(deps.pattern, { timezone: 'UTC', paused: true });
    const fault = 'backups cannot be proved by schedule; it is tried again';
    this.#ticker = new Ticker({ ...deps, intervalMs: deps.tickMs, work: () => this.#look(), fault });
  }

  start(): void {
    this.#ticker.start();
  }

  /** The run that is under way ends with the verification that is: the runner of those gives it up when its time is over. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#ticker.stop();
  }

  async #look(): Promise<void> {
    const { catalog, clock } = this.#deps;
    const now = clock();
    if (!this.#isBegun) {
      await catalog.transaction(({ schedules }) => schedules.begin(SCHEDULE, now));
      this.#next = this.#cron.nextRun(new Date(now.getTime() - GRACE_MS));
      this.#isBegun = true;
    }
    if (this.#next === null || this.#next > now) return;
    const occurrence = this.#next;
    const isMine = await catalog.transaction(({ schedules }) => schedules.claim(SCHEDULE, occurrence));
    this.#next = this.#cron.nextRun(now);
    if (isMine) await this.#run();
  }

  async #run(): Promise<void> {
    const { catalog, share, logger, newId } = this.#deps;
    const completed = await catalog.backups.count({ status: BackupStatus.COMPLETED });
    const queue = await catalog.schedules.listProofQueue(Math.ceil((completed * share) / 100));
    const caller = { name: CALLER, requestId: newId() };
    logger.info({ reqId: caller.requestId, count: queue.length }, 'backups are being proved');
    for (const backupId of queue) {
      if (this.#isDraining) return;
      await this.#prove(backupId, caller);
    }
  }

  /** One that has nowhere to be proved is at least read through. */
  async #prove(backupId: string, caller: Caller): Promise<void> {
    const { catalog, clock } = this.#deps;
    // Written before it is tried: one that brings the server down is not the first one of the next run, too.
    const isThere = await catalog.transaction(({ schedules }) => schedules.noteProofTry(backupId, clock()));
    if (!isThere || (await this.#verify(caller, backupId, VerificationLevel.RESTORE))) return;
    if (!this.#isDraining) await this.#verify(caller, backupId, VerificationLevel.FORMAT);
  }

  /** False when it could not be begun; that keeps no other from being proved. */
  async #verify(caller: Caller, backupId: string, level: VerificationLevel): Promise<boolean> {
    try {
      return await this.#deps.verifyBackup.verifyNow(caller, backupId, level);
    } catch (error) {
      this.#deps.logger.error({ err: error, backupId, level }, 'a backup could not be verified by schedule');
      return false;
    }
  }
}
