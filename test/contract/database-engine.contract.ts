import { once } from 'node:events';
import { expect, test } from 'vitest';
import { BackupFailureCode } from '../../src/domain/backup.js';
import type { Engine } from '../../src/domain/instance.js';
import { InstanceRole } from '../../src/domain/instance.js';
import type { DatabaseEngine } from '../../src/engines/database-engine.js';
import { listChildren } from '../support/child-processes.js';
import { beginDump, errorOf, readAll, takeDump } from '../support/dumps.js';
import type { TempDir } from '../support/temp-dir.js';

/** An instance of its own for one test, with some databases in it, and the engine that backs it up. */
export interface EngineSubject extends AsyncDisposable {
  readonly engine: DatabaseEngine;
  readonly kind: Engine;
  readonly url: string;
  /** The URL of the instance, at a place where it is not; by default `url` with something appended. */
  readonly missingUrl?: string;
  /** User databases, in the order of their names. */
  readonly databases: readonly string[];
  readonly scratch: TempDir;
  /** Everything that a backup might leave in the instance or beside it. */
  readonly fingerprint: () => Promise<unknown>;
  readonly rowsOf: (database: string) => Promise<unknown>;
  /** Restores a dump, and returns the rows that it holds. */
  readonly restore: (dump: Buffer) => Promise<unknown>;
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Gives half of the bytes, and no more. */
async function* hanging(bytes: Uint8Array, onHang: () => void): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes.subarray(0, bytes.length / 2));
  setImmediate(onHang);
  await new Promise(() => undefined);
}

/** What every engine promises. */
export function databaseEngineContract(create: () => Promise<EngineSubject>): void {
  test('tells at the probe what the instance is, and which databases it has', async () => {
    await using subject = await create();
    const { engine, url, databases } = subject;
    const probe = await engine.probe(url, never());
    expect(probe).toMatchObject({ engine: subject.kind, role: InstanceRole.PRIMARY });
    expect(probe.engineVersion).toMatch(/^\d+\.\d+/);
    expect(probe.databases.filter(({ system }) => !system).map(({ name }) => name)).toEqual(databases);
    for (const { sizeBytes } of probe.databases) expect(sizeBytes).toBeGreaterThan(0);
    expect(await engine.listDatabases(probe.url, never())).toEqual(probe.databases);
    expect(engine.endpointOf(probe.url)).toContain(probe.endpoint.slice(0, 10));
  });

  test('tells the same of its health as at the probe', async () => {
    await using subject = await create();
    const { engine, url } = subject;
    const { engine: kind, engineVersion, role, ...probe } = await engine.probe(url, never());
    expect(await engine.checkHealth(probe.url, never())).toEqual({ engine: kind, engineVersion, role });
    await expect(engine.checkHealth(missing(subject), never())).rejects.toMatchObject({
      name: 'EngineUnreachableError',
      message: expect.stringMatching(/^[a-z].*\.$/s),
    });
  });

  test('finds the programs that the instance takes', async () => {
    await using subject = await create();
    await subject.engine.assertTools(await subject.engine.probe(subject.url, never()));
  });

  test('dumps every system part so that it passes the check of its format', async () => {
    await using subject = await create();
    const { engine, url, databases } = subject;
    const parts = engine.systemParts(await engine.listDatabases(url, never()));
    for (const { name, system } of parts) {
      expect({ system, isUserDatabase: databases.includes(name) }).toEqual({ system: true, isUserDatabase: false });
      await using dump = await beginDump({ ...subject, name, system });
      await engine.checkFormat(dump.format, dump.content, never());
      await dump.completion;
    }
  });

  test('shows no credentials in an endpoint, whatever the URL', async () => {
    await using subject = await create();
    for (const scheme of subject.engine.schemes) {
      for (const rest of ['//app:hunter2@host/x', '//:hunter2@host', '//app:hunter2@', '//app:hunter2@[::bad/x']) {
        expect(subject.engine.endpointOf(`${scheme}:${rest}`)).not.toContain('hunter2');
      }
    }
  });

  test('dumps every database so that the restored copy equals it row by row', async () => {
    await using subject = await create();
    for (const name of subject.databases) {
      const dump = await takeDump({ ...subject, name });
      expect(await subject.restore(dump)).toEqual(await subject.rowsOf(name));
    }
  });

  test('takes dumps of the databases that passes its own check of their format', async () => {
    await using subject = await create();
    await using dump = await beginDump({ ...subject, name: subject.databases[0] ?? '' });
    await subject.engine.checkFormat(dump.format, dump.content, never());
    await dump.completion;
    expect(dump.completionAllowanceMs).toBeGreaterThanOrEqual(0);
    expect(dump.tool.name).not.toBe('');
    expect(dump.tool.version).toMatch(/^\d/);
  });

  test('refuses the format of a dump that was cut short, or is none', async () => {
    await using subject = await create();
    await using dump = await beginDump({ ...subject, name: subject.databases[0] ?? '' });
    const whole = await readAll(dump.content);
    // Not at the border of a block: where blocks alone are missing, it is the hash that tells.
    const bad = [0, 1, 50, 99, 100, Math.floor(whole.length * 0.6) | 1, whole.length - 1].map((at) =>
      whole.subarray(0, at),
    );
    for (const bytes of [...bad, Buffer.from('no dump at all'), Buffer.alloc(whole.length)]) {
      const verdict = subject.engine.checkFormat(dump.format, chunksOf(bytes), never());
      await expect(verdict).rejects.toMatchObject({ name: 'BackupFailedError', code: BackupFailureCode.DUMP_FAILED });
    }
    for (const size of [1, 7, 99, 100_000])
      await subject.engine.checkFormat(dump.format, chunksOf(whole, size), never());
  });

  test('gives the check of a format up, and leaves no program behind, when the signal is aborted', async () => {
    await using subject = await create();
    await using dump = await beginDump({ ...subject, name: subject.databases[0] ?? '' });
    const whole = await readAll(dump.content);
    const reason = new Error('enough');
    expect(await errorOf(subject.engine.checkFormat(dump.format, chunksOf(whole), AbortSignal.abort(reason)))).toBe(
      reason,
    );

    const aborting = new AbortController();
    const checking = subject.engine.checkFormat(
      dump.format,
      hanging(whole, () => {
        aborting.abort(reason);
      }),
      aborting.signal,
    );
    expect(await errorOf(checking)).toBe(reason);
    expect((await listChildren()).filter((name) => name.endsWith('restore'))).toEqual([]);
  });

  test('leaves the instance, and all beside it, as it was', async () => {
    await using subject = await create();
    const before = await subject.fingerprint();
    await subject.engine.probe(subject.url, never());
    await subject.engine.listDatabases(subject.url, never());
    for (const name of subject.databases) await takeDump({ ...subject, name });
    expect(await subject.fingerprint()).toEqual(before);
  });

  test('reports the staged bytes, all of them, if it stages', async () => {
    await using subject = await create();
    let stagedBytes = 0;
    const onStaged = (bytes: number): void => {
      stagedBytes += bytes;
    };
    const dump = await takeDump({ ...subject, name: subject.databases[0] ?? '', onStaged });
    expect(stagedBytes).toBe(subject.engine.isStaged ? dump.length : 0);
  });

  test('dumps a database more than once at the same time', async () => {
    await using subject = await create();
    const name = subject.databases[0] ?? '';
    const dumps = await Promise.all([1, 2, 3].map(() => takeDump({ ...subject, name })));
    for (const dump of dumps) expect(await subject.restore(dump)).toEqual(await subject.rowsOf(name));
  });

  test('does nothing when the signal was aborted before', async () => {
    await using subject = await create();
    const { engine, url, databases } = subject;
    const signal = AbortSignal.abort();
    await expect(engine.probe(url, signal)).rejects.toThrow();
    await expect(engine.listDatabases(url, signal)).rejects.toThrow();
    await expect(beginDump({ ...subject, name: databases[0] ?? '', signal })).rejects.toThrow();
  });

  test('stops when the signal is aborted while it stages or sends', async () => {
    await using subject = await create();
    const name = subject.databases[0] ?? '';
    const before = await subject.fingerprint();
    const staging = new AbortController();
    const onStaged = (): void => {
      staging.abort();
    };
    const beginning = beginDump({ ...subject, name, onStaged, signal: staging.signal });
    if (subject.engine.isStaged) await expect(beginning).rejects.toMatchObject({ name: 'AbortError' });
    else await (await beginning)[Symbol.asyncDispose]();

    const sending = new AbortController();
    {
      await using dump = await beginDump({ ...subject, name, signal: sending.signal });
      sending.abort();
      const reading = (async (): Promise<void> => {
        for await (const _chunk of dump.content);
      })();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    }
    expect(await subject.fingerprint()).toEqual(before);
  });

  test('may be disposed of unread, and its completion then ends', async () => {
    await using subject = await create();
    const dump = await beginDump({ ...subject, name: subject.databases[0] ?? '' });
    await dump[Symbol.asyncDispose]();
    await errorOf(dump.completion);
    expect(dump.content.destroyed).toBe(true);
  });

  test('may be aborted unread: nobody need listen to its content', async () => {
    await using subject = await create();
    const aborting = new AbortController();
    const dump = await beginDump({ ...subject, name: subject.databases[0] ?? '', signal: aborting.signal });
    const closed = once(dump.content, 'close');
    aborting.abort();
    await errorOf(closed);
    await dump[Symbol.asyncDispose]();
    expect(dump.content.destroyed).toBe(true);
  });

  test('says that a database is out of reach when it is not there', async () => {
    await using subject = await create();
    const error = await errorOf(takeDump({ ...subject, url: missing(subject), name: 'none' }));
    expect(error).toMatchObject({ name: expect.stringMatching(/^(BackupFailedError|EngineUnreachableError)$/) });
    if ((error as Error).name === 'BackupFailedError') {
      expect(error).toMatchObject({ code: BackupFailureCode.ENGINE_UNREACHABLE });
    }
  });

  test.each(['', ':', ':relative/path', '://'])('refuses the URL "<scheme>%s" as bad input', async (rest) => {
    await using subject = await create();
    const { engine } = subject;
    const probe = engine.probe(`${engine.schemes[0] ?? ''}${rest}`, never());
    await expect(probe).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { fields: [{ path: 'url' }] } });
  });
}

/** The URL of the instance, at a place where it is not. */
function missing({ url, missingUrl }: EngineSubject): string {
  return missingUrl ?? `${url}-none`;
}
