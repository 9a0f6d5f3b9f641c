import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import type { InlineConfig } from 'vitest/node';

/** Most tests wait for a disk, a server or a process: on a small machine, too, some can run side by side. */
const MIN_WORKERS = 3;

const CONSOLE_TESTS = 'test/console/**/*.test.ts';

export default defineConfig({
  test: {
    maxWorkers: Math.max(MIN_WORKERS, availableParallelism() - 1),
    globalSetup: ['test/support/global-setup.ts'],
    projects: [
      project({ name: 'console', include: [CONSOLE_TESTS], globalSetup: ['test/support/console-setup.ts'] }),
      project({ name: 'server', include: ['test/**/*.test.ts'], exclude: [CONSOLE_TESTS] }),
    ],
  },
});

function project(test: InlineConfig) {
  return {
    resolve: {
      // Vitest would load graphql twice, as ESM and as CommonJS, and graphql-js refuses a schema of another copy.
      alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
    },
    test: {
      ...test,
      // The sources keep no state in modules, so that each worker can import them once, not once for each file: that
      // took longer than most files' tests. What a test changes in its process it changes back.
      isolate: false,
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  };
}
