import { AgeKeysError } from './artifacts/age-keys.js';
import { DataDirLockedError } from './catalog/data-dir-lock.js';
import { ConfigError, readRecoveryConfig } from './config.js';
import { messageOf } from './domain/errors.js';
import { Opened } from './opened.js';
import { RecoverCatalog } from './services/recover-catalog.js';
import { openStorage } from './storage.js';

/*
 * `npm run recover -- --from <store>`: puts the backups that a store holds back into the catalog, after that was lost.
 */

/** Exit code 0: every backup of the store is in the catalog; 1: some cannot be used, or nothing could be read. */
async function main(): Promise<number> {
  const config = readRecoveryConfig();
  const opened = new Opened();
  try {
    const storage = await openStorage(config, opened, (error) => {
      console.error(messageOf(error));
    });
    const { location } = storage.store;
    console.log(`Reading the manifests of ${location}`);
    const counts = { added: 0, known: 0, unusable: 0 };
    for await (const found of new RecoverCatalog(storage).recover(new AbortController().signal)) {
      counts[found.outcome] += 1;
      const where = `${found.project}/${found.backupId}`;
      if (found.outcome === 'added') console.log(`  added     ${where}  ${found.backup.name}`);
      if (found.outcome === 'unusable') console.log(`  UNUSABLE  ${where}  ${found.reason}`);
    }
    if (Object.values(counts).every((count) => count === 0)) {
      console.error('No backup was found there. Is it the store itself, the folder that holds those of the projects?');
      return 1;
    }
    console.log(
      `Backups: ${counts.added.toString()} added, ${counts.known.toString()} known already, ${counts.unusable.toString()} unusable.
Start the server with ARTIFACT_STORE=${location}. Their instances are listed as deleted ones: register them anew, and restore to them.`,
    );
    return counts.unusable === 0 ? 0 : 1;
  } finally {
    await opened.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isKnown = [ConfigError, DataDirLockedError, AgeKeysError].some((kind) => error instanceof kind);
    console.error(isKnown ? messageOf(error) : `The catalog cannot be recovered: ${messageOf(error)}`);
    process.exitCode = 1;
  },
);
