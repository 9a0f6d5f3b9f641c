import { buildServer } from './build/server.js';
import { printMissingServices } from './services.js';
import { SharedPostgres } from './shared-postgres.js';
import { createTemplates, removeTemplates } from './templates.js';

/** Before any test: says once which of them will be skipped and why, and makes what they start or copy. */
export default async function setup(): Promise<() => Promise<void>> {
  printMissingServices();
  buildServer();
  await createTemplates();
  const postgres = await SharedPostgres.open();
  return async () => {
    await postgres[Symbol.asyncDispose]();
    await removeTemplates();
  };
}
