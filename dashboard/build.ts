// Builds the dashboard into dashboard/dist when it is missing or older than its sources. Used by `npm start`, the
// tests and `npm run build`; takes about a second.

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Returns the folder with the built dashboard. */
export async function buildDashboard(force = false): Promise<string> {
  const dist = join(root, 'dashboard', 'dist');
  const stamp = join(root, 'node_modules', '.cache', 'dashboard-sources');
  const digest = sourcesDigest();
  const fresh =
    existsSync(join(dist, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (fresh && !force) return dist;
  const { build } = await import('vite');
  await build({
    configFile: join(root, 'dashboard', 'vite.config.ts'),
    root: join(root, 'dashboard'),
    logLevel: 'warn',
  });
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

if (import.meta.main) console.log(await buildDashboard(process.argv.includes('--force')));
