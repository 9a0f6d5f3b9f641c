import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { errorOf } from '../support/dumps.js';
import { aim, chunksOf, failingHalf, hangingHalf, toLoad } from '../support/restores.js';
import { dumpOf, stateOf } from './restorer-subject.js';
import type { RestorerSubject } from './restorer-subject.js';

/** What every engine promises of dumps that are no good, and of restores that are given up. */
export function restorerFaultContract(create: () => Promise<RestorerSubject>): void {
  test.each([
    ['nothing', (): Buffer => Buffer.alloc(0)],
    ['a dump that was cut short', (dump: Buffer): Buffer => dump.subarray(0, dump.length * 0.6)],
    ['garbage', (dump: Buffer): Buffer => Buffer.alloc(dump.length, 'no dump at all; ')],
  ])('fails to load %s, and nothing is left once it is abandoned', async (_what, spoil) => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const whole = await dumpOf(subject);
    const dump = { ...whole, bytes: spoil(whole.bytes) };
    const target = await aim(subject, { database: subject.databases[1], overwrite: true });
    expect(await errorOf(engine.stageRestore(target, toLoad(dump)))).toMatchObject({
      name: 'RestoreFailedError',
      code: RestoreFailureCode.RESTORE_FAILED,
      message: expect.stringMatching(/^[A-Z].*\.$/s),
    });
    await engine.abandonRestore(target);
    expect(await stateOf(subject)).toEqual(before);
  });

  test('lets an error of the content through as it is', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const broken = new Error('the store broke off');
    const target = await aim(subject, { database: 'shop_new' });
    expect(await errorOf(engine.stageRestore(target, toLoad(dump, failingHalf(dump.bytes, broken))))).toBe(broken);
    await engine.abandonRestore(target);
    expect(await stateOf(subject)).toEqual(before);
  });

  test('stops in the middle of a content that hangs when the signal is aborted', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const aborting = new AbortController();
    const reason = new Error('enough');
    const content = hangingHalf(dump.bytes, () => {
      aborting.abort(reason);
    });
    const target = await aim(subject, { database: 'shop_new', signal: aborting.signal });
    expect(await errorOf(engine.stageRestore(target, toLoad(dump, content)))).toBe(reason);
    await engine.abandonRestore({ ...target, signal: new AbortController().signal });
    expect(await stateOf(subject)).toEqual(before);
  });

  test('does nothing when the signal was aborted before', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const target = await aim(subject, { database: subject.databases[1], overwrite: true });
    const aborted = { ...target, signal: AbortSignal.abort() };
    await expect(engine.stageRestore(aborted, toLoad(dump))).rejects.toThrow();
    expect(await stateOf(subject)).toEqual(before);
    await engine.stageRestore(target, toLoad(dump));
    await expect(engine.commitRestore(aborted)).rejects.toThrow();
    await engine.abandonRestore(target);
    expect(await stateOf(subject)).toEqual(before);
  });
}

/** What every engine promises of proofs. */
export function restorerProofContract(create: () => Promise<RestorerSubject>): void {
  test('proves a dump by the rows that it restores, and leaves nothing', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    expect(engine.provesAlone).toBe(subject.proofUrl === null);
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const scratch = { ...(await aim(subject, { database: '' })), url: subject.proofUrl };
    const found = await engine.proveRestore(scratch, toLoad(dump, chunksOf(dump.bytes, 1000)));
    // Where rows could not be counted when the dump was taken, any number is good.
    const expected = dump.contents?.tables.map((table) =>
      table.rows === null ? expect.objectContaining({ name: table.name }) : table,
    );
    expect(found).toEqual(expected);
    expect(await stateOf(subject)).toEqual(before);
    expect(await readdir(scratch.scratchDir)).toEqual([]);
  });

  test('does not prove a dump that was cut short, and leaves nothing', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const scratch = { ...(await aim(subject, { database: '' })), url: subject.proofUrl };
    const content = chunksOf(dump.bytes.subarray(0, dump.bytes.length * 0.6));
    const error = await errorOf(engine.proveRestore(scratch, toLoad(dump, content)));
    expect(error).toMatchObject({ name: 'RestoreFailedError', code: RestoreFailureCode.RESTORE_FAILED });
    expect(await stateOf(subject)).toEqual(before);
    expect(await readdir(scratch.scratchDir)).toEqual([]);
  });

  test('stops proving when the signal is aborted, and leaves nothing', async () => {
    await using subject = await create();
    const engine = subject.createEngine();
    const before = await stateOf(subject);
    const dump = await dumpOf(subject);
    const aborting = new AbortController();
    const reason = new Error('enough');
    const content = hangingHalf(dump.bytes, () => {
      aborting.abort(reason);
    });
    const target = await aim(subject, { database: '', signal: aborting.signal });
    const scratch = { ...target, url: subject.proofUrl };
    expect(await errorOf(engine.proveRestore(scratch, toLoad(dump, content)))).toBe(reason);
    // What it could not remove in time is for this.
    if (subject.proofUrl !== null) {
      await engine.abandonRestore({ ...target, url: subject.proofUrl, signal: new AbortController().signal });
    }
    expect(await stateOf(subject)).toEqual(before);
  });
}
