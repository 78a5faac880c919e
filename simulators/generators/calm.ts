// Calm values of a channel: pure in (seed, sensor, second). Slow drift, faster breathing, small noise, the meter's
// step; a machine's channels run and stand together. Always inside the profile's bounds, which lie below all limits.
// Simulated values: whoever publishes them says so by a source that the site declares (`replay-sim`).

import { hashUnit, smoothNoise } from '../random.ts';

export type CalmProfile =
  | {
      readonly kind: 'steady';
      readonly base: number;
      readonly drift: number;
      readonly noise: number;
      readonly step: number;
      readonly low: number;
      readonly high: number;
    }
  | {
      readonly kind: 'machine';
      readonly machine: string;
      readonly level: number;
      readonly noise: number;
      readonly step: number;
      readonly high: number;
    }
  | { readonly kind: 'direction'; readonly machine: string };

/** Periods of the three parts of a steady channel: ventilation and weather, working cycle, turbulence. */
const driftPeriodS = 1_200;
const cyclePeriodS = 140;
const noisePeriodS = 6;
/** A shearer cuts for some minutes, then stands; its direction changes at the ends of the face. */
const machinePeriodS = 240;
const directionPeriodS = 900;

export function calmValue(seed: number, sensor: string, profile: CalmProfile, second: number): number {
  switch (profile.kind) {
    case 'steady': {
      const slow = smoothNoise(seed, `${sensor} drift`, second / driftPeriodS);
      const cycle = smoothNoise(seed, `${sensor} cycle`, second / cyclePeriodS);
      const fast = smoothNoise(seed, `${sensor} noise`, second / noisePeriodS);
      const value = profile.base + profile.drift * (0.7 * slow + 0.3 * cycle) + profile.noise * fast;
      return stepped(Math.min(profile.high, Math.max(profile.low, value)), profile.step);
    }
    case 'machine': {
      if (!isRunning(seed, profile.machine, second)) return 0;
      const load = smoothNoise(seed, `${sensor} load`, second / noisePeriodS);
      const value =
        profile.level + profile.noise * (0.8 * load + 0.2 * (2 * hashUnit(seed, sensor, second) - 1));
      return stepped(Math.min(profile.high, Math.max(0, value)), profile.step);
    }
    case 'direction':
      return hashUnit(seed, `${profile.machine} direction`, Math.floor(second / directionPeriodS)) < 0.5
        ? 0
        : 1;
  }
}

function isRunning(seed: number, machine: string, second: number): boolean {
  return smoothNoise(seed, `${machine} running`, second / machinePeriodS) > -0.2;
}

/** To the meter's step, without the dust of binary fractions. */
function stepped(value: number, step: number): number {
  return Number((Math.round(value / step) * step).toFixed(6));
}
