import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      '{alarms,gateway,simulators,seeds,scripts,tests,bench}/**/*.test.ts',
      'dashboard/src/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**'],
    pool: 'threads',
    isolate: false,
    testTimeout: 30_000,
  },
});
