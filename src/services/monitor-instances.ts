import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Catalog, DueCheck, InstanceChanges } from '../catalog/catalog.js';
import type { Clock } from '../domain/clock.js';
import { InstanceStatus } from '../domain/instance.js';
import type { Engine, Instance } from '../domain/instance.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { Health } from '../engines/database-engine.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { HealthSchedule } from './health-schedule.js';
import type { InstanceConnector } from './instance-connector.js';

/** Checks in a row that an instance may miss before it counts as ABNORMAL. */
export const MISSES_ALLOWED = 3;
/** Instances checked side by side by one server. Most of the time a check waits for the network. */
const CONCURRENCY = 50;
/** How often it is looked for due checks, at the least. */
const MAX_TICK_MS = 1000;

interface MonitorInstancesDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly feed: StatusFeed;
  readonly schedule: HealthSchedule;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Looks after the instances in which no operation runs: one that does not answer becomes ABNORMAL, one that does again
 * AVAILABLE, and a failover shows as a change of its role. What is due is in the catalog: several servers share the work,
 * and a restart forgets nothing.
 */
export class MonitorInstances implements AsyncDisposable {
  readonly #deps: MonitorInstancesDeps;
  /** Ids of the instances that this server is asking, each once at a time: one that hangs holds one place only. */
  readonly #underWay = new Set<string>();
  readonly #writes = new PQueue({ concurrency: 1 });
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;
  /** Whether more may be due than there was room for. */
  #isBehind = false;
  #isClosed = false;

  constructor(deps: MonitorInstancesDeps) {
    this.#deps = deps;
  }

  start(): void {
    const tickMs = Math.min(MAX_TICK_MS, this.#deps.schedule.intervalMs / 4);
    this.#timer = setInterval(() => {
      this.#look();
    }, tickMs).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
    // Not for the checks: what they find after this is found again, by whoever checks next.
    await this.#writes.onIdle();
  }

  #look(): void {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    this.#looking = this.#claimDue()
      .catch((error: unknown) => {
        this.#deps.logger.error({ err: error }, 'health checks cannot be scheduled; it is tried again');
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  /** No more than can be begun at once: what is claimed and then waits would be late, and lost with this server. */
  async #claimDue(): Promise<void> {
    const { catalog, clock, schedule } = this.#deps;
    const free = CONCURRENCY - this.#underWay.size;
    if (free === 0) return;
    // What is read of them now does not show yet what a check that is under way will find.
    const busy = new Set(this.#underWay);
    const listed = await catalog.instances.listDueChecks(clock(), free);
    this.#isBehind = listed.length === free;
    const due = listed.filter(({ instance }) => !busy.has(instance.id));
    if (due.length === 0) return;
    const claimed = await catalog.transaction(async ({ instances }) => {
      const mine: DueCheck[] = [];
      for (const check of due) if (await instances.claimCheck(check, schedule.next())) mine.push(check);
      return mine;
    });
    for (const check of claimed) void this.#check(check);
  }

  async #check(check: DueCheck): Promise<void> {
    const { connector, logger } = this.#deps;
    const { id } = check.instance;
    this.#underWay.add(id);
    try {
      const answer = await connector.checkHealth(id).catch(toError);
      if (!this.#isClosed) await this.#writes.add(() => this.#conclude(check, answer));
    } catch (error) {
      logger.error({ err: error, instanceId: id }, 'the health of an instance could not be checked');
    } finally {
      this.#underWay.delete(id);
      // The next tick would be late for what waits; a look for each single place that is free would cost too much.
      if (this.#isBehind && this.#underWay.size <= CONCURRENCY / 2) this.#look();
    }
  }

  async #conclude(check: DueCheck, answer: Health | Error): Promise<void> {
    if (answer instanceof EngineUnreachableError) await this.#onMiss(check, answer.message);
    else if (answer instanceof Error) throw answer;
    else if (answer.engine !== check.instance.engine) await this.#onMiss(check, anotherProduct(answer.engine));
    else await this.#onAnswer(check, answer);
  }

  async #onAnswer({ instance, missedChecks }: DueCheck, health: Health): Promise<void> {
    const found = toFindings(instance, health);
    if (instance.status === InstanceStatus.ABNORMAL) found.sentences.unshift('The instance answers again.');
    if (found.sentences.length > 0) await this.#change(instance, InstanceStatus.AVAILABLE, found);
    else if (missedChecks > 0) await this.#setMissed(instance, 0);
  }

  async #onMiss({ instance, missedChecks }: DueCheck, reason: string): Promise<void> {
    const sentences = [toAbnormalReason(reason)];
    const missed = missedChecks + 1;
    if (instance.status === InstanceStatus.AVAILABLE && missed < MISSES_ALLOWED) {
      await this.#setMissed(instance, missed);
    } else if (instance.statusReason !== sentences[0]) {
      await this.#change(instance, InstanceStatus.ABNORMAL, { sentences, changes: {} });
    }
  }

  /** Only if the instance is still as it was when it was asked: whatever was done with it meanwhile knows better. */
  async #change(instance: Instance, to: InstanceStatus, { sentences, changes }: Findings): Promise<void> {
    const { catalog, feed, clock, logger } = this.#deps;
    const { id: instanceId, status: from, updatedAt } = instance;
    const reason = sentences.join(' ');
    const transition = { instanceId, from, to, updatedAt, changes, reason, backupId: null, at: clock() };
    const isChanged = await catalog.transaction(({ instances }) => instances.changeStatus(transition));
    if (!isChanged) return;
    logger.info({ instanceId, from, to, reason }, 'the health of an instance has changed');
    feed.publish({ kind: 'status' });
  }

  async #setMissed(instance: Instance, missedChecks: number): Promise<void> {
    await this.#deps.catalog.transaction(({ instances }) => instances.setMissedChecks(instance, missedChecks));
  }
}

interface Findings {
  /** Said in the event, one after the other. */
  readonly sentences: string[];
  readonly changes: InstanceChanges;
}

function toFindings(instance: Instance, { role, engineVersion }: Health): Findings {
  const sentences: string[] = [];
  if (role !== instance.role) sentences.push(`The instance is a ${role} now; it was a ${instance.role}.`);
  if (engineVersion !== instance.engineVersion) {
    sentences.push(`The instance runs version ${engineVersion} now; it ran ${instance.engineVersion}.`);
  }
  return { sentences, changes: { role, engineVersion } };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Why an instance cannot be used behind whose URL another product was found than was registered. */
export function anotherProduct(engine: Engine): string {
  return `another product answers there now: ${engine}. Register it as an instance of its own.`;
}

/** @param reason as an engine gives it, a fragment that ends with a full stop */
export function toAbnormalReason(reason: string): string {
  return `The instance cannot be used: ${reason}`;
}
