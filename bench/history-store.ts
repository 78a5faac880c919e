// What the embedded history costs and how fast it answers: a day of 2 000 points at 6 s (28.8 M readings), then trends of
// one point, rollups and the newest readings. Prints one JSON object. `--small`: an hour. Run alone: `node
// bench/history-store.ts`.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHistoryQueries } from '#gateway/adapters/sqlite/history-queries.ts';
import { HistoryStore } from '#gateway/adapters/sqlite/history-store.ts';
import { historyFile } from '#gateway/adapters/sqlite/queries.ts';
import { quantile } from './case.ts';
import { seededRandom } from './frames.ts';

const start = 1_700_000_000_000 - (1_700_000_000_000 % 86_400_000);
const pointCount = 2_000;
const periodMs = 6_000;
const frameSize = 100;
const hours = process.argv.includes('--small') ? 1 : 24;
const commitReadings = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'history-bench-'));
try {
  console.log(JSON.stringify(measure(), null, 2));
} finally {
  rmSync(folder, { recursive: true });
}

function measure(): Record<string, number> {
  const path = join(folder, historyFile);
  const store = new HistoryStore(path);
  // The newest readings are asked of ten thousand points, most of which never sent any.
  const points = Array.from({ length: 10_000 }, (_, i) => ({ id: `point-${i}`, mine: `m${i % 7}` }));
  store.configure(points);
  const fill = filled(store);
  store.close();
  const queries = openHistoryQueries(folder);
  const random = seededRandom(11);
  const end = start + hours * 3_600_000;
  const anyPoint = (): string => `point-${Math.floor(random() * pointCount)}`;
  const trends = timed(100, () =>
    queries.history({ points: [{ id: anyPoint(), gapMs: 20_000 }], from: start, to: end, maxSamples: 5_760 }),
  );
  const rollups = timed(100, () =>
    queries.rollup({ points: [anyPoint()], from: start, to: end, step: '1m' }),
  );
  const hourly = timed(100, () => queries.rollup({ points: [anyPoint()], from: start, to: end, step: '1h' }));
  const ids = points.map(({ id }) => id);
  const latest = timed(50, () => queries.latest(ids));
  queries.close();
  return {
    ...fill,
    bytesPerReading: statSync(path).size / fill['readings']!,
    trendMsP95: quantile(trends, 0.95),
    rollupMinutesMsP95: quantile(rollups, 0.95),
    rollupHoursMsP95: quantile(hourly, 0.95),
    latestOf10000MsP95: quantile(latest, 0.95),
    latestOf10000MsMax: Math.max(...latest),
  };
}

function filled(store: HistoryStore): Record<string, number> {
  const random = seededRandom(7);
  const frame = {
    received: start,
    source: 0,
    count: frameSize,
    slots: new Uint32Array(frameSize),
    times: new Float64Array(frameSize),
    values: new Float64Array(frameSize),
    status: new Uint16Array(frameSize),
    outcomes: new Uint8Array(frameSize),
  };
  const levels = Float64Array.from({ length: pointCount }, () => random() * 4);
  let readings = 0;
  let pending = 0;
  const before = process.cpuUsage();
  for (let t = start; t < start + hours * 3_600_000; t += periodMs) {
    for (let first = 0; first < pointCount; first += frameSize) {
      frame.received = t + 100;
      for (let i = 0; i < frameSize; i += 1) {
        const point = first + i;
        const level = levels[point]! + (random() - 0.5) / 20;
        levels[point] = level;
        frame.slots[i] = point;
        frame.times[i] = t + (point % 100);
        frame.values[i] = Math.round(level * 100) / 100;
      }
      store.addFrame(frame);
      readings += frameSize;
      pending += frameSize;
    }
    if (pending < commitReadings) continue;
    store.commit({ position: readings, inputSequence: readings });
    pending = 0;
  }
  store.commit({ position: readings, inputSequence: readings });
  const { user, system } = process.cpuUsage(before);
  return { readings, cpuUsPerReading: (user + system) / readings };
}

function timed(times: number, work: () => unknown): number[] {
  return Array.from({ length: times }, () => {
    const begin = performance.now();
    work();
    return performance.now() - begin;
  });
}
