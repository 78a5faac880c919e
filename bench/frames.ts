// Frames as a substation sends them, one after another over all points: columnar v1, values that move, offsets within
// the frame. Every `alarmEvery`-th frame holds one reading above the alarm limit; the point's next reading is normal
// again. Always holds: no point is above the limit twice running (its cycle has no common factor with `alarmEvery`).

import { formatTopic } from '#gateway/protocol/topics.ts';
import { benchMine, pointId, pointsPerSource, sourceName } from './site.ts';

export interface FramePlan {
  readonly points: number;
  readonly perFrame: number;
  readonly alarmEvery: number;
}

export interface MadeFrame {
  readonly source: number;
  readonly topic: string;
  readonly payload: string;
  /** `scope@raisedAt` of the alarm that this frame raises. */
  readonly alarm: string | null;
}

const variants = 32;
const alarmValue = '1.2';

export class FrameMaker {
  readonly sources: number;
  private readonly plan: FramePlan;
  private readonly topics: readonly string[];
  /** `,"p":[…],"d":[…],"x":[` by list. */
  private readonly heads: readonly string[];
  private readonly values: readonly (readonly string[])[];
  private readonly joined: readonly string[];
  private readonly tail: string;
  private readonly lists: number;
  private readonly base: Float64Array;
  private readonly sequence: Float64Array;
  private made = 0;

  constructor(plan: FramePlan, random: () => number) {
    this.plan = plan;
    const { points, perFrame } = plan;
    this.sources = points / pointsPerSource;
    this.lists = pointsPerSource / perFrame;
    const cycle = points / perFrame;
    if (!Number.isInteger(cycle) || !Number.isInteger(this.lists) || cycle % plan.alarmEvery === 0)
      throw new Error(`${perFrame} readings per frame do not fit ${points} points and an alarm cycle`);
    this.topics = Array.from({ length: this.sources }, (_, source) =>
      formatTopic({ mine: benchMine, system: 'safety', source: sourceName(source), stream: 'data' }),
    );
    const offsets = Array.from({ length: perFrame }, (_, i) => i % 10).join(',');
    this.heads = Array.from({ length: cycle }, (_, list) => {
      const names = Array.from({ length: perFrame }, (_, i) => `"${this.point(list, i)}"`).join(',');
      return `,"p":[${names}],"d":[${offsets}],"x":[`;
    });
    this.values = Array.from({ length: variants }, () =>
      Array.from({ length: perFrame }, () => (0.3 + 0.4 * random()).toFixed(2)),
    );
    this.joined = this.values.map((values) => values.join(','));
    this.tail = `],"s":[${Array.from({ length: perFrame }, () => 0).join(',')}]}`;
    this.base = new Float64Array(this.sources);
    this.sequence = new Float64Array(this.sources);
  }

  /** The next frame, stamped `now` or just after the last of its source. */
  next(now: number): MadeFrame {
    const { plan, sources } = this;
    const n = this.made;
    this.made += 1;
    const source = n % sources;
    const list = source * this.lists + (Math.floor(n / sources) % this.lists);
    const base = Math.max(now, this.base[source]! + 1);
    this.base[source] = base;
    this.sequence[source]! += 1;
    const variant = (n * 13) % variants;
    let x = this.joined[variant]!;
    let alarm: string | null = null;
    // The first pass gives every point a normal value.
    if (n >= plan.points / plan.perFrame && n % plan.alarmEvery === 0) {
      // Another one in each pass, so that in time every point has its turn.
      const index = (Math.floor(n / sources) * 37 + n * 7) % plan.perFrame;
      x = this.values[variant]!.with(index, alarmValue).join(',');
      alarm = `${this.point(list, index)}@${base + (index % 10)}`;
    }
    const payload = `{"v":1,"seq":${this.sequence[source]},"t":${base}${this.heads[list]}${x}${this.tail}`;
    return { source, topic: this.topics[source]!, payload, alarm };
  }

  private point(list: number, index: number): string {
    const source = Math.floor(list / this.lists);
    return pointId(source, (list % this.lists) * this.plan.perFrame + index);
  }
}

/** The same values in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
