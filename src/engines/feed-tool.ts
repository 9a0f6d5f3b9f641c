import type { Writable } from 'node:stream';
import { abortable } from './abortable-content.js';
import { endTool, spawnTool, tooManyFiles, watchEnd } from './tool-process.js';
import type { ToolCall, ToolEnd, ToolProcess } from './tool-process.js';

/** So much is written to a tool at once: small writes cost more than what they carry. */
const WRITE_BYTES = 256 * 1024;
/**
 * Feeds content to a tool's standard input, to its end. The tool is gone when it settles.
 * @returns how the tool has failed, null when it has not
 * @throws what the content throws, and soon after the signal is aborted, its reason
 */
export async function feedTool(
  call: ToolCall,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<ToolEnd | null> {
  signal.throwIfAborted();
  const child = spawnTool(call, 'pipe');
  if (child === null) return tooManyFiles(call);
  child.stdout.resume();
  const ending = watchEnd(child, call);
  const abort = (): void => {
    endTool(child);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await writeAll(child, whileRunning(content, ending, signal));
    const end = await ending;
    signal.throwIfAborted();
    return end;
  } finally {
    signal.removeEventListener('abort', abort);
    endTool(child);
    await ending;
  }
}

/** Passes content on until the tool has ended: then nobody waits for the rest, not even for one that hangs. */
async function* whileRunning(
  content: AsyncIterable<Uint8Array>,
  ending: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const over = new AbortController();
  void ending.then(() => {
    over.abort();
  });
  try {
    yield* abortable(content, AbortSignal.any([signal, over.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (error !== over.signal.reason) throw error;
  }
}

/** Stops when the tool has ended. While a part is written, the next is gathered. */
async function writeAll({ stdin }: ToolProcess, content: AsyncIterable<Uint8Array>): Promise<void> {
  if (stdin === null) return;
  // A tool that ends before it has read all breaks the pipe; how it ended tells more.
  stdin.on('error', () => undefined);
  let writing: Promise<void> = Promise.resolve();
  for await (const part of inParts(content)) {
    await writing;
    if (!stdin.writable) return;
    writing = writePart(stdin, part);
  }
  await writing;
  stdin.end();
}

async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let part: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    part.push(chunk);
    bytes += chunk.byteLength;
    if (bytes < WRITE_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

/** All chunks in one call of the system, not copied. Resolves also when the pipe is broken. */
async function writePart(stdin: Writable, part: readonly Uint8Array[]): Promise<void> {
  stdin.cork();
  const writes = part.map(
    (chunk) =>
      new Promise<void>((resolve) => {
        stdin.write(chunk, () => {
          resolve();
        });
      }),
  );
  stdin.uncork();
  await Promise.all(writes);
}
