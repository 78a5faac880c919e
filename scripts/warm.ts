// Strips and compiles the program's files once into Node's compile cache (NODE_COMPILE_CACHE), after an install. Without
// it every thread of the first start loads the type stripper, which costs some 20 MB in each. Files that run something
// when they are loaded end by their own check (they are thread entries), and that is all that is wanted here.

import { globSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
/** These start a program. */
const programs = new Set(['gateway/main.ts', 'simulators/main.ts', 'dashboard/build.ts']);
const isOfTests = /\.test\.ts$|\/test\/|\/testing\//;

for (const file of globSync('{alarms,gateway,seeds,simulators}/**/*.ts', { cwd: root }).sort()) {
  const name = file.replaceAll('\\', '/');
  if (programs.has(name) || isOfTests.test(`/${name}`)) continue;
  await import(pathToFileURL(join(root, file)).href).catch(() => null);
}
flushCompileCache();
process.exit(0);
