import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { feedTool } from '../../src/engines/feed-tool.js';
import type { ToolCall } from '../../src/engines/tool-process.js';
import { errorOf } from '../support/dumps.js';
import { chunksOf, hangingHalf } from '../support/restores.js';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Opens files until no more can be, tries to run a tool, and then says what it has met. */
const STARVED = `
  import { closeSync, openSync } from 'node:fs';
  import { feedTool } from './src/engines/feed-tool.ts';
  import { ToolDump } from './src/engines/tool-dump.ts';
  import { describeEnd } from './src/engines/tool-process.ts';
  const { signal } = new AbortController();
  const call = { tool: { name: 'tool', version: '1' }, path: '/bin/true', args: [], env: {}, secrets: [] };
  const open = [];
  try { for (;;) open.push(openSync('/dev/null')); } catch {}
  const met = [];
  try {
    ToolDump.start({ ...call, format: 'sql', signal, toFailure: (end) => new Error(describeEnd(end)) });
  } catch (error) { met.push(error.message); }
  met.push(describeEnd(await feedTool(call, (async function* () {})(), signal)));
  await new Promise(setImmediate);
  open.forEach(closeSync);
  console.log(JSON.stringify(met));
`;

test('a tool that cannot be run, as too many files are open, fails its dump and not the whole server', async () => {
  const node = `ulimit -n 200; exec "$0" --import tsx --input-type=module --eval "$1"`;
  const child = spawn('/bin/sh', ['-c', node, process.execPath, STARVED], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const sentence = "tool cannot be run: too many open files. Raise this server's limit of them (ulimit -n).";
  expect({ said: said.trim(), complained }).toEqual({ said: JSON.stringify([sentence, sentence]), complained: '' });
});

describe('a tool that is fed', () => {
  const { signal } = new AbortController();

  function shell(script: string, more: Partial<ToolCall> = {}): ToolCall {
    const tool = { name: 'tool', version: '1' };
    return { tool, path: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' }, secrets: [], ...more };
  }

  test.each([1, 1000, 300_000])('gets the whole content, in chunks of %d bytes', async (size) => {
    const bytes = Buffer.alloc(Math.min(size * 1000, 3_000_000), 'some content; ');
    const script = `[ "$(wc -c)" -eq ${bytes.length} ] || { echo 'not all' >&2; exit 1; }`;
    expect(await feedTool(shell(script), chunksOf(bytes, size), signal)).toBeNull();
  });

  test.each([
    ['yields to the rest of the machine', false, '10'],
    ['does not where somebody waits for it', true, getPriority().toString()],
  ])('%s', async (_what, isUrgent, niceness) => {
    const end = await feedTool(shell('cat >&2; nice >&2; exit 1', { isUrgent }), chunksOf(Buffer.alloc(0)), signal);
    expect(end?.lastWords).toBe(niceness);
  });

  test('is not waited for once it has ended, though the content hangs', async () => {
    const content = hangingHalf(Buffer.alloc(10), () => undefined);
    expect(await feedTool(shell('echo enough >&2; exit 3'), content, signal)).toEqual({
      what: 'tool ended with exit code 3',
      hasRun: true,
      lastWords: 'enough',
    });
  });

  test('is ended when the content breaks off, whose error comes through', async () => {
    const broken = new Error('the store broke off');
    const content = (async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.alloc(10));
      throw broken;
    })();
    expect(await errorOf(feedTool(shell('exec sleep 1000'), content, signal))).toBe(broken);
  });

  test('shows only the lines that it may', async () => {
    const script = "for i in $(seq 9999); do echo 'row: secret'; done >&2; echo 'tool: error' >&2; exit 1";
    const end = await feedTool(shell(script, { shownLines: /^tool: / }), chunksOf(Buffer.alloc(0)), signal);
    expect(end?.lastWords).toBe('tool: error');
  });
});
