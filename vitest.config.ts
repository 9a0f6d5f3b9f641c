import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Most tests wait for a disk, a server or a process: on a small machine, too, some can run side by side. */
const MIN_WORKERS = 3;

export default defineConfig({
  resolve: {
    // Vitest would load graphql twice, as ESM and as CommonJS, and graphql-js refuses a schema of another copy.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    maxWorkers: Math.max(MIN_WORKERS, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/support/global-setup.ts'],
  },
});
