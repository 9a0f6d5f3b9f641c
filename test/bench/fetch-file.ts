import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Timers are no finer, and pauses no shorter. */
const MIN_PAUSE_MS = 10;

export interface FetchedFile {
  readonly bytes: number;
  readonly tookMs: number;
}

/** Reads a file to its end, and keeps nothing of it. @param bytesPerSecond that are taken at most */
export async function fetchFile(url: string, bytesPerSecond = Infinity): Promise<FetchedFile> {
  const begin = performance.now();
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`refused with ${String(response.statusCode)}`);
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    const earlyMs = (bytes / bytesPerSecond) * 1000 - (performance.now() - begin);
    if (earlyMs >= MIN_PAUSE_MS) await delay(earlyMs);
  }
  return { bytes, tookMs: performance.now() - begin };
}
