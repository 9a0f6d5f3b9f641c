import type { ByteRange } from '../artifacts/artifact-store.js';

/**
 * The range that a Range header asks for (RFC 9110, section 14): null for the whole, which is also the answer to what is
 * no single range of bytes; `unsatisfiable` when no byte of it is there.
 */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | null | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') return toSuffix(Number(last), sizeBytes);
  const start = Number(first);
  const end = last === '' ? Infinity : Number(last);
  if (end < start) return null;
  return start < sizeBytes ? { start, end: Math.min(end, sizeBytes - 1) } : 'unsatisfiable';
}

function toSuffix(bytes: number, sizeBytes: number): ByteRange | 'unsatisfiable' {
  if (bytes === 0 || sizeBytes === 0) return 'unsatisfiable';
  return { start: Math.max(0, sizeBytes - bytes), end: sizeBytes - 1 };
}
