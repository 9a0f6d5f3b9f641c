import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test, vi } from 'vitest';
import { ArtifactStoreError } from '../../src/artifacts/artifact-store.js';
import { S3ArtifactStore } from '../../src/artifacts/s3-artifact-store.js';
import { Gate } from '../support/gate.js';
import { setS3Credentials } from '../support/s3-credentials.js';
import { S3Server } from '../support/s3-server.js';
import type { S3Fault, S3Request } from '../support/s3-server.js';
import { artifactStoreContract } from './artifact-store.contract.js';
import { chunksOf, FILE, never, read } from './artifact-store-subject.js';
import type { StoreSubject } from './artifact-store-subject.js';
import { faults, KEY, S3Subject } from './s3-subject.js';

const MIB = 1024 * 1024;

setS3Credentials();

/** A store on a server in a process of its own. */
async function createRemote(): Promise<StoreSubject> {
  const main = new URL('../support/s3-server-main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, ['--import', 'tsx', main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const store = new S3ArtifactStore({ bucket: 'backups', prefix: '', endpoint: line, region: 'us-east-1' });
  return {
    store,
    listFiles: () => Promise.resolve([]),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function storeErrorOf(work: Promise<unknown>): Promise<ArtifactStoreError> {
  const error: unknown = await work.then(
    () => null,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(ArtifactStoreError);
  return error as ArtifactStoreError;
}

const isPart = ({ query }: S3Request): boolean => query.has('partNumber');
const isCompletion = ({ method, query }: S3Request): boolean => method === 'POST' && query.has('uploadId');
const isAnything = (): boolean => true;

describe('a bucket as a store', () => {
  artifactStoreContract(() => S3Subject.create(), createRemote);

  test('keeps a file as <prefix>/<project>/<backup>/<name>, a small one in one request', async () => {
    await using subject = await S3Subject.create();
    await subject.store.put(FILE, chunksOf(Buffer.from('content')), never());
    expect([...subject.server.objects.keys()]).toEqual([KEY]);
    expect(subject.server.log.map((line) => line.split(' ')[0])).toEqual(['PUT', 'HEAD']);
    expect(subject.store.location).toBe('s3://backups/site/a');
  });

  test('sends a large file in parts, of which the last may be small', async () => {
    await using subject = await S3Subject.create();
    const content = randomBytes(33 * MIB + 5);
    await subject.store.put(FILE, chunksOf(content.subarray(0, 20 * MIB), content.subarray(20 * MIB)), never());
    expect((await read(subject.store)).equals(content)).toBe(true);
    expect(subject.server.log.filter((line) => line.includes('partNumber'))).toHaveLength(3);
    expect(subject.server.uploads.size).toBe(0);
  });

  test('keeps no empty part of a file that fills its parts exactly', async () => {
    await using subject = await S3Subject.create();
    expect(await subject.store.put(FILE, chunksOf(randomBytes(16 * MIB)), never())).toBe(16 * MIB);
    expect(await subject.store.put(FILE, chunksOf(randomBytes(32 * MIB)), never())).toBe(32 * MIB);
  });

  test('removes a backup by pages, its manifest first, and the parts that a crash has left', async () => {
    await using subject = await S3Subject.create();
    const { server, store } = subject;
    server.pageSize = 10;
    for (const name of ['manifest.json', ...Array.from({ length: 35 }, (_value, index) => `db-${index}`)]) {
      await store.put({ ...FILE, name }, chunksOf(Buffer.from('x')), never());
    }
    await store.put({ ...FILE, backupId: 'b-10' }, chunksOf(Buffer.from('x')), never());
    for (const id of ['left-1', 'left-2']) server.uploads.set(id, { key: KEY, metadata: {}, parts: new Map() });
    server.uploads.set('other', { key: KEY.replace('b-1', 'b-10'), metadata: {}, parts: new Map() });
    server.log.length = 0;

    await store.remove(FILE);

    expect(server.log[0]).toMatch(/^DELETE .*\/b-1\/manifest\.json/);
    expect([...server.objects.keys()]).toEqual([KEY.replace('b-1', 'b-10')]);
    expect([...server.uploads.keys()]).toEqual(['other']);
  });

  test('lists backups of a store of many pages', async () => {
    await using subject = await S3Subject.create();
    subject.server.pageSize = 3;
    for (let index = 0; index < 10; index += 1) {
      const file = { ...FILE, backupId: `b-${index}`, name: 'manifest.json' };
      await subject.store.put(file, chunksOf(Buffer.from('x')), never());
    }
    let count = 0;
    for await (const _folder of subject.store.list(never())) count += 1;
    expect(count).toBe(10);
  });
});

describe('a bucket that fails', () => {
  test('is asked again when a part is cut off once, or answered with 503', async () => {
    await using subject = await S3Subject.create();
    const content = randomBytes(20 * MIB);
    for (const fault of ['cut', { status: 503, code: 'SlowDown' }] as const) {
      subject.server.onRequest = faults(isPart, fault, 1);
      await subject.store.put(FILE, chunksOf(content), never());
      expect((await read(subject.store)).equals(content)).toBe(true);
    }
  });

  test.each<[string, S3Fault]>([
    ['cut off again and again', 'cut'],
    ['unavailable', { status: 503, code: 'SlowDown' }],
    ['refused', { status: 403, code: 'AccessDenied', message: 'Access Denied' }],
  ])('leaves nothing behind when its parts are %s', async (_case, fault) => {
    await using subject = await S3Subject.create();
    subject.server.onRequest = faults(isPart, fault);
    const error = await storeErrorOf(subject.store.put(FILE, chunksOf(randomBytes(40 * MIB)), never()));
    expect(error.isFull).toBe(false);
    expect(await subject.listFiles()).toEqual([]);
  });

  test('has the file when only the answer to its completion was lost', async () => {
    await using subject = await S3Subject.create();
    const content = randomBytes(20 * MIB);
    subject.server.onRequest = faults(isCompletion, 'lost-answer', 1);
    expect(await subject.store.put(FILE, chunksOf(content), never())).toBe(content.length);
    expect((await read(subject.store)).equals(content)).toBe(true);
  });

  test('keeps the file that was to be replaced when the completion is refused', async () => {
    await using subject = await S3Subject.create();
    await subject.store.put(FILE, chunksOf(Buffer.from('old')), never());
    subject.server.onRequest = faults(isCompletion, { status: 400, code: 'InvalidPart' });
    await storeErrorOf(subject.store.put(FILE, chunksOf(randomBytes(20 * MIB)), never()));
    expect((await read(subject.store)).toString()).toBe('old');
    expect(await subject.listFiles()).toHaveLength(1);
  });

  test('that shows fewer bytes than were sent has not taken the file', async () => {
    await using subject = await S3Subject.create();
    const { server } = subject;
    server.onRequest = ({ method, key }) => {
      const object = server.objects.get(key);
      if (method === 'HEAD' && object) server.objects.set(key, { ...object, bytes: object.bytes.subarray(1) });
      return null;
    };
    const error = await storeErrorOf(subject.store.put(FILE, chunksOf(Buffer.from('content')), never()));
    expect(error.message).toContain('of 7 bytes sent the bucket shows 6 bytes');
    expect(await subject.listFiles()).toEqual([]);
  });

  test.each([
    { status: 507, code: 'InsufficientStorage' },
    { status: 403, code: 'QuotaExceeded' },
    { status: 507, code: 'XMinioStorageFull' },
  ])('is full when it says $code', async (fault) => {
    await using subject = await S3Subject.create();
    subject.server.onRequest = faults(({ method }) => method === 'PUT', fault);
    const error = await storeErrorOf(subject.store.put(FILE, chunksOf(Buffer.from('x')), never()));
    expect(error.isFull).toBe(true);
  });

  test('stops at once when it is silent and the signal is aborted', async () => {
    await using subject = await S3Subject.create();
    const { server, store } = subject;
    for (const [matches, content] of [
      [isPart, randomBytes(40 * MIB)],
      [({ method }: S3Request) => method === 'PUT', Buffer.from('small')],
    ] as const) {
      const asked = new Gate();
      server.onRequest = (request) => {
        if (!matches(request)) return null;
        asked.open();
        return 'hang';
      };
      const aborting = new AbortController();
      const reason = new Error('cancelled');
      const putting = store.put(FILE, chunksOf(content), aborting.signal);
      await asked.opened;
      aborting.abort(reason);
      await expect(putting).rejects.toBe(reason);
      expect(await subject.listFiles()).toEqual([]);
    }
  });

  test('breaks reading off with an error of the store when the connection is cut', async () => {
    await using subject = await S3Subject.create();
    await subject.store.put(FILE, chunksOf(randomBytes(12 * MIB)), never());
    const stream = await subject.store.open(FILE, never());
    const reading = (async (): Promise<void> => {
      for await (const _chunk of stream) subject.server.cutAll();
    })();
    await storeErrorOf(reading);
  });

  test('that is not there, or refuses, or does not answer, is unavailable for every call, and says why', async () => {
    const port = await closedPort();
    const missing = await S3Subject.create('nowhere');
    const refusing = await S3Subject.create();
    refusing.server.onRequest = faults(isAnything, { status: 403, code: 'AccessDenied', message: 'Access Denied' });
    const location = { bucket: 'backups', prefix: '', endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1' };
    await using absent = new S3ArtifactStore(location);
    for (const [store, word] of [
      [missing.store, /NoSuchBucket|no such bucket/],
      [refusing.store, /AccessDenied|UnknownError|403/],
      [absent, /ECONNREFUSED/],
    ] as const) {
      const list = async (): Promise<void> => {
        for await (const _folder of store.list(never())) expect.fail('there is one');
      };
      const calls: readonly (() => Promise<unknown>)[] = [
        () => store.checkWritable(),
        () => store.open(FILE, never()),
        () => store.put(FILE, chunksOf(Buffer.from('x')), never()),
        () => store.remove(FILE),
        list,
      ];
      for (const call of calls) {
        const { message, isFull, cause } = await storeErrorOf(call());
        expect(message).toMatch(word);
        expect(isFull).toBe(false);
        expect(cause).toBeUndefined();
        expect(message).not.toMatch(/hunter2|AKIA/);
      }
    }
    await missing[Symbol.asyncDispose]();
    await refusing[Symbol.asyncDispose]();
  });

  test('refuses credentials that are not its own', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    try {
      await using subject = await S3Subject.create();
      const error = await storeErrorOf(subject.store.put(FILE, chunksOf(Buffer.from('x')), never()));
      expect(error.message).toContain('SignatureDoesNotMatch');
    } finally {
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3Server.secretAccessKey);
    }
  });
});

async function closedPort(): Promise<string> {
  const server = await S3Server.start();
  const { port } = new URL(server.endpoint);
  await server[Symbol.asyncDispose]();
  return port;
}
