import { configDefaults, defineConfig } from 'vitest/config';

import { leftOut } from './test/support/left-out.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut(import.meta.dirname).files],
    globalSetup: ['test/support/say-left-out.ts'],
    // expect.poll waits a second otherwise, which a busy machine may well need.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Real servers and two cores: a few files at a time keeps timings honest.
    maxWorkers: 2,
  },
});
