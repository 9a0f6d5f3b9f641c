import { readdir, readFile } from 'node:fs/promises';

/** The names of the processes that this one has started and that still run; zombies count, too. Linux only. */
export async function listChildren(): Promise<readonly string[]> {
  return (await readChildren()).map(({ name }) => name);
}

/** Kills those of them that have this name. @throws Error when there is none */
export async function killChildren(name: string): Promise<void> {
  const children = (await readChildren()).filter((child) => child.name === name);
  if (children.length === 0) throw new Error(`no ${name} runs`);
  for (const { pid } of children) process.kill(pid, 'SIGKILL');
}

async function readChildren(): Promise<readonly { readonly pid: number; readonly name: string }[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')));
  return lines.flatMap((line) => {
    const [, pid, name, parent] = /^(\d+) \((.*)\) \S (\d+)/s.exec(line) ?? [];
    return name !== undefined && Number(parent) === process.pid ? [{ pid: Number(pid), name }] : [];
  });
}
