import { printMissingServices } from './services.js';

/** Says once, before the tests, which of them will be skipped and why. */
export default function setup(): void {
  printMissingServices();
}
