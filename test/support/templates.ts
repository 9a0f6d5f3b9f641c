import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = 'TEST_TEMPLATES';

/** Lets the tests of this run share what is dear to make: the processes started from now on find its folder. */
export async function createTemplates(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rds-templates-'));
  // Servers run as users of their own, which have to come by.
  await chmod(folder, 0o711);
  process.env[FOLDER] = folder;
}

export async function removeTemplates(): Promise<void> {
  await rm(getTemplateFolder(), { recursive: true, force: true });
}

/**
 * The path of a file or folder that is made once in a run, to be copied.
 * @param make puts it at the path that it is given
 */
export async function getTemplate(name: string, make: (path: string) => Promise<void>): Promise<string> {
  const template = join(getTemplateFolder(), name);
  if (!existsSync(template)) {
    const draft = `${template}-${randomUUID()}`;
    await make(draft);
    // Another worker may have been quicker: then theirs is as good, and this one goes with the folder.
    await rename(draft, template).catch(() => undefined);
  }
  return template;
}

/** With all that a file's owner and rights are. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['--archive', '--reflink=auto', from, to]);
}

export function getTemplateFolder(): string {
  const folder = process.env[FOLDER];
  if (folder === undefined)
    throw new Error(`${FOLDER} is not set: global-setup.ts is to make the folder of templates.`);
  return folder;
}
