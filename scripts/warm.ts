// Strips and compiles the program's files into Node's compile cache (NODE_COMPILE_CACHE), after an install and whenever
// they have changed. Without it every thread of the next start that meets a changed file loads the type stripper, which
// costs some 15 MB in each. Files that run something when they are loaded end by their own check (they are thread
// entries), and that is all that is wanted here.

import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** Of those that end the process or start something, a run of their own that only tells how they are used. */
const programs = new Map([
  ['gateway/main.ts', ['help']],
  ['simulators/main.ts', []],
]);
const isOfTests = /\.test\.ts$|\/test\/|\/testing\//;

for (const file of globSync('{alarms,gateway,seeds,simulators}/**/*.ts', { cwd: root }).sort()) {
  const name = file.replaceAll('\\', '/');
  if (programs.has(name) || isOfTests.test(`/${name}`)) continue;
  await import(pathToFileURL(join(root, file)).href).catch(() => null);
}
for (const [program, args] of programs) {
  spawnSync(process.execPath, [join(root, program), ...args], { stdio: 'ignore' });
}
flushCompileCache();
process.exit(0);
