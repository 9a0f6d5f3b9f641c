import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseEngine, Dump, DumpRequest } from '../../src/engines/database-engine.js';
import type { TempDir } from './temp-dir.js';

interface DumpOrder {
  readonly engine: DatabaseEngine;
  readonly url: string;
  readonly name: string;
  /** Whether it is a system part; by default not. */
  readonly system?: boolean;
  readonly scratch: TempDir;
  readonly onStaged?: DumpRequest['onStaged'];
  readonly signal?: AbortSignal;
}

/** Begins a dump in a scratch folder of its own. */
export async function beginDump({ engine, url, name, system, scratch, onStaged, signal }: DumpOrder): Promise<Dump> {
  return engine.dump({
    url,
    database: { name, system: system ?? false },
    scratchDir: await mkdtemp(join(scratch.path, 'dump-')),
    onStaged: onStaged ?? ((): void => undefined),
    signal: signal ?? new AbortController().signal,
  });
}

/** Takes a whole dump, as the runner does: good only if both the content ends well and the tool does. */
export async function takeDump(order: DumpOrder): Promise<Buffer> {
  await using dump = await beginDump(order);
  const [content] = await Promise.all([readAll(dump.content), dump.completion]);
  return content;
}

export async function readAll(content: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a promise rejects with; null when it resolves. */
export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}
