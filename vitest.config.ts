import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { cacheDirectory } from './embedded/programs.ts';
import { CountReporter } from './test/count-reporter.ts';

// Each test file has its own process, and all of these load the same libraries. bin/rollcall.mjs has the same folder.
process.env['NODE_COMPILE_CACHE'] ??= join(cacheDirectory(), 'compiled');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    // Tests wait for databases and processes more than they compute.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    // A busy machine can take seconds for what takes milliseconds otherwise.
    expect: { poll: { timeout: 20_000 } },
    // On a busy build machine a wait can be too short. The reporter lists what passed only the second time.
    retry: process.env['CI'] === undefined ? 0 : 1,
    reporters: ['default', new CountReporter()],
  },
});
