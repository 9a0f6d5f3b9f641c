import type { TableRows } from '../../domain/backup.js';
import type { DumpToLoad } from '../database-restorer.js';
import { proveInScratch } from '../scratch-proof.js';
import type { Staging } from './client-call.js';
import { loadCode } from './database-code.js';
import { asRestore } from './restore-failure.js';
import { RestoreSession } from './restore-session.js';
import { ScratchCode } from './scratch-code.js';
import { countStaged, stageDump } from './stage.js';
import { StagedState } from './staged-state.js';
import { swapWith } from './swap.js';

/** How long the removal of a scratch database may take once its proof has ended, well or not. */
const REMOVAL_TIMEOUT_MS = 60_000;

/**
 * Loads all of a dump into a scratch database, and counts its rows. That bodies of routines and triggers name the original
 * database does not matter: the server looks for what they name when they run.
 */
export async function proveDump(staging: Staging, dump: DumpToLoad): Promise<readonly TableRows[]> {
  return proveInScratch({
    stagingId: staging.stagingId,
    prove: () => loadAndCount(staging, dump),
    remove: (signal) => swapWith({ ...staging, signal }, async (swap) => swap.abandon()),
    removalTimeoutMs: REMOVAL_TIMEOUT_MS,
  });
}

async function loadAndCount(staging: Staging, dump: DumpToLoad): Promise<readonly TableRows[]> {
  await stageDump(staging, dump);
  return asRestore(staging, async () => {
    await loadScratchCode(staging);
    return countStaged(staging);
  });
}

async function loadScratchCode(staging: Staging): Promise<void> {
  await using session = await RestoreSession.open(staging);
  const database = session.staged;
  const code = new ScratchCode(await new StagedState(session.connection, staging.stagingId).readList('newCode'));
  await loadCode(session, {
    database,
    statements: code.statements,
    tolerates: async (statement, error) => {
      const placeholder = code.findPlaceholder(statement, { error, database });
      if (placeholder !== null) await session.connection.run(placeholder);
      return placeholder !== null;
    },
    progress: null,
  });
}
