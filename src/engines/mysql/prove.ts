import type { TableRows } from '../../domain/backup.js';
import { messageOf } from '../../domain/errors.js';
import { RestoreFailedError } from '../../domain/failure.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { DumpToLoad } from '../database-restorer.js';
import { withFullStop } from '../server-errors.js';
import { toStagedName } from '../staging-name.js';
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
  const rows = await loadAndCount(staging, dump).catch(async (error: unknown) => {
    throw withRest(error, await removeScratch(staging));
  });
  const rest = await removeScratch(staging);
  // It says nothing of the dump.
  if (rest !== null) throw new EngineUnreachableError(rest);
  return rows;
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

/** Whether the proof was given up does not matter to it. @returns a sentence on what is left, and why; null = nothing */
async function removeScratch(staging: Staging): Promise<string | null> {
  const signal = AbortSignal.timeout(REMOVAL_TIMEOUT_MS);
  try {
    await swapWith({ ...staging, signal }, async (swap) => swap.abandon());
    return null;
  } catch (error) {
    const reason = signal.aborted ? 'that took too long.' : withFullStop(messageOf(error));
    return `the scratch database ${toStagedName(staging.stagingId)} is left there: ${reason}`;
  }
}

/** What was not thrown for the operator to read stays as it is: it is somebody else's. */
function withRest(error: unknown, rest: string | null): unknown {
  if (rest === null) return error;
  if (error instanceof RestoreFailedError) {
    return new RestoreFailedError(error.code, `${error.message} And ${rest}`, { cause: error });
  }
  if (!(error instanceof EngineUnreachableError)) return error;
  return new EngineUnreachableError(`${error.message} And ${rest}`, { cause: error });
}
