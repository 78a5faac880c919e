// The plan of the demo's replay, pure: which second of a pass brings a recorded row, a simulated calm one, or nothing.
// A pass = a short calm lead-in, then each episode followed by 15 min of calm; after the last it begins again.

import type { Episode, Recording, RecordedRow } from './recording.ts';

export interface ReplayPlan {
  readonly segments: readonly Segment[];
  readonly lengthS: number;
}

export type Segment =
  | { readonly kind: 'calm'; readonly startS: number; readonly lengthS: number }
  | {
      readonly kind: 'episode';
      readonly startS: number;
      readonly lengthS: number;
      readonly episode: number;
      /** By second of the episode; null = not recorded, so nothing is sent. */
      readonly rows: readonly (RecordedRow | null)[];
    };

export type Moment =
  | { readonly kind: 'calm' }
  | { readonly kind: 'recorded'; readonly episode: number; readonly row: RecordedRow }
  | { readonly kind: 'absent'; readonly episode: number };

/** Long enough to see the calm, short enough that the first real alarm comes well within two minutes of the start. */
export const leadInS = 20;
/** Time for a newcomer to walk a case to 归档 before the next episode. */
export const calmBetweenS = 900;

/** The ventilation loss of 2014-04-26 comes first, then all others in their order. */
export const demoOrder: readonly number[] = [15, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17];

export function replayPlan(
  recording: Recording,
  order: readonly number[] = demoOrder,
  times: { readonly leadInS: number; readonly calmS: number } = { leadInS, calmS: calmBetweenS },
): ReplayPlan {
  const segments: Segment[] = [{ kind: 'calm', startS: 0, lengthS: times.leadInS }];
  let startS = times.leadInS;
  for (const number of order) {
    const episode = recording.episodes.find((one) => one.number === number);
    if (episode === undefined) throw new Error(`the recording has no episode ${number}`);
    const rows = rowsBySecond(episode);
    segments.push({ kind: 'episode', startS, lengthS: rows.length, episode: number, rows });
    startS += rows.length;
    segments.push({ kind: 'calm', startS, lengthS: times.calmS });
    startS += times.calmS;
  }
  return { segments, lengthS: startS };
}

/** What second `second` (0 ≤ second < lengthS) of a pass brings. */
export function momentAt(plan: ReplayPlan, second: number): Moment {
  const segment = plan.segments.find(({ startS, lengthS }) => second >= startS && second < startS + lengthS);
  if (segment === undefined) throw new RangeError(`second ${second} lies outside the plan`);
  if (segment.kind === 'calm') return { kind: 'calm' };
  const row = segment.rows[second - segment.startS];
  const { episode } = segment;
  return row === undefined || row === null ? { kind: 'absent', episode } : { kind: 'recorded', episode, row };
}

/** Second at which an episode begins, less the lead-in: where `--start-episode` starts. */
export function secondBefore(plan: ReplayPlan, episode: number): number {
  const segment = plan.segments.find((one) => one.kind === 'episode' && one.episode === episode);
  if (segment === undefined) throw new Error(`the plan has no episode ${episode}`);
  return Math.max(0, segment.startS - leadInS);
}

function rowsBySecond(episode: Episode): (RecordedRow | null)[] {
  const [first, last] = [episode.rows[0], episode.rows.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`episode ${episode.number} is empty`);
  const rows = Array.from<RecordedRow | null>({ length: (last.time - first.time) / 1000 + 1 }).fill(null);
  for (const row of episode.rows) rows[(row.time - first.time) / 1000] = row;
  return rows;
}
