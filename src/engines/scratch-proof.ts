import { messageOf } from '../domain/errors.js';
import { RestoreFailedError } from '../domain/failure.js';
import { EngineUnreachableError } from './database-engine.js';
import { withFullStop } from './server-errors.js';
import { toStagedName } from './staging-name.js';

interface ScratchProof<T> {
  readonly stagingId: string;
  /** Loads the scratch database, and looks at it. */
  readonly prove: () => Promise<T>;
  /** Removes it. The signal is its own: whether the proof was given up does not matter to it. */
  readonly remove: (signal: AbortSignal) => Promise<void>;
  /** How long the removal may take. */
  readonly removalTimeoutMs: number;
}

/**
 * Makes a proof, and removes its scratch database, however the proof ends. What is left is told with the error.
 * @throws EngineUnreachableError when the proof was good and something is left, which says nothing of the dump
 */
export async function proveInScratch<T>(proof: ScratchProof<T>): Promise<T> {
  const found = await proof.prove().catch(async (error: unknown) => {
    throw withRest(error, await findRest(proof));
  });
  const rest = await findRest(proof);
  if (rest !== null) throw new EngineUnreachableError(rest);
  return found;
}

/** @returns a sentence on what could not be removed, and why; null = nothing */
async function findRest({
  stagingId,
  remove,
  removalTimeoutMs,
}: Omit<ScratchProof<unknown>, 'prove'>): Promise<string | null> {
  const signal = AbortSignal.timeout(removalTimeoutMs);
  try {
    await remove(signal);
    return null;
  } catch (error) {
    const reason = signal.aborted ? 'that took too long.' : withFullStop(messageOf(error));
    return `the scratch database ${toStagedName(stagingId)} is left there: ${reason}`;
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
