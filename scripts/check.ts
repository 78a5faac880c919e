// `npm run check`: format, lint, types of each compile world, directions of dependency. Fast checks that need no
// gateway. Ends with exit code 1 when one of them fails; all of them are run and said.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folders = ['alarms', 'gateway', 'dashboard', 'simulators', 'seeds', 'bench', 'scripts', 'tests'].filter(
  (f) => existsSync(join(root, f)),
);

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const code = folders.map((f) => (f === 'dashboard' ? 'dashboard/src' : f));

const checks: readonly Check[] = [
  { name: 'format', command: 'oxfmt', args: ['--check', ...code] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', ...code] },
  { name: 'types', command: 'tsc', args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'types of the pure core', command: 'tsc', args: ['--noEmit', '-p', 'alarms/tsconfig.json'] },
  { name: 'types of the dashboard', command: 'vue-tsc', args: ['--noEmit', '-p', 'dashboard/tsconfig.json'] },
  {
    name: 'directions of dependency',
    command: 'depcruise',
    args: ['--config', '.dependency-cruiser.mjs', ...folders],
  },
];

export function runChecks(): { passed: number; failed: number } {
  let failed = 0;
  for (const check of checks) {
    const begun = performance.now();
    const run = spawnSync(join(root, 'node_modules', '.bin', check.command), [...check.args], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    if (run.status === 0) {
      console.log(`check  ok      ${check.name} (${seconds} s)`);
    } else {
      failed += 1;
      console.log(
        `check  FAILED  ${check.name} (${seconds} s)\n${run.stdout}${run.stderr}${run.error ?? ''}`,
      );
    }
  }
  return { passed: checks.length - failed, failed };
}

if (import.meta.main) process.exit(runChecks().failed === 0 ? 0 : 1);
