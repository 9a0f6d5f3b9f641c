import { join } from 'node:path';
import { ApiClient } from '../api-client.js';
import { fillCatalog } from '../large-catalog.js';
import { createOrders } from '../sample-database.js';
import type { Bench, Outcome, Row, Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import { formatMs, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';

const MAX_RATIO = 1.3;
const BACKUPS = 100_000;
const PAGE_SIZE = 100;
const FAR_PAGE = 900;
const FAR_PAGE_OF_PROJECT = 180;
const REPETITIONS = 80;

const PAGE = `query ($first: Int!, $after: String, $filter: BackupFilter) {
  backups(first: $first, after: $after, filter: $filter) {
    nodes { id name status startedAt completedAt sizeBytes } pageInfo { hasNextPage endCursor }
  }
}`;

/** Requests whose statements are counted, each with a short and a long page. */
const COUNTED: Readonly<Record<string, string>> = {
  'a page': 'query ($first: Int!) { backups(first: $first) { nodes { id name } } }',
  'with totalCount': 'query ($first: Int!) { backups(first: $first) { totalCount nodes { id name } } }',
  'with instance and databases':
    'query ($first: Int!) { backups(first: $first) { nodes { id instance { id name } databases { name sha256 } } } }',
  'instances with backups and counts': `query ($first: Int!) {
    instances(first: $first) { nodes { id activeBackup { id } backups(first: 2) { totalCount nodes { id } } } }
  }`,
};

interface Page {
  readonly backups: {
    readonly nodes: readonly { id: string }[];
    readonly pageInfo: { readonly endCursor: string | null };
  };
}

/** Paging through a catalog with a long history. */
export const pages: Scenario = {
  name: 'pages',
  async run(bench: Bench): Promise<Outcome> {
    const dataDir = await bench.workDir.createFolder('pages');
    await makeFirstBackup(dataDir);
    const share = bench.isQuick ? 0.1 : 1;
    await fillCatalog(join(dataDir, 'catalog.sqlite'), BACKUPS * share);

    await using server = await ServerProcess.start(dataDir, { BENCH_COUNT_STATEMENTS: '1' });
    await using api = new ApiClient(server.url);
    const all = await compareFarPage(api, { filter: {}, page: FAR_PAGE * share });
    const ofProject = await compareFarPage(api, {
      filter: { project: 'project-3' },
      page: FAR_PAGE_OF_PROJECT * share,
    });
    return { rows: [all, ofProject, ...(await countStatements(server, api))] };
  },
};

async function makeFirstBackup(dataDir: string): Promise<void> {
  const database = await createOrders(join(dataDir, 'orders.db'), 100_000);
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  await using watch = await BackupWatch.open(api, await api.register('orders', database.path));
  await watch.take('first');
}

async function compareFarPage(
  api: ApiClient,
  { filter, page }: { readonly filter: object; readonly page: number },
): Promise<Row> {
  let cursor: string | null = null;
  const ids = new Set<string>();
  for (let walked = 1; walked < page; walked += 1) {
    const { backups }: Page = await api.query<Page>(PAGE, { first: PAGE_SIZE, after: cursor, filter });
    for (const { id } of backups.nodes) ids.add(id);
    cursor = backups.pageInfo.endCursor;
  }
  if (ids.size !== (page - 1) * PAGE_SIZE)
    throw new Error(`${ids.size.toString()} different backups were walked through`);

  const time = async (after: string | null): Promise<number> => {
    const begin = performance.now();
    const { backups } = await api.query<Page>(PAGE, { first: PAGE_SIZE, after, filter });
    if (backups.nodes.length !== PAGE_SIZE) throw new Error('the page is not full');
    return performance.now() - begin;
  };
  const near: number[] = [];
  const far: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    near.push(await time(null));
    far.push(await time(cursor));
  }
  const ratio = median(far) / median(near);
  const of = Object.keys(filter).length === 0 ? '' : ' of one project';
  return {
    what: `page ${page.toString()}${of}, first: ${PAGE_SIZE.toString()}, median of ${REPETITIONS.toString()}`,
    measured: formatMs(median(far)),
    reference: `page 1 ${formatMs(median(near))}`,
    ratio,
    goal: `<= ${MAX_RATIO.toString()} x`,
    isMet: ratio <= MAX_RATIO,
  };
}

async function countStatements(server: ServerProcess, api: ApiClient): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [what, query] of Object.entries(COUNTED)) {
    const counts: number[] = [];
    for (const first of [10, 40]) {
      await server.measure();
      await api.query(query, { first });
      counts.push((await server.rest()).statements);
    }
    const [short = NaN, long = NaN] = counts;
    rows.push({
      what: `statements: ${what}, first: 40`,
      measured: long.toString(),
      reference: `first: 10 ${short.toString()}`,
      goal: 'the same',
      isMet: short === long,
    });
  }
  return rows;
}
