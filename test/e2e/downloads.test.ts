import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ArtifactFile, ByteRange } from '../../src/artifacts/artifact-store.js';
import { FilesystemArtifactStore } from '../../src/artifacts/filesystem-artifact-store.js';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import type { Backup } from '../../src/domain/backup.js';
import { localOperator } from '../../src/domain/caller.js';
import { routeDownloads } from '../../src/http/download.js';
import { AuditTrail } from '../../src/services/audit-trail.js';
import { DownloadLinks } from '../../src/services/download-links.js';
import type { DownloadLink } from '../../src/services/download-links.js';
import { DownloadSigner } from '../../src/services/download-signer.js';
import { insertBackup, insertInstance } from '../contract/catalog-subject.js';
import { Gate } from '../support/gate.js';
import { sampleArtifact, sampleBackup } from '../support/samples.js';
import { TempDir } from '../support/temp-dir.js';

const NAME = 'it%27s%20a%2Fshop.sqlite.zst';
const EXPIRY_MS = 60_000;

/** Tells what becomes of the streams that it has opened. */
class WatchedStore extends FilesystemArtifactStore {
  readonly opened: Readable[] = [];
  readonly firstOpened = new Gate<Readable>();

  override async open(file: ArtifactFile, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const stream = await super.open(file, signal, range);
    this.opened.push(stream);
    this.firstOpened.open(stream);
    return stream;
  }
}

/** The route on a port of its own, over a real catalog and store with one backup. */
class Downloads implements AsyncDisposable {
  readonly dir: TempDir;
  readonly catalog: TypeormCatalog;
  readonly store: WatchedStore;
  readonly links: DownloadLinks;
  now = new Date();
  #url = '';
  readonly #fastify: FastifyInstance = fastify();

  private constructor(dir: TempDir, catalog: TypeormCatalog, secretKey: Buffer) {
    this.dir = dir;
    this.catalog = catalog;
    this.store = new WatchedStore(dir.join('store'));
    this.links = new DownloadLinks({
      catalog,
      store: this.store,
      downloadSigner: new DownloadSigner(secretKey),
      audit: new AuditTrail({ catalog, clock: () => this.now, logger: pino({ level: 'silent' }) }),
      clock: () => this.now,
      expiryMs: EXPIRY_MS,
      baseUrl: () => this.#url,
    });
  }

  static async start(secretKey = randomBytes(32)): Promise<Downloads> {
    const dir = await TempDir.create();
    const catalog = await TypeormCatalog.open({ kind: 'sqlite', path: dir.join('catalog.sqlite') });
    const downloads = new Downloads(dir, catalog, secretKey);
    routeDownloads(downloads.#fastify, downloads.links);
    downloads.#url = await downloads.#fastify.listen({ host: '127.0.0.1', port: 0 });
    return downloads;
  }

  /** A COMPLETED backup with one file of that content. */
  async add(content: Buffer): Promise<Backup> {
    const instance = await insertInstance(this.catalog);
    const backup = await insertBackup(this.catalog, sampleBackup({ instanceId: instance.id }));
    const file = { project: backup.project, backupId: backup.id, name: NAME };
    const storedBytes = await this.store.put(file, Readable.from([content]), new AbortController().signal);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const artifact = sampleArtifact({ path: NAME, storedBytes, sha256 });
    await this.catalog.transaction(async ({ backups }) => {
      await backups.setDatabases(backup.id, [{ name: artifact.database, system: artifact.system }]);
      await backups.complete(backup.id, 'server-a', { artifacts: [artifact], completedAt: this.now });
    });
    const completed = await this.catalog.backups.find(backup.id);
    if (completed === null) throw new Error('the backup is gone');
    return completed;
  }

  /** As `Backup.files` gives them. */
  async list(backup: Backup): Promise<readonly DownloadLink[]> {
    const [databases = []] = await this.catalog.backups.findDatabases([backup.id]);
    return this.links.list(localOperator('request-1'), backup, databases);
  }

  async link(content: Buffer): Promise<DownloadLink> {
    const [link] = await this.list(await this.add(content));
    if (link === undefined) throw new Error('the backup has no file');
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fastify.server.closeAllConnections();
    await this.#fastify.close();
    await this.catalog[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

test('gives a file whole, under its name, with its hash as its version', async () => {
  await using downloads = await Downloads.start();
  const content = randomBytes(3_000_000);
  const link = await downloads.link(content);
  expect(link).toMatchObject({ database: 'shop.db', system: false, sizeBytes: content.length });
  expect(link.expiresAt.getTime()).toBe(downloads.now.getTime() + EXPIRY_MS);

  const response = await fetch(link.url);

  expect(response.status).toBe(200);
  expect((await bytesOf(response)).equals(content)).toBe(true);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'accept-ranges': 'bytes',
    'content-length': content.length.toString(),
    'content-disposition': expect.stringContaining(`filename="${NAME}"`),
    etag: `"${createHash('sha256').update(content).digest('hex')}"`,
  });
});

test('tells with HEAD what GET would give, and opens nothing', async () => {
  await using downloads = await Downloads.start();
  const link = await downloads.link(randomBytes(1000));
  const response = await fetch(link.url, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-length')).toBe('1000');
  expect(downloads.store.opened).toEqual([]);
});

test('goes on where a download broke off, as long as the file is the same', async () => {
  await using downloads = await Downloads.start();
  const content = randomBytes(500_000);
  const link = await downloads.link(content);
  const first = await fetch(link.url, { headers: { range: 'bytes=0-199999' } });
  const etag = first.headers.get('etag') ?? '';
  expect(first.status).toBe(206);
  expect(first.headers.get('content-range')).toBe('bytes 0-199999/500000');

  const rest = await fetch(link.url, { headers: { range: 'bytes=200000-', 'if-range': etag } });
  expect(rest.status).toBe(206);
  expect(Buffer.concat([await bytesOf(first), await bytesOf(rest)]).equals(content)).toBe(true);

  const another = await fetch(link.url, { headers: { range: 'bytes=200000-', 'if-range': '"another"' } });
  expect(another.status).toBe(200);
  expect((await bytesOf(another)).equals(content)).toBe(true);
});

test('refuses a range beyond the end, and says how large the file is', async () => {
  await using downloads = await Downloads.start();
  const link = await downloads.link(randomBytes(1000));
  const response = await fetch(link.url, { headers: { range: 'bytes=1000-' } });
  expect(response.status).toBe(416);
  expect(response.headers.get('content-range')).toBe('bytes */1000');
});

test('refuses every link that is not its own, good and there, with one and the same answer', async () => {
  await using downloads = await Downloads.start();
  await using other = await Downloads.start();
  const backup = await downloads.add(randomBytes(1000));
  const [link] = await downloads.list(backup);
  const url = link?.url ?? '';
  const foreign = await other.link(randomBytes(1000));
  const { pathname, search } = new URL(foreign.url);
  const tampered = [
    url.replace(/signature=./, (text) => (text.endsWith('A') ? 'signature=B' : 'signature=A')),
    url.replace(/expires=\d+/, `expires=${(downloads.now.getTime() + 10 * EXPIRY_MS).toString()}`),
    url.replace(encodeURIComponent(NAME), 'manifest.json'),
    url.replace(backup.id, 'another'),
    url.replace(/\?.*/, ''),
    url.replace(/signature=.*/, 'signature='),
    url.replace(encodeURIComponent(NAME), `..%2F..%2F${encodeURIComponent(NAME)}`),
    `${new URL(url).origin}${pathname}${search}`,
    `${new URL(url).origin}/downloads/`,
  ];
  const answers = new Set<string>();
  for (const bad of tampered) {
    const response = await fetch(bad);
    expect(response.status).toBe(403);
    answers.add(await response.text());
  }
  downloads.now = new Date(downloads.now.getTime() + EXPIRY_MS);
  const expired = await fetch(url);
  downloads.now = new Date(downloads.now.getTime() - 1);
  expect((await fetch(url)).status).toBe(200);
  await downloads.store.remove({ project: backup.project, backupId: backup.id });
  const gone = await fetch(url);
  for (const response of [expired, gone]) {
    expect(response.status).toBe(403);
    answers.add(await response.text());
  }
  expect([...answers]).toEqual([expect.stringContaining('FORBIDDEN')]);
});

test('has no links to a backup that is not COMPLETED', async () => {
  await using downloads = await Downloads.start();
  const instance = await insertInstance(downloads.catalog);
  const backup = await insertBackup(downloads.catalog, sampleBackup({ instanceId: instance.id }));
  expect(await downloads.list(backup)).toEqual([]);
});

test('reads no further than a client takes, and lets go of the file when the client goes away', async () => {
  await using downloads = await Downloads.start();
  const link = await downloads.link(randomBytes(40_000_000));
  const { hostname, port, pathname, search } = new URL(link.url);
  const client = connect(Number(port), hostname);
  client.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  const stream = await downloads.store.firstOpened.opened;
  let takenBytes = 0;
  await new Promise<void>((resolve) => {
    client.on('data', (chunk) => {
      takenBytes += chunk.length;
      if (takenBytes < 1_000_000) return;
      client.pause();
      resolve();
    });
  });
  expect(stream.destroyed).toBe(false);
  const closed = new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
  stream.on('error', () => undefined);

  client.destroy();
  await closed;

  expect((stream as Readable & { bytesRead: number }).bytesRead).toBeLessThan(20_000_000);
});
