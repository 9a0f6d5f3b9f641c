import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { ApiClient } from '../api-client.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { createFilledPostgres } from '../server-databases.js';
import type { ServerDatabase } from '../server-databases.js';
import { ServerProcess } from '../server-process.js';
import { formatMb, formatSpread, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';
import { takeTimed } from '../timed-backup.js';

const LARGE_BYTES = 1e9;
const QUICK_BYTES = 50e6;
const READER = 'rds_bench_reader';

/**
 * What a dump of PostgreSQL pays for having the rows of its tables counted. There is no switch for that: the rows are
 * counted where the user of the instance may share a snapshot with pg_dump, and that is a right that can be taken away.
 */
export const counting: Scenario = {
  name: 'counting',
  async run(bench: Bench): Promise<Outcome> {
    const source = await createFilledPostgres(bench.isQuick ? QUICK_BYTES : LARGE_BYTES);
    if (source === null) return { rows: [] };
    await using database = source;
    await using reader = await Reader.create(database);
    await using server = await ServerProcess.start(await bench.workDir.createFolder('counting'));
    await using api = new ApiClient(server.url);
    await using watch = await BackupWatch.open(api, await api.registerUrl('filled', reader.url));

    const faults: string[] = [];
    const copy = async (isCounted: boolean, round: string): Promise<number> => {
      await reader.allowCounting(isCounted);
      const backup = `${isCounted ? 'counted' : 'not-counted'}-${round}`;
      const { copiedMs, rows } = await takeTimed(server, { watch, backup, database: database.name });
      if (rows.length === 0 || rows.some((count) => (count !== null) !== isCounted)) {
        faults.push(`${backup} has recorded ${JSON.stringify(rows)}`);
      }
      return copiedMs;
    };
    await copy(true, 'warm-up');
    const [countedMs, uncountedMs]: [number[], number[]] = [[], []];
    for (let round = 0; round < (bench.isQuick ? 1 : 5); round += 1) {
      // Neither always comes first, in what the other has left of the disk's caches.
      const order = round % 2 === 0 ? [false, true] : [true, false];
      for (const isCounted of order) {
        (isCounted ? countedMs : uncountedMs).push(await copy(isCounted, round.toString()));
      }
    }
    const row = {
      what: `PostgreSQL, filled ${formatMb(database.sizeBytes)}: createBackup to stored, rows counted`,
      measured: formatSpread(countedMs),
      reference: `not counted ${formatSpread(uncountedMs)}`,
      ratio: median(countedMs) / median(uncountedMs),
    };
    return { rows: [row], faults };
  },
};

/** A user that may read the database, and no more. */
class Reader implements AsyncDisposable {
  /** Of the server, as this user. */
  readonly url: string;
  readonly #administrator: Client;

  private constructor(url: string, administrator: Client) {
    this.url = url;
    this.#administrator = administrator;
  }

  static async create({ url, name }: ServerDatabase): Promise<Reader> {
    const inside = new URL(url);
    inside.pathname = `/${name}`;
    const administrator = new Client({ connectionString: inside.href });
    await administrator.connect();
    const password = randomBytes(16).toString('hex');
    await administrator.query(`DROP ROLE IF EXISTS ${READER}`);
    await administrator.query(`CREATE ROLE ${READER} LOGIN PASSWORD '${password}'`);
    await administrator.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${READER}`);
    const own = new URL(url);
    own.username = READER;
    own.password = password;
    return new Reader(own.href, administrator);
  }

  async allowCounting(isAllowed: boolean): Promise<void> {
    const right = 'EXECUTE ON FUNCTION pg_catalog.pg_export_snapshot()';
    await this.#administrator.query(isAllowed ? `GRANT ${right} TO PUBLIC` : `REVOKE ${right} FROM PUBLIC`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#administrator.query(`DROP OWNED BY ${READER}`);
    await this.#administrator.query(`DROP ROLE ${READER}`);
    await this.#administrator.end();
  }
}
