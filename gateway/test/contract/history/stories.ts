// Random but plausible lives of a history: readings judged as the core judges them, points that are registered later,
// reports, crashes. For the properties of the contract.

import * as fc from 'fast-check';
import type { HistoryPoint } from '../../../projector/store-port.ts';
import type { ContractInput, ContractReading } from './facade.ts';

/** A whole hour, so that samples lie on both sides of a minute and of an hour. */
export const aroundHour = Math.ceil(1_700_000_000_000 / 3_600_000) * 3_600_000;
/** The first three are known from the beginning; the third is a switch. Ids as hostile as a registry lets in. */
export const storyPoints: readonly HistoryPoint[] = [
  { id: 'p0', mine: 'm1', range: [0, 4] },
  { id: `矿,p=1\\"'x`, mine: 'm1' },
  { id: 'door', mine: 'm1', isSwitch: true },
  { id: 'p3', mine: 'm1', range: [0, 4] },
  { id: 'é'.repeat(64), mine: 'm2' },
];

export type Act =
  | { readonly kind: 'inputs'; readonly inputs: readonly ContractInput[] }
  /** These are given and not committed; then it dies. */
  | { readonly kind: 'crash'; readonly inputs: readonly ContractInput[] };

interface Draft {
  readonly point: number;
  readonly t: number;
  readonly v: number | null;
  readonly s: number;
}
type Step =
  | { readonly kind: 'readings'; readonly source: number; readonly drafts: readonly Draft[] }
  | { readonly kind: 'register'; readonly count: number; readonly turn: number }
  | { readonly kind: 'report'; readonly time: number; readonly state: number; readonly reportedAt: number }
  | { readonly kind: 'commit' }
  | { readonly kind: 'crash' };

const draft: fc.Arbitrary<Draft> = fc.record({
  point: fc.nat(storyPoints.length - 1),
  t: fc.oneof(
    fc.integer({ min: -20, max: 20 }).map((n) => aroundHour + n * 3),
    fc.integer({ min: -50, max: 50 }).map((n) => aroundHour + n * 61_000),
  ),
  v: fc.option(fc.constantFrom(0, -0, 1, 2, 0.1, 0.2, 0.7, 1.25, -3.4567, 1 / 3)),
  s: fc.constantFrom(0, 0, 1, 8, 16, 128),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('readings' as const),
      source: fc.nat(1),
      drafts: fc.array(draft, { maxLength: 40 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('register' as const),
      count: fc.integer({ min: 3, max: 5 }),
      turn: fc.nat(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      time: fc.integer({ min: -3, max: 3 }).map((n) => aroundHour + n * 1_000),
      state: fc.nat(2),
      reportedAt: fc.nat(5),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
);

export const stories: fc.Arbitrary<readonly Act[]> = fc
  .array(step, { minLength: 5, maxLength: 40 })
  .map((steps) => new Storyteller().tell(steps));

/** Turns drafts into what the journal would hold: outcomes as accept makes them, unknown points in quarantine. */
class Storyteller {
  private known = 3;
  private order: readonly HistoryPoint[] = storyPoints.slice(0, 3);
  private readonly newest = new Map<string, Draft>();
  private received = aroundHour;

  tell(steps: readonly Step[]): readonly Act[] {
    const acts: Act[] = [];
    let open: ContractInput[] = [
      { kind: 'sourceSeen', source: 0, name: { mine: 'm1', system: 'safety', source: 'a' } },
      { kind: 'sourceSeen', source: 1, name: { mine: 'm2', system: 'safety', source: 'b' } },
      { kind: 'configure', points: this.order },
    ];
    for (const one of steps) {
      this.received += 9_000;
      if (one.kind === 'commit' || one.kind === 'crash') {
        acts.push({ kind: one.kind === 'crash' ? 'crash' : 'inputs', inputs: open });
        open = [];
      } else open.push(...this.inputsOf(one));
    }
    return [...acts, { kind: 'inputs', inputs: open }];
  }

  private inputsOf(one: Exclude<Step, { kind: 'commit' | 'crash' }>): ContractInput[] {
    if (one.kind === 'register') {
      this.known = Math.max(this.known, one.count);
      const points = storyPoints.slice(0, this.known);
      const turn = one.turn % points.length;
      this.order = [...points.slice(turn), ...points.slice(0, turn)];
      return [{ kind: 'configure', points: this.order }];
    }
    if (one.kind === 'report') {
      const { time, state, reportedAt } = one;
      const switchChanges = [{ point: 'door', time, state, previous: null }];
      const upstreamAlarms = [{ ...plainAlarm, startedAt: time, reportedAt, max: state }];
      return [
        { kind: 'report', source: 0, received: this.received, report: { switchChanges, upstreamAlarms } },
      ];
    }
    const readings: ContractReading[] = [];
    const unknown: { point: string; time: number; value: number | null; status: number }[] = [];
    for (const reading of one.drafts) {
      const { id } = storyPoints[reading.point]!;
      const slot = this.order.findIndex((point) => point.id === id);
      const { t, v, s } = reading;
      // Quarantined readings are journalled as JSON, which has no −0.
      if (slot === -1) unknown.push({ point: id, time: t, value: v === null ? null : v + 0, status: s });
      else readings.push({ slot, t, v, s, outcome: this.judge(id, reading) });
    }
    const { source } = one;
    const { received } = this;
    const inputs: ContractInput[] = [];
    if (readings.length > 0) inputs.push({ kind: 'frame', source, received, readings });
    if (unknown.length > 0) inputs.push({ kind: 'quarantined', source, received, readings: unknown });
    return inputs;
  }

  private judge(id: string, reading: Draft): ContractReading['outcome'] {
    const last = this.newest.get(id);
    if (last !== undefined && reading.t <= last.t) {
      const isSame = reading.t === last.t && reading.s === last.s && reading.v === last.v;
      return isSame ? 'duplicate' : 'late';
    }
    this.newest.set(id, reading);
    return 'accepted';
  }
}

export const plainAlarm = {
  subject: 'p0',
  kind: 'YCBJ.001',
  startedAt: aroundHour,
  endedAt: null,
  reportedAt: aroundHour,
  max: null,
  maxAt: null,
  min: null,
  minAt: null,
  mean: null,
  cause: null,
  measures: null,
  recordedAt: null,
  recordedBy: null,
} as const;
