import { join } from 'node:path';
import { describeMachine } from './machine.js';
import { createOrders } from './sample-database.js';
import type { SampleDatabase } from './sample-database.js';
import type { Bench, Outcome, Row, Scenario } from './scenario.js';
import { backup1gb } from './scenarios/backup-1gb.js';
import { backup1gbBusy } from './scenarios/backup-1gb-busy.js';
import { consoleUse } from './scenarios/console.js';
import { counting } from './scenarios/counting.js';
import { createLatency } from './scenarios/create-latency.js';
import { crowd } from './scenarios/crowd.js';
import { download } from './scenarios/download.js';
import { kills } from './scenarios/kills.js';
import { pages } from './scenarios/pages.js';
import { restores } from './scenarios/restores.js';
import { serverDumps } from './scenarios/server-dumps.js';
import { subscribers } from './scenarios/subscribers.js';
import { renderTable } from './table.js';
import { WorkDir } from './work-dir.js';

const SCENARIOS: readonly Scenario[] = [
  createLatency,
  crowd,
  subscribers,
  pages,
  kills,
  backup1gb,
  backup1gbBusy,
  serverDumps,
  counting,
  restores,
  download,
  consoleUse,
];
const LARGE_BYTES = 1e9;
const QUICK_LARGE_BYTES = 100e6;

/** Measures the built server through its public door, beside native tools. Exit code 1: something was wrong, not slow. */
async function main(args: readonly string[]): Promise<number> {
  const isQuick = args.includes('--quick');
  const names = args.filter((arg) => arg !== '--quick');
  const strangers = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (strangers.length > 0) {
    console.error(
      `Not known: ${strangers.join(', ')}. There are: ${SCENARIOS.map(({ name }) => name).join(', ')}, --quick.`,
    );
    return 1;
  }
  const chosen = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));

  console.log((await describeMachine()).join('\n'));
  if (isQuick) console.log('quick    small sizes and few repetitions: the figures mean little');
  await using workDir = await WorkDir.create();
  let large: Promise<SampleDatabase> | null = null;
  const largeDatabase = (): Promise<SampleDatabase> =>
    (large ??= createOrders(join(workDir.path, 'large.db'), isQuick ? QUICK_LARGE_BYTES : LARGE_BYTES));
  const rows: [string, Row][] = [];
  const notes: string[] = [];
  const faults: string[] = [];
  for (const scenario of chosen) {
    const begin = performance.now();
    const outcome = await runScenario(scenario, { workDir, isQuick, largeDatabase });
    console.log(`${scenario.name} took ${((performance.now() - begin) / 1000).toFixed(0)} s`);
    rows.push(...outcome.rows.map((row): [string, Row] => [scenario.name, row]));
    notes.push(...(outcome.notes ?? []).map((note) => `${scenario.name}: ${note}`));
    faults.push(...(outcome.faults ?? []).map((fault) => `${scenario.name}: ${fault}`));
  }
  console.log(`\n${renderTable(rows)}\n`);
  for (const note of notes) console.log(note);
  for (const fault of faults) console.error(`FAULT ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

/** A scenario that cannot be run to its end must not take the others' figures with it. */
async function runScenario(scenario: Scenario, bench: Bench): Promise<Outcome> {
  try {
    return await scenario.run(bench);
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { rows: [], faults: [reason] };
  }
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
// A scenario that has failed may have left a connection open.
process.exit(await main(process.argv.slice(2)));
