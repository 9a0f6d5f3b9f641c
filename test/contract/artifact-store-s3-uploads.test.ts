import { describe, expect, test } from 'vitest';
import { setS3Credentials } from '../support/s3-credentials.js';
import { FILE } from './artifact-store-subject.js';
import { faults, KEY, S3Subject } from './s3-subject.js';

const GONE = { status: 404, code: 'NoSuchUpload', message: 'The upload does not exist' };

setS3Credentials();

describe('a bucket with uploads that a crash has left', () => {
  test.each([1, 2, 1000])(
    'is done with uploads that it goes on listing though they are gone: %s on a page',
    async (pageSize) => {
      await using subject = await S3Subject.create();
      const { server, store } = subject;
      server.pageSize = pageSize;
      const ids = ['gone-1', 'gone-2', 'gone-3'];
      for (const id of ids) server.uploads.set(id, { key: KEY, metadata: {}, parts: new Map() });
      server.uploads.set('left', { key: `${KEY}.2`, metadata: {}, parts: new Map() });
      server.onRequest = faults(({ query }) => ids.includes(query.get('uploadId') ?? ''), GONE);

      await store.remove(FILE);

      expect([...server.uploads.keys()]).toEqual(ids);
      const tried = server.log.flatMap((line) => /^DELETE .*uploadId=([^&]*)/.exec(line)?.[1] ?? []);
      expect(tried).toEqual([...ids, 'left']);
    },
  );

  test('is done with uploads where every page of them is the first one', async () => {
    await using subject = await S3Subject.create();
    const { server, store } = subject;
    server.ignoresMarkers = true;
    server.pageSize = 1;
    server.uploads.set('gone', { key: KEY, metadata: {}, parts: new Map() });
    server.uploads.set('never-shown', { key: `${KEY}.2`, metadata: {}, parts: new Map() });
    server.onRequest = faults(({ query }) => query.has('uploadId'), GONE);
    await store.remove(FILE);
    expect(server.log.filter((line) => line.includes('uploads'))).toHaveLength(2);
  });
});
