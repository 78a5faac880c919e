// The points of each source system by quality, for overview and links, and how the link of a source stands. Pure.

import type { SourceStatus } from '#gateway/protocol/stream.ts';
import type { SiteNode, SiteView } from '../stream/contract.ts';
import type { Reading } from '../stream/state.ts';
import { viewValue, type Quality } from './quality.ts';

/** Whether the site declares that this source makes its values up (the demonstration between its recorded episodes). */
export function isSimulated(
  source: Pick<SourceSeen, 'mine' | 'source'>,
  sites: readonly SiteNode[],
): boolean {
  const mine = sites.find(({ id }) => id === source.mine);
  return mine?.simulatedSources?.includes(source.source) ?? false;
}

/** Whether what came last was made up; null: nothing came yet. */
export function isSimulatedNow(sources: readonly SourceSeen[], sites: readonly SiteNode[]): boolean | null {
  const newest = sources.toSorted((a, b) => b.lastReceived - a.lastReceived)[0];
  return newest === undefined || newest.lastReceived === 0 ? null : isSimulated(newest, sites);
}

/**
 * In a demo mine the recording (`x`) and its declared simulator (`x-…`) take turns: the one whose partner plays is idle,
 * not down. Any other source that is not connected is down, also there.
 */
export function linkOf(
  source: SourceLink,
  sources: readonly SourceLink[],
  sites: readonly SiteNode[],
): 'up' | 'down' | 'idle' {
  if (source.connected) return 'up';
  const mine = sites.find(({ id }) => id === source.mine);
  if (mine?.demo !== true) return 'down';
  const isPartner = (other: SourceLink): boolean =>
    other.mine === source.mine &&
    other.system === source.system &&
    (isTwin(source, other, sites) || isTwin(other, source, sites));
  return sources.some((other) => other.connected && isPartner(other)) ? 'idle' : 'down';
}

type SourceLink = Pick<SourceStatus, 'mine' | 'system' | 'source' | 'connected'>;

function isTwin(simulator: SourceLink, recording: SourceLink, sites: readonly SiteNode[]): boolean {
  return isSimulated(simulator, sites) && simulator.source.startsWith(`${recording.source}-`);
}

export interface SourceSeen {
  readonly mine: string;
  readonly source: string;
  readonly lastReceived: number;
}

export type QualityCounts = Readonly<Record<Quality, number>> & { readonly total: number };

export function countQualities(
  site: SiteView,
  values: ReadonlyMap<number, Reading>,
  now: number,
): QualityCounts {
  const counts = { good: 0, uncertain: 0, calibrating: 0, bad: 0, stale: 0, noData: 0, unknown: 0, total: 0 };
  for (const [slot, point] of site.points.entries()) {
    if (point === null) continue;
    counts[viewValue(point, values.get(slot), now).quality] += 1;
    counts.total += 1;
  }
  return counts;
}
