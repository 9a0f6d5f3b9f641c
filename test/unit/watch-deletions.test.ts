import { expect, test } from 'vitest';
import { localOperator } from '../../src/domain/caller.js';
import { RecordKind } from '../../src/domain/deleted-record.js';
import type { DeletedRecord } from '../../src/domain/deleted-record.js';
import { InProcessStatusFeed } from '../../src/events/in-process-status-feed.js';
import { WatchDeletions } from '../../src/services/watch-deletions.js';
import { take } from '../support/api-client.js';

const CALLER = localOperator('request-1');

class Lab {
  readonly feed = new InProcessStatusFeed((error) => {
    throw error;
  });
  readonly watchDeletions = new WatchDeletions({ feed: this.feed, capacity: 3 });
  overflows = 0;

  watch(): AsyncIterableIterator<DeletedRecord> {
    return this.watchDeletions.watch(CALLER, {
      onOverflow: () => {
        this.overflows += 1;
      },
    });
  }

  delete(...ids: readonly string[]): readonly DeletedRecord[] {
    const records = ids.map((id) => ({ kind: RecordKind.BACKUP, id }));
    for (const record of records) this.feed.publish({ kind: 'deleted', record });
    return records;
  }
}

test('tells every watcher what is deleted from its call on, and nothing of what only changes', async () => {
  const lab = new Lab();
  const early = lab.watch();
  const before = lab.delete('a');
  lab.feed.publish({ kind: 'backup', backupId: 'a' });
  lab.feed.publish({ kind: 'status' });
  const late = lab.watch();
  const after = lab.delete('b', 'c');

  expect(await take(early, 3)).toEqual([...before, ...after]);
  expect(await take(late, 2)).toEqual(after);
  expect(lab.watchDeletions.followerCount).toBe(0);
});

test('tells a record once that was announced twice while it waited', async () => {
  const lab = new Lab();
  const watching = lab.watch();
  lab.delete('a', 'b', 'a', 'c');

  expect((await take(watching, 3)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('drops a watcher that is too slow for its buffer, and no other', async () => {
  const lab = new Lab();
  const slow = lab.watch();
  lab.delete('a', 'b', 'c');
  const other = lab.watch();
  const [told] = lab.delete('d');

  expect(await slow.next()).toEqual({ done: true, value: undefined });
  expect(lab.overflows).toBe(1);
  expect(await other.next()).toEqual({ done: false, value: told });
  expect(lab.watchDeletions.followerCount).toBe(1);
});

test('drops every watcher when the feed may have missed a deletion', async () => {
  const lab = new Lab();
  const watching = [lab.watch(), lab.watch()];
  lab.delete('a');

  lab.feed.publish({ kind: 'missed' });
  lab.delete('b');

  for (const each of watching) expect((await each.next()).done).toBe(true);
  expect(lab.overflows).toBe(2);
  expect(lab.watchDeletions.followerCount).toBe(0);
});

test('ends every watch when it is disposed of', async () => {
  const lab = new Lab();
  const [waiting, idle] = [lab.watch(), lab.watch()];
  const next = waiting.next();

  await lab.watchDeletions[Symbol.asyncDispose]();
  lab.delete('a');

  expect((await next).done).toBe(true);
  expect((await idle.next()).done).toBe(true);
  expect(lab.watchDeletions.followerCount).toBe(0);
});
