import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { KILLS } from '../support/kills.js';
import { MessageCounter } from '../support/message-counter.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import type { RestoreOrder } from '../support/postgres-restore-worker.js';
import { databasesOf, takeFrom } from '../support/postgres-restores.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { aim, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const WORKER = new URL('../support/postgres-restore-worker.ts', import.meta.url).pathname;
const MINUTES = 60_000;

async function startWorker(): Promise<ChildProcess> {
  const worker = fork(WORKER, { execArgv: ['--import', 'tsx'], stdio: 'ignore' });
  await once(worker, 'message');
  return worker;
}

/** One server, and the dumps of two states of a database, of which it always has one. */
class CrashSite {
  readonly #server: PostgresServer;
  readonly #counter: MessageCounter;
  readonly #scratch: TempDir;
  readonly #dumps: Readonly<Record<string, TakenDump>>;
  #next = startWorker();

  constructor(
    server: PostgresServer,
    counter: MessageCounter,
    rest: { scratch: TempDir; dumps: Record<string, TakenDump> },
  ) {
    this.#server = server;
    this.#counter = counter;
    this.#scratch = rest.scratch;
    this.#dumps = rest.dumps;
  }

  /** The state that the database is in, which must be a whole one. */
  async state(): Promise<string> {
    const rows = await this.#server.sql('SELECT state, count(*)::int AS n FROM items GROUP BY state', 'shop');
    expect(rows).toEqual([{ state: expect.stringMatching(/^(red|blue)$/), n: 500 }]);
    return rows[0]?.state as string;
  }

  /**
   * Has another process restore the other state, and kills it when so much was sent; a restore that ends before, ends.
   * @returns how much it has sent; the target; and the state that it was to have
   */
  async crash(step: RestoreOrder['step'], at: number): Promise<{ sent: number; wanted: string; finish: Finish }> {
    const wanted = (await this.state()) === 'red' ? 'blue' : 'red';
    const dump = this.#dumps[wanted]!;
    const target = await aim(
      { url: this.#server.url(), scratch: this.#scratch },
      { database: 'shop', overwrite: true },
    );
    if (step === 'commit') await createPostgresqlEngine().stageRestore(target, toLoad(dump));
    const { bytes, ...recorded } = dump;
    const { stagingId, scratchDir } = target;
    const order = { url: this.#counter.url, database: 'shop', stagingId, scratchDir, step };
    const worker = await this.#next;
    this.#counter.listen((count) => {
      if (count === at) worker.kill('SIGKILL');
    });
    worker.send({ ...order, dump: { ...recorded, base64: bytes.toString('base64') } } satisfies RestoreOrder);
    await once(worker, 'exit');
    this.#next = startWorker();
    const engine = createPostgresqlEngine();
    const finish = { commit: () => engine.commitRestore(target), abandon: () => engine.abandonRestore(target) };
    return { sent: this.#counter.count, wanted, finish };
  }

  async end(): Promise<void> {
    (await this.#next).kill('SIGKILL');
  }
}

interface Finish {
  readonly commit: () => Promise<boolean>;
  readonly abandon: () => Promise<void>;
}

async function prepare(server: PostgresServer): Promise<Record<string, TakenDump>> {
  const dumps: Record<string, TakenDump> = {};
  for (const state of ['red', 'blue']) {
    await server.sql('DROP DATABASE IF EXISTS shop');
    await server.createDatabase('shop');
    await server.sql(`CREATE TABLE items AS SELECT i, '${state}' AS state FROM generate_series(1, 500) i`, 'shop');
    dumps[state] = await takeFrom(server.url(), 'shop');
  }
  return dumps;
}

function anyOf(limit: number): number {
  return 1 + Math.floor(Math.random() * limit);
}

describe.skipIf(!hasPostgresPrograms)('a restore to PostgreSQL whose process is killed', () => {
  test(
    'at any moment leaves the old database or the new one, whole, and nothing beside once it is taken over',
    async () => {
      await using server = await PostgresServer.start();
      await using scratch = await TempDir.create();
      const dumps = await prepare(server);
      await using counter = await MessageCounter.start(server.url());
      const site = new CrashSite(server, counter, { scratch, dumps });
      const whole = { commit: 0, stage: 0 };
      for (const step of ['stage', 'commit'] as const) {
        const { sent, finish } = await site.crash(step, Infinity);
        whole[step] = sent;
        await finish.abandon();
      }
      const seen = { old: 0, new: 0 };
      for (let at = 1; at <= whole.commit; at += 1) {
        const { wanted, finish } = await site.crash('commit', at);
        expect({ at, names: await databasesOf(server) }).toEqual({ at, names: expect.arrayContaining(['shop']) });
        const isCommitted = at % 2 === 0;
        await (isCommitted ? finish.commit() : finish.abandon());
        const state = await site.state();
        if (isCommitted) expect({ at, state }).toEqual({ at, state: wanted });
        else seen[state === wanted ? 'new' : 'old'] += 1;
        expect({ at, names: await databasesOf(server) }).toEqual({ at, names: ['shop'] });
      }
      for (let round = 0; round < KILLS; round += 1) {
        const at = anyOf(whole.stage);
        const before = await site.state();
        const { finish } = await site.crash('stage', at);
        await finish.abandon();
        expect({ at, state: await site.state() }).toEqual({ at, state: before });
        expect({ at, names: await databasesOf(server) }).toEqual({ at, names: ['shop'] });
      }
      await site.end();
      expect(seen.old).toBeGreaterThan(0);
      expect(seen.new).toBeGreaterThan(0);
    },
    10 * MINUTES,
  );
});
