// The values of one station's points, sample after sample, from the seed alone. A value is the sum of the point's
// level, a daily swing, a slow drift and noise with a memory (both AR(1)), and what a shot nearby has stirred up and the
// air has not yet carried away; in steps of the meter and always inside its range. Only + − × ÷ and square roots are used:
// they give the same bits on every machine.

import { statusBit } from '#alarms/kernel/quality.ts';
import { hashUnit } from '../random.ts';
import { groupOf, kindOf, type FleetPlan, type Station } from './plan.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** Memory of the drift. */
const driftMemoryS = 4 * 3_600;
/** How long a sensor hangs or is away, in minutes, and how often such a spell begins. */
const spellMinutes = 10;
const spellShare = 0.2;
/** Minutes that drift steps through at most between two samples: beyond it the past is forgotten anyway. */
const driftStepsMax = 4_000;
/** Deviation of the sum of four bytes, each uniform over 0…255. */
const fourBytesMean = 510;
const fourBytesDeviation = Math.sqrt((4 * (256 * 256 - 1)) / 12);

export class StationSignal {
  readonly size: number;
  /** Of the sample last made: steps of the meter (10^-decimals), meaningless where the status says there is no number. */
  readonly steps: Int32Array;
  readonly statuses: Uint8Array;
  readonly decimals: Uint8Array;
  private readonly plan: FleetPlan;
  private readonly keys: Uint32Array;
  private readonly base: Float64Array;
  private readonly level: Float64Array;
  private readonly noise: Float64Array;
  private readonly noiseKeeps: Float64Array;
  private readonly noiseAdds: Float64Array;
  private readonly drift: Float64Array;
  private readonly stirred: Float64Array;
  private readonly stirredKeeps: Float64Array;
  private readonly scale: Float64Array;
  private readonly low: Int32Array;
  private readonly high: Int32Array;
  /** 0 as it should be, 1 hangs, 2 away. */
  private readonly spell: Uint8Array;
  private readonly station: Station;
  private minute: number | null = null;
  private tick = 0;

  constructor(plan: FleetPlan, station: Station) {
    this.plan = plan;
    this.station = station;
    const size = (this.size = station.points);
    const kinds = Array.from({ length: size }, (_, i) => kindOf(station.first + i));
    const periodS = plan.periodMs / 1_000;
    const floats = (of: (i: number) => number) => Float64Array.from({ length: size }, (_, i) => of(i));
    this.keys = Uint32Array.from({ length: size }, (_, i) => hashUnit(plan.seed, this.key(i), 0) * 2 ** 32);
    this.base = floats((i) => kinds[i]!.base + kinds[i]!.spread * this.symmetric(i, 'spread', 0));
    this.noiseKeeps = floats((i) => 1 / (1 + periodS / kinds[i]!.noiseMemoryS));
    this.noiseAdds = floats(
      (i) => (kinds[i]!.noise * Math.sqrt(1 - this.noiseKeeps[i]! ** 2)) / fourBytesDeviation,
    );
    this.stirredKeeps = floats((i) => 1 / (1 + periodS / (kinds[i]!.blast?.decayS ?? 1)));
    this.decimals = Uint8Array.from(kinds, ({ decimals }) => decimals);
    this.scale = floats((i) => 10 ** kinds[i]!.decimals);
    this.low = Int32Array.from(kinds, ({ range }, i) => range[0] * this.scale[i]!);
    this.high = Int32Array.from(kinds, ({ range }, i) => range[1] * this.scale[i]!);
    this.level = new Float64Array(size);
    this.noise = new Float64Array(size);
    this.drift = floats((i) => kinds[i]!.drift * this.symmetric(i, 'drift at first', 0));
    this.stirred = new Float64Array(size);
    this.steps = new Int32Array(size);
    this.statuses = new Uint8Array(size);
    this.spell = new Uint8Array(size);
  }

  /** Makes the next sample of all points. */
  next(): void {
    const minute = Math.floor((this.plan.startMs + this.tick * this.plan.periodMs) / minuteMs);
    if (minute !== this.minute) this.enter(minute);
    this.tick += 1;
    const { size, keys, level, noise, noiseKeeps, noiseAdds, stirred, stirredKeeps, scale, steps, spell } =
      this;
    const salt = Math.imul(this.tick, 0x9e37_79b9);
    for (let i = 0; i < size; i += 1) {
      const around = fourBytes(keys[i]! ^ salt) - fourBytesMean;
      const moved = noise[i]! * noiseKeeps[i]! + noiseAdds[i]! * around;
      noise[i] = moved;
      const gone = stirred[i]! * stirredKeeps[i]!;
      stirred[i] = gone;
      if (spell[i] !== 0) continue;
      const step = Math.floor((level[i]! + moved + gone) * scale[i]! + 0.5);
      steps[i] = step < this.low[i]! ? this.low[i]! : step > this.high[i]! ? this.high[i]! : step;
    }
  }

  private enter(minute: number): void {
    const passed = this.minute === null ? 1 : Math.min(driftStepsMax, minute - this.minute);
    const keeps = 1 / (1 + 60 / driftMemoryS);
    const adds = Math.sqrt(1 - keeps * keeps) / fourBytesDeviation;
    for (let i = 0; i < this.size; i += 1) {
      const kind = kindOf(this.station.first + i);
      for (let step = passed - 1; step >= 0; step -= 1) {
        const around = fourBytes(this.keys[i]! ^ Math.imul(minute - step, 0x85eb_ca6b)) - fourBytesMean;
        this.drift[i] = this.drift[i]! * keeps + kind.drift * adds * around;
      }
      this.level[i] = this.base[i]! + kind.diurnal * swing(minute * minuteMs) + this.drift[i]!;
      if (kind.blast !== undefined) this.stirred[i]! += kind.blast.rise * this.shot(i, minute);
      this.spell[i] = this.spellAt(i, minute);
      this.statuses[i] = this.spell[i] === 2 ? statusBit.sensorFault : 0;
    }
    this.minute = minute;
  }

  /** How much a shot in this minute stirs up, as a share of the usual; all points of a heading share their shots. */
  private shot(i: number, minute: number): number {
    const { plan, station } = this;
    const heading = `shot ${station.mine} ${groupOf(station.first + i)}`;
    if (hashUnit(plan.seed, heading, minute) >= 60 / plan.blastEveryS) return 0;
    return 0.5 + hashUnit(plan.seed, `${heading} size`, minute);
  }

  private spellAt(i: number, minute: number): number {
    const { plan } = this;
    const kind = hashUnit(plan.seed, `${this.key(i)} spells`, 0);
    const isStuck = kind < plan.stuckShare;
    if (!isStuck && kind < 1 - plan.absentShare) return 0;
    const spell = Math.floor(minute / spellMinutes);
    if (hashUnit(plan.seed, `${this.key(i)} spell`, spell) >= spellShare) return 0;
    // A sensor that hangs from the very first has no value to hang at.
    return isStuck ? (this.tick === 0 ? 0 : 1) : 2;
  }

  private key(i: number): string {
    return `${this.station.mine} ${this.station.first + i}`;
  }

  private symmetric(i: number, what: string, n: number): number {
    return 2 * hashUnit(this.plan.seed, `${this.key(i)} ${what}`, n) - 1;
  }
}

/** Sum of the four bytes of a well mixed word: close enough to a normal distribution, and cheap. */
function fourBytes(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  h ^= h >>> 16;
  return (h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24);
}

/** Over the day from −1 (04:00) to 1 (16:00) and back, smooth, in the mines' time (UTC+8). */
function swing(timeMs: number): number {
  const hour = (((timeMs + 8 * 3_600_000) % dayMs) / dayMs) * 24;
  const part = ((hour + 20) % 24) / 12;
  const up = part < 1 ? part : 2 - part;
  return 2 * up * up * (3 - 2 * up) - 1;
}
