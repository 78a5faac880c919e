// `npm run dev`: the demonstration, with the dashboard built anew whenever its sources change (reload the page).
// Changes of the gateway want a restart: it goes on from its journal. Ctrl-C ends both.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildDashboard } from '../dashboard/build.ts';

const root = join(import.meta.dirname, '..');
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
// Once before, so that the gateway finds it whole; the watcher then writes over it without emptying the folder.
buildDashboard();
const watcher = spawn(
  process.execPath,
  [vite, 'build', join(root, 'dashboard'), '--watch', '--emptyOutDir', 'false', '--logLevel', 'warn'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
const gateway = spawn(process.execPath, [join(root, 'gateway', 'main.ts'), 'demo'], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => gateway.kill(signal));
watcher.on('exit', (code) => {
  if (code !== null && code !== 0) process.stderr.write(`The watcher has ended with ${code}.\n`);
});
gateway.on('exit', (code) => {
  watcher.kill();
  process.exit(code ?? 1);
});
