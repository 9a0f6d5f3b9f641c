import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Opens files until no more can be, tries to run a tool, and then says what it has met. */
const STARVED = `
  import { closeSync, openSync } from 'node:fs';
  import { describeEnd, feedTool, ToolDump } from './src/engines/tool-dump.ts';
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
