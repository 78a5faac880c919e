// Where and on what the figures were taken.

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

export function machineLine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const model = (cpus()[0]?.model ?? 'unknown processor').trim();
  return `${model}, ${availableParallelism()} cores, ${gigabytes} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`;
}

/** Short hash, with a + when files differ from it; "none" outside a checkout. */
export function commitOf(): string {
  const root = join(import.meta.dirname, '..');
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'none';
  }
}
