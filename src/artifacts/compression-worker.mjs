// Compresses in a thread of its own, one frame after the other. Plain JavaScript, so that it starts as it is from the
// sources and from the build alike. compressor-pool.ts is the other side, and says what passes between the two.
import { parentPort, workerData } from 'node:worker_threads';
import { CompressStream } from 'zstd-napi';

let frame = null;

parentPort.on('message', ({ block, length, isLast }) => {
  frame ??= beginFrame();
  frame.write(new Uint8Array(block, 0, length), () => {
    parentPort.postMessage({ kind: 'taken', block });
  });
  if (!isLast) return;
  frame.end();
  frame = null;
});

function beginFrame() {
  const stream = new CompressStream(workerData);
  stream.on('data', (chunk) => {
    // Of its own: the library's chunks can be parts of one buffer.
    const bytes = new Uint8Array(chunk);
    parentPort.postMessage({ kind: 'output', bytes }, [bytes.buffer]);
  });
  stream.on('end', () => {
    parentPort.postMessage({ kind: 'end' });
  });
  return stream;
}
