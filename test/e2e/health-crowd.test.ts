import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { EngineRegistry } from '../../src/engines/engine-registry.js';
import { InProcessStatusFeed } from '../../src/events/in-process-status-feed.js';
import { HealthSchedule } from '../../src/services/health-schedule.js';
import { InstanceConnector } from '../../src/services/instance-connector.js';
import { MonitorInstances } from '../../src/services/monitor-instances.js';
import { SecretBox } from '../../src/services/secret-box.js';
import { REGISTERED } from '../support/api-client.js';
import { CheckLog } from '../support/check-log.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Gate } from '../support/gate.js';
import { NOON, sampleInstance } from '../support/samples.js';
import { hasPostgres } from '../support/services.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

const INSTANCES = 2000;
const INTERVAL_MS = 30_000;
const MOST_AT_ONCE = 50;

/** The part of a server that looks after its instances, with many of them, all due, and a clock that the test sets. */
class Crowd implements AsyncDisposable {
  readonly checks: CheckLog;
  readonly catalog: TypeormCatalog;
  readonly connector: InstanceConnector;
  now = NOON;
  readonly #dir: TempDir;
  readonly #monitor: MonitorInstances;

  private constructor(dir: TempDir, catalog: TypeormCatalog, secretBox: SecretBox) {
    const engine = new FakeEngine();
    const engines = new EngineRegistry([engine]);
    const clock = (): Date => this.now;
    this.#dir = dir;
    this.catalog = catalog;
    this.checks = new CheckLog(engine);
    this.connector = new InstanceConnector({ catalog, engines, secretBox });
    this.#monitor = new MonitorInstances({
      catalog,
      connector: this.connector,
      feed: new InProcessStatusFeed(() => undefined),
      schedule: new HealthSchedule(INTERVAL_MS, clock),
      clock,
      logger: pino({ level: 'silent' }),
    });
  }

  static async create(count: number): Promise<Crowd> {
    const dir = await TempDir.create();
    const catalog = await TypeormCatalog.open({ kind: 'sqlite', path: dir.join('catalog.sqlite') });
    const secretBox = new SecretBox(randomBytes(32));
    const { engine, engineVersion, role } = await new FakeEngine().probe('', new AbortController().signal);
    await catalog.transaction(async ({ instances }) => {
      for (let index = 0; index < count; index += 1) {
        const instance = sampleInstance({ engine, engineVersion, role });
        const sealedUrl = secretBox.seal(`fake://host-${index.toString()}`, instance.id);
        await instances.insert(instance, { sealedUrl, checkDueAt: NOON });
      }
    });
    return new Crowd(dir, catalog, secretBox);
  }

  start(): void {
    this.#monitor.start();
  }

  advance(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  async countDue(afterMs: number): Promise<number> {
    const due = await this.catalog.instances.listDueChecks(new Date(this.now.getTime() + afterMs), INSTANCES);
    return due.length;
  }

  async stop(): Promise<void> {
    await this.#monitor[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.catalog[Symbol.asyncDispose]();
    await this.#dir[Symbol.asyncDispose]();
  }
}

test('2,000 instances are asked once an interval each, 50 at a time at most, and no longer all at once', async () => {
  await using crowd = await Crowd.create(INSTANCES);
  const { checks } = crowd;
  const isFull = new Gate();
  let [atOnce, mostAtOnce] = [0, 0];
  checks.onCheck = async (): Promise<void> => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    if (atOnce === MOST_AT_ONCE) isFull.open();
    await isFull.opened;
    await nextTurn();
    atOnce -= 1;
  };

  crowd.start();
  await checks.waitForTotal(INSTANCES);

  expect(checks.counts).toEqual(Array.from({ length: INSTANCES }, () => 1));
  expect(await crowd.countDue(INTERVAL_MS * 0.8 - 1)).toBe(0);
  expect(await crowd.countDue(INTERVAL_MS * 1.2)).toBe(INSTANCES);
  // Half of them, give or take what chance will hardly ever exceed.
  expect(Math.abs((await crowd.countDue(INTERVAL_MS)) - INSTANCES / 2)).toBeLessThan(250);

  crowd.advance(INTERVAL_MS * 1.2);
  await checks.waitForTotal(INSTANCES * 2);

  expect(checks.counts).toEqual(Array.from({ length: INSTANCES }, () => 2));
  expect(mostAtOnce).toBe(MOST_AT_ONCE);
  expect(await crowd.catalog.statusChanges.latestId()).toBe('0');
});

test('a check that is under way when the server stops changes nothing after that', async () => {
  await using crowd = await Crowd.create(1);
  const { checks, catalog } = crowd;
  const answered = new Gate();
  checks.onCheck = async (): Promise<never> => {
    await answered.opened;
    throw new EngineUnreachableError('nobody is at home.');
  };
  crowd.start();
  await checks.waitForTotal(1);

  await crowd.stop();
  answered.open();
  await nextTurn();
  // Whatever had been written after all is written before this.
  await catalog.transaction(() => Promise.resolve());

  const [due] = await catalog.instances.listDueChecks(new Date(NOON.getTime() + 2 * INTERVAL_MS), 1);
  expect(due?.missedChecks).toBe(0);
});

test('whoever asks an instance that is being asked shares the answer, and asks anew after it', async () => {
  await using crowd = await Crowd.create(2);
  const { checks, connector, catalog } = crowd;
  const [one, two] = await catalog.instances.listDueChecks(NOON, 2);
  const answered = new Gate();
  checks.onCheck = () => answered.opened;
  const ids = [one, one, two, one].map((check) => check?.instance.id ?? '');

  const asking = Promise.all(ids.map((id) => connector.checkHealth(id)));
  await checks.waitForTotal(2);
  answered.open();
  expect(await asking).toHaveLength(4);
  expect(checks.counts).toEqual([1, 1]);

  await connector.checkHealth(ids[0] ?? '');
  expect(checks.total).toBe(3);
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('two servers share the checks: each that is due is made by one of them', async () => {
    await using cluster = await Cluster.create();
    const engine = new FakeEngine();
    const checks = new CheckLog(engine);
    let now = Date.now();
    const env = { ...cluster.env, HEALTH_INTERVAL: '200ms' };
    const overrides = { engines: [engine], clock: (): Date => new Date(now) };
    await using first = await TestApp.start({ env, overrides });
    await using second = await TestApp.start({ env, overrides });
    const hosts = Array.from({ length: 120 }, (_, index) => `host-${index.toString()}`);
    await Promise.all(hosts.map((host, index) => (index % 2 === 0 ? first : second).register(host, `fake://${host}`)));
    expect(checks.total).toBe(0);

    for (let round = 1; round <= 5; round += 1) {
      now += 1000;
      await checks.waitForTotal(hosts.length * round);
    }
    // Whoever made a check twice would have done so by the time the next ones are made.
    expect(checks.counts).toEqual(hosts.map(() => 5));
  });

  test('misses are counted in all, whichever server meets them, and the change is made once', async () => {
    await using cluster = await Cluster.create();
    const [engine, otherEngine] = [new FakeEngine(), new FakeEngine()];
    const logs = [new CheckLog(engine), new CheckLog(otherEngine)];
    const env = { ...cluster.env, HEALTH_INTERVAL: '50ms' };
    await using first = await TestApp.start({ env, overrides: { engines: [engine] } });
    await using second = await TestApp.start({ env, overrides: { engines: [otherEngine] } });
    const instanceId = await first.register('shop', 'fake://shop');
    const changes = second.statusChanges({ after: REGISTERED });
    for (const each of [engine, otherEngine]) each.fault = new EngineUnreachableError('nobody is at home.');

    const { value } = await changes.next();
    await changes.return();

    expect(value).toMatchObject({ status: 'ABNORMAL', instance: { id: instanceId } });
    const before = logs.reduce((total, log) => total + log.total, 0);
    expect(before).toBeGreaterThanOrEqual(3);
    await Promise.race(logs.map((log) => log.waitForMore(4)));
    const { data } = await first.graphql('{ instances { eventCursor } }');
    expect(data.instances.eventCursor).toBe('2');
  });
});
