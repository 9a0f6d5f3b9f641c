import { buildConsole } from './build/console.js';

/** Before the first test of the console, and only then: to build it takes longer than most tests. */
export default function setup(): void {
  buildConsole();
}
