// The mine of the bench: sources of 100 points each, every point with the same five rules. Written as a site folder,
// so that the gateway reads it as it reads any other.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const benchMine = 'bench';
export const pointsPerSource = 100;

export function pointId(source: number, index: number): string {
  return `M${String(source).padStart(3, '0')}-${String(index).padStart(2, '0')}`;
}

export function sourceName(source: number): string {
  return `station-${String(source).padStart(3, '0')}`;
}

/** Only the first can fire with the frames of the bench; the others are evaluated all the same. */
const rules = [
  {
    id: 'BENCH-1',
    kind: 'threshold',
    level: 'Y',
    op: '>=',
    limit: 'alarmHigh',
    clear: { limit: 'clearHigh' },
    class: 'gas',
    overLimit: true,
  },
  {
    id: 'BENCH-2',
    kind: 'threshold',
    level: 'O',
    op: '>=',
    limit: 'cutHigh',
    clear: { limit: 'restoreHigh' },
    class: 'gas',
  },
  { id: 'BENCH-3', kind: 'threshold', level: 'Y', op: '<=', limit: 0.01, onDelayS: 10 },
  { id: 'BENCH-4', kind: 'window', level: 'Y', fn: 'mean', windowS: 300, op: '>=', limit: 0.95 },
  { id: 'BENCH-5', kind: 'sustained', base: 'BENCH-1', ladder: [{ afterS: 60, level: 'O' }] },
];

export function writeSite(folder: string, points: number): void {
  mkdirSync(folder, { recursive: true });
  const sources = Math.ceil(points / pointsPerSource);
  const numbers = Array.from({ length: sources }, (_, source) => source);
  write(folder, 'site.json', { sites: [{ id: benchMine, name: '基准矿', kind: 'mine' }] });
  write(
    folder,
    'places.json',
    numbers.map((source) => ({
      id: `place-${source}`,
      name: `地点 ${source}`,
      type: 'face',
      mine: benchMine,
    })),
  );
  write(
    folder,
    'points.json',
    Array.from({ length: points }, (_, slot) => {
      const source = Math.floor(slot / pointsPerSource);
      return {
        id: pointId(source, slot % pointsPerSource),
        measurand: 'CH4',
        unit: '%CH4',
        periodS: 1,
        place: `place-${source}`,
        mine: benchMine,
        range: [0, 4],
        limits: { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1.5, restoreHigh: 1 },
      };
    }),
  );
  write(folder, 'rules.json', rules);
}

function write(folder: string, file: string, content: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}
