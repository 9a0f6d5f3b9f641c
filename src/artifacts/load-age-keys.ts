import { open } from 'node:fs/promises';
import { messageOf } from '../domain/errors.js';
import { AgeKeys, AgeKeysError } from './age-keys.js';

/** No identity file is as large. */
const MAX_FILE_BYTES = 1024 * 1024;
const OTHERS_MAY_READ = 0o004;

export interface EncryptionSettings {
  /** For whom new backups are encrypted; none: they are not. */
  readonly recipients: readonly string[];
  /** Path of an age identity file, with which backups are read; null when none is configured. */
  readonly identityFile: string | null;
}

/** @throws AgeKeysError in words for the operator */
export async function loadAgeKeys({ recipients, identityFile }: EncryptionSettings): Promise<AgeKeys> {
  return AgeKeys.create(recipients, identityFile === null ? [] : await readIdentities(identityFile));
}

/** A line each, as `age-keygen` writes them. */
async function readIdentities(path: string): Promise<readonly string[]> {
  const text = await readPrivateFile(path);
  const lines = text.split('\n').map((line) => line.trim());
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (identities.length > 0) return identities;
  throw new AgeKeysError(`The identity file ${path} has no identity in it. Make one with age-keygen.`);
}

async function readPrivateFile(path: string): Promise<string> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new AgeKeysError(`The identity file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  try {
    const { mode, size } = await handle.stat();
    if ((mode & OTHERS_MAY_READ) !== 0) {
      throw new AgeKeysError(
        `The identity file ${path} can be read by everybody on this machine. Run chmod 600 on it.`,
      );
    }
    if (size > MAX_FILE_BYTES) throw new AgeKeysError(`The identity file ${path} is too large to be one.`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
