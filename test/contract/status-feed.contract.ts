import { expect, test } from 'vitest';
import { RecordKind } from '../../src/domain/deleted-record.js';
import type { Change, StatusFeed } from '../../src/events/status-feed.js';
import { Gate } from '../support/gate.js';

/** A feed of its own for one test. */
export interface FeedSubject extends AsyncDisposable {
  readonly feed: StatusFeed;
  /** What was reported to the feed's owner. */
  readonly errors: readonly unknown[];
}

export const STATUS: Change = { kind: 'status' };

export function backupChange(index: number): Change {
  return { kind: 'backup', backupId: `backup-${index}` };
}

/** One change of each kind. */
const EVERY_KIND: readonly Change[] = [
  STATUS,
  backupChange(0),
  { kind: 'restore', restoreId: 'restore-1' },
  { kind: 'cancel', backupId: 'backup-1' },
  { kind: 'deleted', record: { kind: RecordKind.INSTANCE, id: 'instance-1' } },
  { kind: 'deleted', record: { kind: RecordKind.BACKUP, id: 'backup-1' } },
];

/** Listens until so many changes were heard. */
export class Ear {
  readonly heard: Change[] = [];
  readonly done: Promise<void>;
  readonly unsubscribe: () => void;

  constructor(feed: StatusFeed, count: number) {
    const gate = new Gate();
    this.done = gate.opened;
    this.unsubscribe = feed.subscribe((change) => {
      this.heard.push(change);
      if (this.heard.length === count) gate.open();
    });
  }
}

/** What every feed promises. */
export function statusFeedContract(create: () => Promise<FeedSubject>): void {
  test('brings every change, in the order of publication, to every listener', async () => {
    await using subject = await create();
    const changes = [...EVERY_KIND, ...Array.from({ length: 200 }, (_value, index) => backupChange(index)), STATUS];
    const ears = [new Ear(subject.feed, changes.length), new Ear(subject.feed, changes.length)];

    for (const change of changes) subject.feed.publish(change);
    await Promise.all(ears.map(({ done }) => done));

    for (const { heard } of ears) expect(heard).toEqual(changes);
  });

  test('lets a listener that throws disturb neither the publisher nor the others', async () => {
    await using subject = await create();
    const fault = new Error('listener has failed');
    const before = new Ear(subject.feed, 2);
    subject.feed.subscribe(() => {
      throw fault;
    });
    const after = new Ear(subject.feed, 2);

    subject.feed.publish(backupChange(1));
    subject.feed.publish(backupChange(2));
    await Promise.all([before.done, after.done]);

    expect(after.heard).toEqual([backupChange(1), backupChange(2)]);
    expect(subject.errors).toEqual([fault, fault]);
  });

  test('brings nothing more to whoever has unsubscribed, also when it has done so twice', async () => {
    await using subject = await create();
    const leaving = new Ear(subject.feed, 1);
    const staying = new Ear(subject.feed, 2);
    subject.feed.publish(backupChange(1));
    await leaving.done;

    leaving.unsubscribe();
    leaving.unsubscribe();
    subject.feed.publish(backupChange(2));
    await staying.done;

    expect(leaving.heard).toEqual([backupChange(1)]);
  });

  test('takes one listener that subscribes twice for two', async () => {
    await using subject = await create();
    const heard: Change[] = [];
    const listener = (change: Change): void => {
      heard.push(change);
    };
    const unsubscribe = subject.feed.subscribe(listener);
    subject.feed.subscribe(listener);
    unsubscribe();
    unsubscribe();
    const ear = new Ear(subject.feed, 1);
    subject.feed.publish(STATUS);
    await ear.done;
    expect(heard).toEqual([STATUS]);
  });

  test('lets listeners come and go while a change is being brought', async () => {
    await using subject = await create();
    const last = new Ear(subject.feed, 3);
    const unsubscribe = subject.feed.subscribe(() => {
      unsubscribe();
      subject.feed.subscribe(() => undefined);
    });
    for (const index of [1, 2, 3]) subject.feed.publish(backupChange(index));
    await last.done;
    expect(last.heard).toEqual([1, 2, 3].map(backupChange));
    expect(subject.errors).toEqual([]);
  });

  test('publishes to nobody without complaint, before and after it was disposed of', async () => {
    await using subject = await create();
    subject.feed.publish(STATUS);
    const ear = new Ear(subject.feed, 1);
    subject.feed.publish(STATUS);
    await ear.done;
    await subject.feed[Symbol.asyncDispose]();
    const heard = ear.heard.length;
    expect(() => {
      subject.feed.publish(STATUS);
    }).not.toThrow();
    expect(ear.heard).toHaveLength(heard);
    expect(subject.errors).toEqual([]);
  });
}
