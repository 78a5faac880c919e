// A bad day of the network from a seed: when the proxy cuts and freezes, and for how long. The same seed gives the same
// day; it is run by the proxy's clock.

import { hashUnit } from '../random.ts';
import type { Clock } from './clock.ts';
import type { CutKind, Directions, FaultProxy } from './proxy.ts';

export interface ScheduleOptions {
  readonly seed: number;
  readonly durationS: number;
  /** Mean distance of cuts and of freezes; 0: none. */
  readonly cutEveryS: number;
  readonly freezeEveryS: number;
  /** Mean length of a freeze. */
  readonly freezeS: number;
}

export type Happening =
  | { readonly atMs: number; readonly does: 'cut'; readonly kind: CutKind }
  | { readonly atMs: number; readonly does: 'freeze' | 'thaw'; readonly directions: Directions };

/** In the order of their times. More than this many and the day is refused. */
const happeningsMax = 100_000;

export function makeSchedule(options: ScheduleOptions): Happening[] {
  const { seed, freezeS } = options;
  const unit = (what: string, n: number) => hashUnit(seed, what, n);
  const cuts = times(options, 'cut', options.cutEveryS).map((atMs, n): Happening => ({
    atMs,
    does: 'cut',
    kind: unit('cut kind', n) < 0.5 ? 'reset' : 'fin',
  }));
  const freezes = times(options, 'freeze', options.freezeEveryS).flatMap((atMs, n): Happening[] => {
    const directions = (['up', 'down', 'both'] as const)[Math.floor(unit('freeze way', n) * 3)]!;
    const lengthMs = freezeS * 1_000 * (0.5 + unit('freeze length', n));
    return [
      { atMs, does: 'freeze', directions },
      { atMs: atMs + lengthMs, does: 'thaw', directions },
    ];
  });
  return [...cuts, ...freezes].sort((a, b) => a.atMs - b.atMs);
}

/** Resolves when the last has happened. */
export async function runSchedule(
  proxy: FaultProxy,
  happenings: readonly Happening[],
  clock: Clock,
): Promise<void> {
  const startedAt = clock.now();
  for (const happening of happenings) {
    const waitMs = startedAt + happening.atMs - clock.now();
    if (waitMs > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    happen(proxy, happening);
  }
}

function happen(proxy: FaultProxy, happening: Happening): void {
  switch (happening.does) {
    case 'cut':
      proxy.cut(happening.kind);
      return;
    case 'freeze':
      return proxy.freeze(happening.directions);
    case 'thaw':
      return proxy.thaw(happening.directions);
  }
}

/** Between half and one and a half times the mean apart. */
function times({ seed, durationS }: ScheduleOptions, what: string, everyS: number): number[] {
  if (!(everyS > 0)) return [];
  const found: number[] = [];
  for (let atS = 0; ;) {
    atS += everyS * (0.5 + hashUnit(seed, what, found.length));
    if (atS >= durationS) return found;
    if (found.length >= happeningsMax) throw new Error(`more than ${happeningsMax} happenings`);
    found.push(atS * 1_000);
  }
}
