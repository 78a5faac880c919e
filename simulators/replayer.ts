// Plays a plan against the clock: one frame per second of the plan, stamped with the moment it was due. It keeps the
// pace over a slow or absent gateway (what was due meanwhile is sent afterwards, as a real device does) and starts
// afresh from now when it fell far behind, as after the machine slept.

import { calmValue } from './generators/calm.ts';
import type { Frame } from './publish.ts';
import type { Recording } from './recording.ts';
import type { ReplayState } from './replay-state.ts';
import { momentAt, type ReplayPlan } from './replay.ts';
import type { SimulatedSite } from './site.ts';

export const recordedSource = 'replay';
/** The demo's site document declares this source as a simulator: the gateway marks each of its values 模拟. */
export const simulatedSource = 'replay-sim';

/** Older than this, what is due is not caught up any more. */
const behindMsMax = 300_000;
/** How much is played again after a kill without notice: seconds, sent twice and with other stamps, so no harm. */
const saveEveryS = 5;

export interface ReplayerOptions {
  readonly plan: ReplayPlan;
  readonly recording: Recording;
  readonly site: SimulatedSite;
  readonly speed: number;
  readonly start: ReplayState;
  readonly send: (frame: Frame) => Promise<void>;
  readonly save?: (state: ReplayState) => void;
  /** The clock and the wait, for tests. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

export class Replayer {
  readonly #options: ReplayerOptions;
  readonly #now: () => number;
  readonly #wait: (ms: number) => Promise<void>;
  readonly #sequences: Record<string, number>;
  #pass: number;
  #second: number;
  #isStopped = false;

  constructor(options: ReplayerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#wait = options.wait ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    this.#pass = options.start.pass;
    this.#second = options.start.second;
    this.#sequences = { ...options.start.sequences };
  }

  /** Plays until stopped; faster than real time only to the end of the pass, for then its stamps have reached now. */
  async run(): Promise<void> {
    const { plan, speed } = this.#options;
    const periodMs = 1_000 / speed;
    let due = this.#now();
    // Stamps run `speed` times as fast as the clock: they begin so far back that the last of the pass is now.
    let stamp = due - Math.round((plan.lengthS - this.#second) * (1_000 - periodMs));
    while (!this.#isStopped) {
      const early = due - this.#now();
      if (early >= 1) await this.#wait(early);
      if (this.#isStopped) return;
      if (this.#now() - due > behindMsMax) {
        stamp += this.#now() - due;
        due = this.#now();
      }
      await this.#play(stamp);
      if (this.#isStopped) return;
      due += periodMs;
      stamp += 1_000;
      if (this.#advance() && speed > 1) return;
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#save();
  }

  async #play(time: number): Promise<void> {
    const { plan, recording, site, send } = this.#options;
    const moment = momentAt(plan, this.#second);
    switch (moment.kind) {
      case 'absent':
        return;
      case 'recorded':
        return send(this.#frame(recordedSource, time, recording.points, moment.row.values));
      case 'calm': {
        const second = this.#pass * plan.lengthS + this.#second;
        const channels = Object.entries(site.channels);
        const values = channels.map(([id, profile]) => calmValue(site.seed, id, profile, second));
        const points = channels.map(([id]) => id);
        return send(this.#frame(simulatedSource, time, points, values));
      }
    }
  }

  #frame(source: string, time: number, points: readonly string[], values: readonly (number | null)[]): Frame {
    const sequence = (this.#sequences[source] ?? 0) + 1;
    this.#sequences[source] = sequence;
    const topic = { mine: this.#options.site.mine, system: 'safety', source, stream: 'data' } as const;
    return { topic, sequence, time, points, values };
  }

  /** True when a pass is over. */
  #advance(): boolean {
    this.#second += 1;
    const isOver = this.#second === this.#options.plan.lengthS;
    if (isOver) {
      this.#second = 0;
      this.#pass += 1;
    }
    if (this.#second % saveEveryS === 0) this.#save();
    return isOver;
  }

  #save(): void {
    this.#options.save?.({ pass: this.#pass, second: this.#second, sequences: { ...this.#sequences } });
  }
}
