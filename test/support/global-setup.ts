import { buildServer } from './build/server.js';
import { printMissingServices } from './services.js';

/** Before any test: says once which of them will be skipped and why, and builds what they start as a process. */
export default function setup(): void {
  printMissingServices();
  buildServer();
}
