// Builds the dashboard into dashboard/dist when it is missing or older than its sources. Used by `npm start`, the
// tests and `npm run build`; takes about a second.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Returns the folder with the built dashboard. */
export function buildDashboard(force = false): string {
  const dist = join(root, 'dashboard', 'dist');
  const stamp = join(root, 'node_modules', '.cache', 'dashboard-sources');
  const digest = sourcesDigest();
  const fresh =
    existsSync(join(dist, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (fresh && !force) return dist;
  // In a process of its own: the bundler's memory must not stay in the gateway's.
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const run = spawnSync(process.execPath, [vite, 'build', join(root, 'dashboard'), '--logLevel', 'warn'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`the dashboard was not built:\n${run.stdout}${run.stderr}`);
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true });
  writeFileSync(stamp, digest);
  return dist;
}

function sourcesDigest(): string {
  const hash = createHash('sha256');
  const patterns = [
    'dashboard/src/**/*',
    'dashboard/index.html',
    'dashboard/vite.config.ts',
    'gateway/protocol/*.ts',
    'alarms/kernel/*.ts',
    'package-lock.json',
  ];
  for (const file of globSync(patterns, { cwd: root }).sort()) {
    if (!/\.(ts|vue|css|html|json|svg)$/.test(file)) continue;
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

if (import.meta.main) console.log(buildDashboard(process.argv.includes('--force')));
