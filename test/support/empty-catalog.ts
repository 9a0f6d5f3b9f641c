import { copyFile, mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TypeormCatalog } from '../../src/catalog/typeorm-catalog.js';
import { getTemplate } from './templates.js';

/** Puts a catalog with nothing in it where there is none, so that not each server of a test has to go through all migrations. */
export async function placeEmptyCatalog(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await copyFile(await getTemplate('catalog.sqlite', migrate), path);
}

async function migrate(path: string): Promise<void> {
  await using _catalog = await TypeormCatalog.open({ kind: 'sqlite', path });
}
