import { mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeManifest } from '../../src/artifacts/manifest.js';
import type { Manifest } from '../../src/artifacts/manifest.js';
import { deleteInstance, deleteOne, restore, verify, waitUntilGone } from '../support/backup-use.js';
import { runRecover } from '../support/recover-process.js';
import type { RecoverExit } from '../support/recover-process.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { listBackupFolders, readManifest } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

const BACKUPS = `{ backups(first: 100, orderBy: { field: NAME, direction: ASC }) { nodes {
  id name description type status project region engine engineVersion instanceName sizeBytes storedBytes startedAt
  completedAt progress { phase percent } failure { code }
  databases { name system sha256 originalBytes storedBytes } instance { id }
} } }`;

type BackupNode = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly name: string;
  readonly instance: unknown;
};

async function listBackups(app: TestApp): Promise<readonly BackupNode[]> {
  const { data, errors } = await app.graphql(BACKUPS);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.backups.nodes as BackupNode[];
}

/** A store with backups in it, and a data directory whose catalog is lost. */
class Lab implements AsyncDisposable {
  readonly dir: TempDir;
  readonly env: Readonly<Record<string, string>>;
  /** What the lost catalog told of the backups, by their names. */
  before: readonly BackupNode[] = [];

  private constructor(dir: TempDir) {
    this.dir = dir;
    this.env = { ARTIFACT_STORE: this.store };
  }

  /** Takes a backup of each name, and loses the catalog. */
  static async create(names: readonly string[]): Promise<Lab> {
    const lab = new Lab(await TempDir.create());
    await using app = await lab.serve();
    await mkdir(lab.dir.join('source'));
    await createSampleDatabase(lab.dir.join('source', 'shop.db'));
    await createSampleDatabase(lab.dir.join('source', 'other.db'), { sizeBytes: 5000 });
    const instance = await app.register('shop', `sqlite:${lab.dir.join('source')}`, { region: 'north' });
    for (const name of names) {
      const { status } = await app.takeBackup(instance, name, { description: `taken as ${name}` });
      expect(status).toBe('COMPLETED');
    }
    lab.before = await listBackups(app);
    return lab;
  }

  get store(): string {
    return this.dir.join('store');
  }

  /** The server, on what is in the data directory. */
  async serve(): Promise<TestApp> {
    return TestApp.start({ dir: this.dir, env: this.env });
  }

  async loseCatalog(): Promise<void> {
    await rm(this.dir.join('data'), { recursive: true, force: true });
  }

  async recover(store = this.store): Promise<RecoverExit> {
    return runRecover({ dataDir: this.dir.join('data'), args: ['--from', store] });
  }

  folderOf(name: string): string {
    return join(this.store, 'default', this.idOf(name));
  }

  idOf(name: string): string {
    return this.before.find((backup) => backup.name === name)?.id ?? '';
  }

  /** Writes a manifest that is whole, and says something else. */
  async rewriteManifest(name: string, change: (manifest: Manifest) => unknown): Promise<void> {
    const { manifestSha256: _own, ...manifest } = (await readManifest(this.store, this.idOf(name))) as Manifest & {
      manifestSha256: string;
    };
    await writeFile(join(this.folderOf(name), 'manifest.json'), encodeManifest(change(manifest) as Manifest));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

describe('a catalog that was lost', () => {
  test('gets every backup of its store back, as it was, but for the instance', async () => {
    await using lab = await Lab.create(['first', 'second']);
    await lab.loseCatalog();

    const { code, stdout, stderr } = await lab.recover();

    const line = (name: string): string => `  added     default/${lab.idOf(name)}  ${name}`;
    const [title, ...lines] = stdout.split('\n');
    expect({ code, stderr, title }).toEqual({ code: 0, stderr: '', title: `Reading the manifests of ${lab.store}` });
    expect(lines.slice(0, 2).sort()).toEqual([line('first'), line('second')].sort());
    expect(lines.slice(2)).toEqual([
      'Backups: 2 added, 0 known already, 0 unusable.',
      `Start the server with ARTIFACT_STORE=${lab.store}. Their instances are listed as deleted ones: register them anew, and restore to them.`,
      '',
    ]);
    await using app = await lab.serve();
    expect(await listBackups(app)).toEqual(lab.before.map((backup) => ({ ...backup, instance: null })));
  });

  test('gets backups back that can be verified, restored to an instance registered anew, and deleted', async () => {
    await using lab = await Lab.create(['first']);
    await lab.loseCatalog();
    await rename(lab.dir.join('source', 'shop.db'), lab.dir.join('before.db'));
    await lab.recover();
    await using app = await lab.serve();
    const backupId = lab.idOf('first');

    expect(await verify(app, backupId, 'RESTORE')).toMatchObject({ status: 'PASSED' });
    const targetInstanceId = await app.register('anew', `sqlite:${lab.dir.join('source')}`);
    const databases = [{ name: 'shop.db' }];
    expect(await restore(app, { backupId, targetInstanceId, databases })).toMatchObject({ status: 'COMPLETED' });
    await using restored = await SqliteFile.open(lab.dir.join('source', 'shop.db'));
    await using original = await SqliteFile.open(lab.dir.join('before.db'));
    expect(await restored.all('SELECT * FROM items')).toEqual(await original.all('SELECT * FROM items'));

    expect(await deleteOne(app, backupId)).toBe('ACCEPTED');
    await waitUntilGone(app, backupId);
    expect(await listBackupFolders(lab.store)).toEqual([]);
  });

  test('is left as it is where it has what the store has, and may be recovered again', async () => {
    await using lab = await Lab.create(['first', 'second']);
    expect(await lab.recover()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('\nBackups: 0 added, 2 known'),
    });
    {
      await using app = await lab.serve();
      expect(await listBackups(app)).toEqual(lab.before);
    }
    await lab.loseCatalog();
    await rename(lab.folderOf('second'), lab.dir.join('away'));
    await lab.recover();
    await rename(lab.dir.join('away'), lab.folderOf('second'));
    expect((await lab.recover()).stdout).toContain('\nBackups: 1 added, 1 known already, 0 unusable.');
    expect((await lab.recover()).stdout).toContain('\nBackups: 0 added, 2 known already, 0 unusable.');
    await using app = await lab.serve();
    expect((await listBackups(app)).map(({ name }) => name)).toEqual(['first', 'second']);
  });

  test('does not get a backup back that was being deleted, or is taken by another of its name', async () => {
    await using lab = await Lab.create(['first', 'second']);
    await lab.loseCatalog();
    await rm(join(lab.folderOf('second'), 'manifest.json'));
    {
      await using app = await lab.serve();
      const instance = await app.register('anew', `sqlite:${lab.dir.join('source')}`);
      await app.takeBackup(instance, 'first');
      await deleteInstance(app, instance);
    }
    const { code, stdout } = await lab.recover();
    expect(code).toBe(1);
    expect(stdout).toContain(
      `  UNUSABLE  default/${lab.idOf('first')}  project default has another backup named first\nBackups: 0 added, 1 known already, 1 unusable.`,
    );
    expect(stdout).not.toContain(lab.idOf('second'));
  });
});

const CHANGES: readonly { what: string; change: (lab: Lab, name: string) => Promise<unknown>; reason: RegExp }[] = [
  {
    what: 'damaged manifest',
    change: async (lab, name) => {
      const path = join(lab.folderOf(name), 'manifest.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('taken as', 'token as'));
    },
    reason: /its manifest is damaged: its text is not what its own hash was taken of/,
  },
  {
    what: 'manifest cut short',
    change: (lab, name) => truncate(join(lab.folderOf(name), 'manifest.json'), 300),
    reason: /its manifest is none of this server/,
  },
  {
    what: 'foreign manifest',
    change: (lab, name) => writeFile(join(lab.folderOf(name), 'manifest.json'), '{"name": "an app", "icons": []}'),
    reason: /its manifest is none of this server/,
  },
  {
    what: 'manifest of another backup',
    change: (lab, name) => rename(lab.folderOf(name), join(lab.store, 'default', 'copied-by-hand')),
    reason: /its manifest is that of another backup, [0-9a-f-]{36}/,
  },
  {
    what: 'manifest of another project',
    change: async (lab, name) => {
      await mkdir(join(lab.store, 'other'));
      await rename(lab.folderOf(name), join(lab.store, 'other', lab.idOf(name)));
    },
    reason: /its manifest says what no backup here can be/,
  },
  {
    what: 'newer manifest',
    change: (lab, name) => lab.rewriteManifest(name, (manifest) => ({ ...manifest, formatVersion: 2 })),
    reason: /its manifest is of format version 2, which takes a newer version of this server/,
  },
  {
    what: 'manifest that leads out of its folder',
    change: (lab, name) =>
      lab.rewriteManifest(name, ({ artifacts, ...manifest }) => ({
        ...manifest,
        artifacts: artifacts.map((artifact) => ({ ...artifact, path: '../../secret' })),
      })),
    reason: /its manifest says what no backup here can be/,
  },
  {
    what: 'manifest with fields of other types',
    change: (lab, name) => lab.rewriteManifest(name, (manifest) => ({ ...manifest, artifacts: [null] })),
    reason: /its manifest says what no backup here can be/,
  },
  {
    what: 'manifest that cannot be read',
    change: async (lab, name) => {
      const path = join(lab.folderOf(name), 'manifest.json');
      await rm(path);
      await symlink('manifest.json', path);
    },
    reason: /it cannot be read: ELOOP: .+/,
  },
  {
    what: 'missing file',
    change: (lab, name) => rm(join(lab.folderOf(name), 'shop.db.sqlite.zst')),
    reason: /its file shop\.db\.sqlite\.zst is gone/,
  },
  {
    what: 'short file',
    change: (lab, name) => truncate(join(lab.folderOf(name), 'shop.db.sqlite.zst'), 7),
    reason: /its file shop\.db\.sqlite\.zst has 7 bytes and had \d+/,
  },
];

describe('recovering from a store', () => {
  test('tells of every backup that cannot be used, and gets the others back', async () => {
    const names = CHANGES.map((_change, index) => `broken-${index.toString()}`);
    await using lab = await Lab.create(['sound', ...names]);
    await lab.loseCatalog();
    await mkdir(join(lab.store, 'lost+found', 'x'), { recursive: true });
    await writeFile(join(lab.store, 'default', 'notes.txt'), 'not a backup');
    for (const [index, { change }] of CHANGES.entries()) await change(lab, names[index] ?? '');

    const { code, stdout, stderr } = await lab.recover();

    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    for (const { reason } of CHANGES) expect(stdout).toMatch(new RegExp(`UNUSABLE  \\S+  (${reason.source})\\n`));
    expect(stdout).toContain(`\nBackups: 1 added, 0 known already, ${CHANGES.length.toString()} unusable.\n`);
    await using app = await lab.serve();
    expect((await listBackups(app)).map(({ name }) => name)).toEqual(['sound']);
  });

  test('does nothing while a server has the data directory, and says which', async () => {
    await using lab = await Lab.create(['first']);
    await using _app = await lab.serve();
    const { code, stdout, stderr } = await lab.recover();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^The data directory \\S+/data is in use by process ${process.pid.toString()} on \\S+ \\(since \\S+\\)\\.`,
      ),
    );
  });

  test('fails where there is no backup: the path may be a wrong one', async () => {
    await using dir = await TempDir.create();
    const { code, stderr } = await runRecover({ dataDir: dir.join('data'), args: ['--from', dir.join('mistyped')] });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'No backup was found there. Is it the store itself, the folder that holds those of the projects?\n',
    );
  });

  test('asks for its argument', async () => {
    await using dir = await TempDir.create();
    const { code, stdout, stderr } = await runRecover({ dataDir: dir.join('data'), args: [] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('The arguments must be --from and the store, a folder or s3://bucket/prefix.');
  });
});
