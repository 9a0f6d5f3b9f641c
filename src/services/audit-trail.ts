import DataLoader from 'dataloader';
import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { AuditOutcome } from '../domain/audit.js';
import type { AuditEvent, NewAuditEvent } from '../domain/audit.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { isDomainError } from '../domain/errors.js';
import type { DomainError } from '../domain/errors.js';

/** What an audited act is, and what it is about. */
export type AuditSubject = Pick<AuditEvent, 'action'> &
  Partial<Pick<AuditEvent, 'instanceId' | 'backupId' | 'restoreId' | 'details'>>;

/** Whose name work carries that nobody asked for, or that has ended by itself. */
const SERVER = 'server';

interface AuditTrailDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Writes down who did what. What is done is written in the transaction that does it, so that neither is there without the
 * other; what changes nothing in the catalog, as what is refused, is written by itself.
 */
export class AuditTrail {
  readonly #deps: AuditTrailDeps;
  /** A thousand callers who are refused at once are written down by a few transactions: one is filled while another is written. */
  readonly #alone: DataLoader<NewAuditEvent, null>;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(deps: AuditTrailDeps) {
    this.#deps = deps;
    this.#alone = new DataLoader(
      async (events) => {
        const writing = deps.catalog.transaction(({ auditLog }) => auditLog.append(...events));
        this.#writing = writing.catch(() => undefined);
        await writing;
        return events.map(() => null);
      },
      {
        cache: false,
        maxBatchSize: 500,
        batchScheduleFn: (dispatch) => void this.#writing.then(() => setImmediate(dispatch)),
      },
    );
  }

  /** The event of an act of a caller's, to be appended where it happens. */
  event({ name, requestId }: Caller, subject: AuditSubject, outcome = AuditOutcome.COMPLETED): NewAuditEvent {
    return { ...subject, outcome, caller: name, requestId, occurredAt: this.#deps.clock() };
  }

  /** The event of work that has ended. @param code why it FAILED; null = it is COMPLETED */
  end(subject: AuditSubject, code: string | null): NewAuditEvent {
    const outcome = code === null ? AuditOutcome.COMPLETED : AuditOutcome.FAILED;
    return { ...subject, outcome, code, caller: SERVER, occurredAt: this.#deps.clock() };
  }

  /** Does what a caller wants. @throws what the work throws; a refusal is written down before */
  async attempt<T>(caller: Caller, subject: AuditSubject, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isDomainError(error)) await this.#refuse(caller, subject, error);
      throw error;
    }
  }

  /** Writes an event down that goes with no change of the catalog. What it is about does not wait, or fail, for that. */
  async note(event: NewAuditEvent): Promise<void> {
    await this.#alone.load(event).catch((error: unknown) => {
      this.#deps.logger.error({ err: error, event }, 'an event could not be written to the audit log');
    });
  }

  async #refuse(caller: Caller, subject: AuditSubject, { code, message }: DomainError): Promise<void> {
    await this.note({ ...this.event(caller, subject, AuditOutcome.REFUSED), code, details: message });
  }
}
