import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClientTools } from '../client-tools.js';
import type { Product } from '../database-engine.js';
import type { RestoreTarget } from '../database-restorer.js';
import { toStagedName } from '../staging-name.js';
import type { ToolCall } from '../tool-process.js';
import { writeOptionFile } from './option-file.js';
import { quoteOption } from './quote.js';
import { restoreFailed } from './restore-failure.js';
import { findTlsFault } from './tls.js';
import { getClientTool } from './tools.js';
import type { MysqlTarget } from './url.js';

/** How long a restore waits for others, in seconds. */
export interface RestoreWaits {
  /** For another session of the same restore, whose process has died and which may still be at its last statement. */
  readonly owner: number;
  /** For the transactions of others that use a table, at each statement. */
  readonly locks: number;
}

export const RESTORE_WAITS: RestoreWaits = { owner: 60, locks: 30 };

/** A restore's work beside the target; `database` is what messages call it. */
export interface Staging extends Pick<RestoreTarget, 'database' | 'stagingId' | 'scratchDir' | 'signal'> {
  readonly target: MysqlTarget;
  readonly tools: ClientTools;
  readonly waits: RestoreWaits;
}

/** What a client program, and its failure, depend on. */
export interface StagingServer {
  readonly product: Product;
  readonly isEncrypted: boolean;
  /** In bytes. */
  readonly maxAllowedPacket: number;
}

/** Errors end the program, no comment is taken out of a routine, and a connection that is lost is not made anew half-way. */
const OPTIONS = [
  ...['--batch', '--comments', '--binary-mode', '--skip-reconnect', '--no-auto-rehash'],
  ...['--loose-abort-source-on-error', '--loose-sandbox'],
];

interface ClientCall extends AsyncDisposable {
  readonly tool: ToolCall;
}

/** The client program, told to load into the staged database. What it has of files goes with it. */
export async function prepareCall(
  { target, database, stagingId, scratchDir, tools }: Staging,
  { product, isEncrypted }: StagingServer,
): Promise<ClientCall> {
  const fault = findTlsFault(target, product);
  if (fault !== null) throw restoreFailed(database, fault);
  const { name, path, version } = await getClientTool(tools, product);
  const folder = await mkdtemp(join(scratchDir, 'client-'));
  const options = await writeOptionFile({ target, engine: product.engine, isEncrypted, asBytes: false, folder });
  return {
    tool: {
      tool: { name, version },
      path,
      args: [`--defaults-file=${options}`, ...OPTIONS, `--database=${toStagedName(stagingId)}`],
      env: {},
      // As it is, and as the option file has it.
      secrets: target.password === null ? [] : [target.password, quoteOption(target.password).slice(1, -1)],
      // A program that fails repeats the statement, which is somebody's data.
      shownLines: /^ERROR /,
    },
    [Symbol.asyncDispose]: async (): Promise<void> => rm(folder, { recursive: true, force: true }),
  };
}
