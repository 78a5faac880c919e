// What a newcomer's machine bears: memory of `npm start` (gateway and replay), and the bytes of the dashboard's first load.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildDashboard } from '#dashboard/build.ts';
import { median } from './case.ts';
import { Gateway, sleep } from './children.ts';
import { childrenOf, peakResidentMb, residentMb } from './proc.ts';

export interface DemoMemory {
  /** The gateway process alone: the most it ever had, its start included. */
  readonly gatewayMb: number;
  /** With the replay process; pages that both use are counted once. Median over the second half of the span. */
  readonly bothMb: number;
}

export async function measureDemo(dataFolder: string, spanMs: number): Promise<DemoMemory> {
  const gateway = await Gateway.start('demo', dataFolder, null);
  try {
    await sleep(spanMs / 2);
    const both: number[] = [];
    const until = performance.now() + spanMs / 2;
    while (performance.now() < until) {
      both.push(
        [gateway.pid, ...childrenOf(gateway.pid)].reduce((sum, pid) => sum + residentMb(pid, true), 0),
      );
      await sleep(200);
    }
    return { gatewayMb: peakResidentMb(gateway.pid), bothMb: median(both) };
  } finally {
    await gateway.end('SIGINT');
  }
}

/** gzip of everything that is not a font: page, scripts, the stream's worker, styles, icon. In kB of 1000 bytes. */
export function measureFirstLoad(): number {
  const folder = buildDashboard();
  const files = [
    'index.html',
    'icon.svg',
    ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`),
  ];
  const bytes = files
    .filter((name) => /\.(html|js|css|svg)$/.test(name))
    .map((name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
  return bytes.reduce((sum, size) => sum + size, 0) / 1000;
}
