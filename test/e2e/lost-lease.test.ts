import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AgeKeys } from '../../src/artifacts/age-keys.js';
import { ArtifactCodec } from '../../src/artifacts/artifact-codec.js';
import type { ArtifactFile, ArtifactStore, BackupFolder, ByteRange } from '../../src/artifacts/artifact-store.js';
import { CodecPool } from '../../src/artifacts/codec-pool.js';
import { FilesystemArtifactStore } from '../../src/artifacts/filesystem-artifact-store.js';
import { MANIFEST_NAME } from '../../src/artifacts/manifest.js';
import { ArtifactPipeline } from '../../src/artifacts/pipeline.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { BackupFailureCode, BackupStatus } from '../../src/domain/backup.js';
import type { Backup } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { EngineRegistry } from '../../src/engines/engine-registry.js';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { InProcessStatusFeed } from '../../src/events/in-process-status-feed.js';
import { AuditTrail } from '../../src/services/audit-trail.js';
import { BackupRunner } from '../../src/services/backup-runner.js';
import { ConcludeBackup } from '../../src/services/conclude-backup.js';
import { CopyDatabase } from '../../src/services/copy-database.js';
import { InstanceConnector } from '../../src/services/instance-connector.js';
import { RecoverBackups } from '../../src/services/recover-backups.js';
import { RunBackup } from '../../src/services/run-backup.js';
import { SecretBox } from '../../src/services/secret-box.js';
import { Gate } from '../support/gate.js';
import { NOON, sampleBackup, sampleInstance } from '../support/samples.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { listFiles, verifyByHand } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';
import { claimOf } from '../contract/catalog-subject.js';

/*
 * Two servers on one catalog and one store, of which one falls asleep at the worst moment, and wakes up when its lease
 * has run out. Built from the product's own parts, because the moment lies between two of its lines.
 */

interface Moments {
  readonly afterManifest?: () => Promise<void>;
  readonly beforeSize?: () => Promise<void>;
}

/** The store, with something happening at two moments of its work. */
class InterruptedStore implements ArtifactStore {
  readonly location: string;
  readonly #store: FilesystemArtifactStore;
  readonly #moments: Moments;

  constructor(store: FilesystemArtifactStore, moments: Moments) {
    this.location = store.location;
    this.#store = store;
    this.#moments = moments;
  }

  async put(file: ArtifactFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    const bytes = await this.#store.put(file, content, signal);
    if (file.name === MANIFEST_NAME) await this.#moments.afterManifest?.();
    return bytes;
  }

  async findSize(file: ArtifactFile): Promise<number | null> {
    await this.#moments.beforeSize?.();
    return this.#store.findSize(file);
  }

  open(file: ArtifactFile, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    return this.#store.open(file, signal, range);
  }

  remove(backup: BackupFolder): Promise<void> {
    return this.#store.remove(backup);
  }

  list(signal: AbortSignal): AsyncIterable<BackupFolder> {
    return this.#store.list(signal);
  }

  presign(): Promise<null> {
    return this.#store.presign();
  }

  checkWritable(): Promise<void> {
    return this.#store.checkWritable();
  }
}

class TwoServers implements AsyncDisposable {
  readonly dir: TempDir;
  readonly catalog: TypeormCatalog;
  readonly store: FilesystemArtifactStore;
  readonly #feed = new InProcessStatusFeed(() => undefined);
  readonly #secretBox = new SecretBox(randomBytes(32));
  readonly #connector: InstanceConnector;
  readonly #clock = (): Date => new Date();

  private constructor(dir: TempDir, catalog: TypeormCatalog) {
    this.dir = dir;
    this.catalog = catalog;
    this.store = new FilesystemArtifactStore(dir.join('store'));
    const engines = new EngineRegistry([new SqliteEngine(null)]);
    this.#connector = new InstanceConnector({ catalog, engines, secretBox: this.#secretBox });
  }

  static async create(): Promise<TwoServers> {
    const dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    return new TwoServers(dir, await TypeormCatalog.open({ kind: 'sqlite', path: dir.join('catalog.sqlite') }));
  }

  /** The parts of one server that run and recover backups. */
  server(
    serverId: string,
    store: ArtifactStore,
  ): { runBackup: RunBackup; runner: BackupRunner; recover: RecoverBackups } {
    const logger = pino({ level: 'silent' });
    const shared = { catalog: this.catalog, store, feed: this.#feed, clock: this.#clock, logger, serverId };
    const audit = new AuditTrail(shared);
    const conclude = new ConcludeBackup({ ...shared, audit, onLeftover: () => undefined, onEnded: () => undefined });
    const pipeline = new ArtifactPipeline({ store, codec: new ArtifactCodec(new CodecPool(), AgeKeys.none()) });
    const copier = new CopyDatabase({ pipeline, scratchRoot: this.dir.path });
    const connector = this.#connector;
    const runBackup = new RunBackup({
      ...shared,
      conclude,
      connector,
      copier,
      maxConcurrentDumps: 2,
      stallTimeoutMs: 60_000,
    });
    const runner = new BackupRunner({ ...shared, runBackup, maxConcurrent: 1, onLeft: () => undefined });
    return { runBackup, runner, recover: new RecoverBackups({ ...shared, runner, conclude }) };
  }

  /** Records a backup with that server's lease; nobody has begun it. */
  async recordBackup(runner: BackupRunner): Promise<Backup> {
    const { catalog } = this;
    const url = `sqlite:${this.dir.join('shop.db')}`;
    const instance = sampleInstance();
    const backup = sampleBackup({ instanceId: instance.id });
    await catalog.transaction(async ({ instances, backups }) => {
      await instances.insert(instance, { sealedUrl: this.#secretBox.seal(url, instance.id), checkDueAt: NOON });
      await instances.changeStatus(claimOf(instance.id, { backupId: backup.id }));
      await backups.insert(backup, runner.newLease());
    });
    return backup;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.catalog[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

test('a server that wakes up to fail its backup touches nothing of what another has completed', async () => {
  await using servers = await TwoServers.create();
  const second = servers.server('second', servers.store);
  const stop = new AbortController();
  const asleep = new InterruptedStore(servers.store, {
    afterManifest: async () => {
      await second.recover.recover(() => true);
      stop.abort(new BackupFailedError(BackupFailureCode.STALLED, 'Nothing has moved.'));
      throw stop.signal.reason;
    },
  });
  const first = servers.server('first', asleep);
  const backup = await servers.recordBackup(first.runner);

  await first.runBackup.run(backup, stop);

  expect((await servers.catalog.backups.find(backup.id))?.status).toBe(BackupStatus.COMPLETED);
  await verifyByHand(servers.store.location, backup.id, servers.dir.path);
});

test('a server that wakes up while another completes its backup leaves that to it', async () => {
  await using servers = await TwoServers.create();
  const isFirstDone = new Gate();
  const hasSecondLooked = new Gate();
  const looking = new InterruptedStore(servers.store, {
    beforeSize: async () => {
      hasSecondLooked.open();
      await isFirstDone.opened;
    },
  });
  const second = servers.server('second', looking);
  let recovering: Promise<void> = Promise.resolve();
  const asleep = new InterruptedStore(servers.store, {
    afterManifest: async () => {
      recovering = second.recover.recover(() => true);
      await hasSecondLooked.opened;
    },
  });
  const first = servers.server('first', asleep);
  const backup = await servers.recordBackup(first.runner);

  const running = first.runBackup.run(backup, new AbortController());
  await hasSecondLooked.opened;
  // The first one now finds that it has lost the backup; the second has seen its manifest, and has yet to complete it.
  isFirstDone.open();
  await Promise.all([running, recovering]);

  expect((await servers.catalog.backups.find(backup.id))?.status).toBe(BackupStatus.COMPLETED);
  await verifyByHand(servers.store.location, backup.id, servers.dir.path);
});

test('a server that wakes up after another has failed its backup leaves no manifest behind', async () => {
  await using servers = await TwoServers.create();
  const second = servers.server('second', servers.store);
  const asleep = new InterruptedStore(servers.store, {
    afterManifest: async () => {
      await servers.store.remove({ project: 'default', backupId: backup.id });
      await second.recover.recover(() => true);
    },
  });
  const first = servers.server('first', asleep);
  const backup = await servers.recordBackup(first.runner);

  await first.runBackup.run(backup, new AbortController());

  expect((await servers.catalog.backups.find(backup.id))?.failure?.code).toBe(BackupFailureCode.INTERRUPTED);
  expect(await listFiles(servers.store.location)).toEqual([]);
});
