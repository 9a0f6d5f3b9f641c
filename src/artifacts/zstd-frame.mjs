// zstd step by step. The library's own streams put out all that a block decompresses to before they take a breath: a
// stored megabyte of zeros would become gigabytes in memory.
import { Buffer } from 'node:buffer';
import binding from 'zstd-napi/binding.js';

const { CCtx, DCtx, CParameter, EndDirective } = binding;
const NOTHING = Buffer.alloc(0);
/** As fast as the disk here. */
const LEVEL = 3;

/** One frame. What is yielded is good until the next is asked for. */
export async function* compress(source) {
  const context = new CCtx();
  context.setParameter(CParameter.compressionLevel, LEVEL);
  // `zstd -d` then finds damage on its own.
  context.setParameter(CParameter.checksumFlag, 1);
  const output = Buffer.allocUnsafe(binding.cStreamOutSize());
  for await (const block of source) yield* press(context, output, { block, directive: EndDirective.continue });
  yield* press(context, output, { block: NOTHING, directive: EndDirective.end });
}

function* press(context, output, { block, directive }) {
  let rest = block;
  for (;;) {
    const [left, produced, consumed] = context.compressStream2(output, rest, directive);
    rest = rest.subarray(consumed);
    if (produced > 0) yield output.subarray(0, produced);
    if (rest.length === 0 && (directive === EndDirective.continue || left === 0)) return;
  }
}

/** What is yielded is good until the next is asked for. @throws Error when the frame is damaged or cut short */
export async function* decompress(source) {
  const context = new DCtx();
  const output = Buffer.allocUnsafe(binding.dStreamOutSize());
  let isFrameOpen = false;
  for await (const block of source) {
    // After a whole frame even nothing would count as the beginning of another.
    if (block.length === 0) continue;
    let rest = block;
    for (;;) {
      const [left, produced, consumed] = context.decompressStream(output, rest);
      rest = rest.subarray(consumed);
      if (produced > 0) yield output.subarray(0, produced);
      isFrameOpen = left !== 0;
      if (rest.length === 0 && (produced < output.length || left === 0)) break;
    }
  }
  if (isFrameOpen) throw new Error('the zstd frame was cut short');
}
