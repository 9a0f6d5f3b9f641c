// Encodes and decodes in a thread of its own, one file after the other. Plain JavaScript, so that it starts as it is
// from the sources and from the build alike. codec-pool.ts is the other side, and says what passes between the two.
import { Buffer } from 'node:buffer';
import { parentPort } from 'node:worker_threads';
import { openPayload, sealPayload } from './age-payload.mjs';
import { compress, decompress } from './zstd-frame.mjs';

/** What is handed over at a time. */
const OUTPUT_BYTES = 256 * 1024;
/** Outputs on their way that nobody has read yet. */
const MAX_UNREAD = 4;

const orders = [];
let unread = 0;
/** Wakes whoever waits for an order, or for an output to be read: never both. */
let wake = () => undefined;

parentPort.on('message', (order) => {
  if (order.kind === 'read') unread -= 1;
  else orders.push(order);
  wake();
});

for (;;) {
  const { kind, encoding, isCompressed, key, head } = await nextOrder();
  // Of a file that was given up over a fault.
  if (kind === 'block') continue;
  unread = 0;
  try {
    await (encoding === 'encode' ? encode(isCompressed, key, head) : decode(isCompressed, key));
    parentPort.postMessage({ kind: 'end' });
  } catch (error) {
    parentPort.postMessage({ kind: 'fault', message: error.message });
  }
}

async function encode(isCompressed, key, head) {
  const content = isCompressed ? compress(blocks()) : blocks();
  await putOut(key === null ? content : sealPayload(content, key), head);
}

async function decode(isCompressed, key) {
  const content = key === null ? blocks() : openPayload(blocks(), key);
  await putOut(isCompressed ? decompress(content) : content, null);
}

async function* blocks() {
  for (;;) {
    const { block, length, isLast } = await nextOrder();
    yield Buffer.from(block, 0, length);
    parentPort.postMessage({ kind: 'taken', block });
    if (isLast) return;
  }
}

async function putOut(source, head) {
  let output = new Uint8Array(OUTPUT_BYTES);
  let filled = 0;
  if (head !== null) {
    output.set(head);
    filled = head.length;
  }
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length;) {
      if (filled === OUTPUT_BYTES) {
        await send(output);
        output = new Uint8Array(OUTPUT_BYTES);
        filled = 0;
      }
      const part = bytes.subarray(at, at + OUTPUT_BYTES - filled);
      output.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  if (filled > 0) await send(output.slice(0, filled));
}

async function send(bytes) {
  while (unread >= MAX_UNREAD) await woken();
  unread += 1;
  parentPort.postMessage({ kind: 'output', bytes }, [bytes.buffer]);
}

async function nextOrder() {
  while (orders.length === 0) await woken();
  return orders.shift();
}

function woken() {
  return new Promise((resolve) => {
    wake = resolve;
  });
}
