// `npm run dev`: the demonstration, with the dashboard built anew whenever its sources change (reload the page).
// Changes of the gateway want a restart: it goes on from its journal.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const vite = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    join(root, 'dashboard'),
    '--watch',
    '--logLevel',
    'warn',
  ],
  { cwd: root, stdio: 'inherit' },
);
const gateway = spawn(process.execPath, [join(root, 'gateway', 'main.ts'), 'demo'], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => gateway.kill(signal));
gateway.on('exit', (code) => {
  vite.kill();
  process.exit(code ?? 1);
});
