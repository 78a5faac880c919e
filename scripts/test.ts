// `npm test`: check + every test, ending with one line `N passed, N failed, N skipped`. A part whose outside program
// is missing says so in capitals and counts as skipped; with FENGSUI_CI=1 absence is a failure (the tests see to it).

import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { buildDashboard } from '../dashboard/build.ts';
import { runChecks } from './check.ts';

const root = join(import.meta.dirname, '..');
const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

const checks = filters.length === 0 ? runChecks() : { passed: 0, failed: 0 };
buildDashboard();
const vitest = await startVitest('test', filters, { root, run: true, watch: false, reporters: ['default'] });

let passed = checks.passed;
let failed = checks.failed;
let skipped = 0;
const skippedNames: string[] = [];
for (const module of vitest.state.getTestModules()) {
  if (module.errors().length > 0) failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed') passed += 1;
    else if (state === 'failed') failed += 1;
    else {
      skipped += 1;
      skippedNames.push(test.fullName);
    }
  }
}
failed += vitest.state.getUnhandledErrors().length;
await vitest.close();
for (const name of skippedNames) console.log(`SKIPPED: ${name}`);
if (passed === 0) failed += 1; // nothing ran: that is no success
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 ? 0 : 1);
