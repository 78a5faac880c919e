// What the simulated gateway is given: the methane points of the demo mine, sampled every 20 s so that windows and
// long excesses come about within a hundred frames, and a seeded script of frames that rise above the limits and
// return. The script is fixed: every run of one seed sends the same frames.

import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { formatTopic } from '#gateway/protocol/topics.ts';
import { SeededRandom } from '#gateway/test/faults/random.ts';
import { loadSite } from '#seeds/load.ts';
import { frameJson } from '#simulators/publish.ts';
import { demoSite } from '../support/gateway-process.ts';

export const periodMs = 20_000;
export const startMs = Date.UTC(2026, 0, 5);

export interface ScriptedFrame {
  readonly sequence: number;
  readonly time: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly points: readonly string[];
  readonly values: readonly (number | null)[];
}

const loaded = loadSite(demoSite).documents;

export const documents: SiteDocuments = {
  ...loaded,
  points: loaded.points
    .filter(({ measurand }) => measurand === 'CH4')
    .map((point) => ({ ...point, periodS: periodMs / 1000 })),
};

/** Calm and several heights above the limits (alarm 0.6 to 1.5, cut 1.0 to 2.0, 2 and 3 %). */
const heights = [0.2, 0.2, 0.2, 0.85, 1.1, 1.7, 2.4, 3.2] as const;

export function frameScript(seed: number, length: number): ScriptedFrame[] {
  const random = new SeededRandom(seed);
  const topic = { mine: 'demo', system: 'safety', source: 'substation', stream: 'data' } as const;
  const points = documents.points.map(({ id }) => id);
  const phases = points.map(() => ({ height: 0.2, left: 2 + random.below(6) }));
  return Array.from({ length }, (_, index) => {
    const values = phases.map((phase) => {
      if (phase.left === 0) {
        phase.height = heights[random.below(heights.length)]!;
        phase.left = 1 + random.below(phase.height > 0.5 ? 12 : 30);
      }
      phase.left -= 1;
      if (random.isLikely(0.01)) return null;
      return Math.round((phase.height + (random.next() - 0.5) * 0.1) * 100) / 100;
    });
    const sequence = index + 1;
    const time = startMs + index * periodMs;
    const payload = Buffer.from(frameJson({ topic, sequence, time, points, values }));
    return { sequence, time, topic: formatTopic(topic), payload, points, values };
  });
}
