import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { KILLS } from '../support/kills.js';
import { contentOf, createCrashedJournal, createCrashedWal, RestoreLab } from '../support/sqlite-restores.js';

/** Databases that a process replaces, one after the other. */
const FOLDERS = [0, 1, 2, 3];
const CHILD = new URL('../support/sqlite-restore-child.ts', import.meta.url).pathname;
const engine = new SqliteEngine(null);

interface Template {
  readonly folder: string;
  readonly content: string;
}

async function createTemplate(lab: RestoreLab, create: (path: string) => Promise<void>): Promise<Template> {
  const folder = lab.scratch.join(`template-${create.name}`);
  await mkdir(folder);
  await create(lab.scratch.join(`${create.name}.db`));
  for (const ending of ['', '-wal', '-journal']) {
    await cp(lab.scratch.join(`${create.name}.db${ending}`), join(folder, `shop.db${ending}`)).catch(() => undefined);
  }
  return { folder, content: await contentOf(lab.scratch.join(`${create.name}.db`)) };
}

/** @returns how long it took to replace all; killed after that time, if any */
async function runChild(lab: RestoreLab, folders: readonly string[], killAfterMs: number | null): Promise<number> {
  const args = ['--import', 'tsx', CHILD, join(lab.scratch.path, 'dump.sqlite'), ...folders];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  const readyAt = performance.now();
  if (killAfterMs !== null) {
    await delay(killAfterMs);
    child.kill('SIGKILL');
  }
  const [code, signal] = (await exited) as [number | null, string | null];
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the child failed: ${String(code)}`);
  return performance.now() - readyAt;
}

async function prepare(lab: RestoreLab, round: number, { folder }: Template): Promise<readonly string[]> {
  const folders = FOLDERS.map((index) => lab.scratch.join(`round-${round.toString()}-${index.toString()}`));
  for (const copy of folders) await cp(folder, copy, { recursive: true });
  return folders;
}

test(
  'a restore that is killed at any moment leaves the old database or the new, each whole',
  { timeout: 580_000 },
  async () => {
    await using lab = await RestoreLab.create();
    await cp(lab.scratch.join('source.db'), lab.scratch.join('dump.sqlite'));
    const templates = [await createTemplate(lab, createCrashedWal), await createTemplate(lab, createCrashedJournal)];
    const first = templates[0] ?? { folder: '', content: '' };
    const fullMs = await runChild(lab, await prepare(lab, KILLS, first), null);
    const found = { old: 0, new: 0 };
    for (let round = 0; round < KILLS; round += 1) {
      const template = templates[round % templates.length] ?? first;
      const folders = await prepare(lab, round, template);
      // Spread over the whole time, so that some come early and some late.
      await runChild(lab, folders, ((round + Math.random()) / KILLS) * fullMs);
      for (const [index, folder] of folders.entries()) {
        const content = await contentOf(join(folder, 'shop.db'));
        expect([template.content, lab.content]).toContain(content);
        found[content === lab.content ? 'new' : 'old'] += 1;
        const stagingId = index.toString().padStart(24, '0');
        await engine.abandonRestore(await lab.aim({ url: `sqlite:${folder}`, stagingId }));
        expect(await readdir(folder)).toEqual(['shop.db']);
        expect(await contentOf(join(folder, 'shop.db'))).toBe(content);
      }
    }
    expect(found.old).toBeGreaterThan(0);
    expect(found.new).toBeGreaterThan(0);
  },
);
