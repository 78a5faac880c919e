// The book against history: makes the readings of every acknowledged frame again from the seed and looks for each of
// them in history, where it must stand exactly once as it was sent. Frames that were sent and not acknowledged may be
// there, once. Keeps the readings of one window of one station in memory, whatever the run's length.

import { statusBit } from '#alarms/kernel/quality.ts';
import type { StationPage } from './book.ts';
import { FrameWriter } from './frame-writer.ts';
import { stationsOf, type FleetPlan } from './plan.ts';
import { noShift, type ShiftOf } from './stages.ts';

export interface HistoryReading {
  readonly point: string;
  readonly time: number;
  /** null: a sample without a number. */
  readonly value: number | null;
  readonly status: number;
}

/** Everything that history holds of these points with from ≤ time < to, late readings too. */
export type ReadHistory = (points: readonly string[], from: number, to: number) => Iterable<HistoryReading>;

export type Fault = 'missing' | 'doubled' | 'changed' | 'foreign' | 'digest';

export interface Finding {
  readonly fault: Fault;
  readonly point: string;
  readonly time: number;
}

export interface Verification {
  /** Readings of acknowledged frames, each looked for. */
  readonly expected: number;
  readonly found: number;
  /** Readings of frames without a PUBACK that are in history all the same. */
  readonly unacknowledged: number;
  readonly faults: Readonly<Record<Fault, number>>;
  /** The first of them. */
  readonly findings: readonly Finding[];
}

export interface VerifyOptions {
  /** As the stages changed the stamps; then each station is looked at in one window. */
  readonly shiftOf?: ShiftOf;
  readonly windowReadings?: number;
}

const windowReadingsDefault = 200_000;
const findingsMax = 100;

interface Expected {
  readonly value: number | null;
  readonly status: number;
  readonly isAcknowledged: boolean;
  seen: number;
}

export function verifyBook(
  plan: FleetPlan,
  pages: readonly StationPage[],
  read: ReadHistory,
  options: VerifyOptions = {},
): Verification {
  const verifier = new Verifier(plan, read, options);
  for (const page of pages) verifier.station(page);
  return verifier;
}

class Verifier implements Verification {
  expected = 0;
  found = 0;
  unacknowledged = 0;
  readonly faults: Record<Fault, number> = { missing: 0, doubled: 0, changed: 0, foreign: 0, digest: 0 };
  readonly findings: Finding[] = [];
  private readonly plan: FleetPlan;
  private readonly read: ReadHistory;
  private readonly shiftOf: ShiftOf;
  private readonly windowTicks: (points: number) => number;

  constructor(plan: FleetPlan, read: ReadHistory, options: VerifyOptions) {
    this.plan = plan;
    this.read = read;
    this.shiftOf = options.shiftOf ?? noShift;
    const bound = options.windowReadings ?? windowReadingsDefault;
    this.windowTicks = (points) =>
      options.shiftOf === undefined ? Math.max(1, Math.floor(bound / points)) : Number.POSITIVE_INFINITY;
  }

  station(page: StationPage): void {
    const { plan } = this;
    const station = stationsOf(plan)[page.station];
    if (station === undefined) throw new Error(`the fleet has no station ${page.station}`);
    const writer = new FrameWriter(plan, station);
    const ticks = this.windowTicks(station.points);
    const window = new Window(writer.pointIds);
    let windowEnd = ticks;
    const endMs = (tick: number) => plan.startMs + tick * plan.periodMs;
    const runs = new RunCheck(page);
    for (let frame = 0; frame < page.sent; frame += 1) {
      const { digest } = writer.next();
      const isAcknowledged = runs.take(frame, digest);
      const shift = this.shiftOf(station.index, frame);
      for (let n = 0; n < writer.perFrame; n += 1) {
        const time = writer.times[n]!;
        if (time >= endMs(windowEnd)) {
          this.compare(window, endMs(windowEnd - ticks), endMs(windowEnd));
          windowEnd += ticks;
        }
        const value = writer.values[n]!;
        window.add(writer.points[n]!, time + shift, {
          value: Number.isNaN(value) ? null : value,
          status: writer.statuses[n]!,
          isAcknowledged,
          seen: 0,
        });
        if (isAcknowledged) this.expected += 1;
      }
    }
    // What stands in history beyond the last frame is as foreign as anything.
    const from = ticks === Number.POSITIVE_INFINITY ? 0 : endMs(windowEnd - ticks);
    this.compare(window, from, Number.MAX_SAFE_INTEGER);
    for (const first of runs.wrong()) this.note('digest', writer.pointIds[0]!, first);
  }

  private compare(window: Window, from: number, to: number): void {
    for (const { point, time, value, status } of this.read(window.points, from, to)) {
      const expected = window.get(point, time);
      if (expected === undefined) {
        this.note('foreign', point, time);
        continue;
      }
      expected.seen += 1;
      if (expected.seen > 1) this.note('doubled', point, time);
      else if (value !== expected.value || (status & sentBits) !== expected.status)
        this.note('changed', point, time);
      else if (expected.isAcknowledged) this.found += 1;
      else this.unacknowledged += 1;
    }
    for (const { point, time, expected } of window.drain())
      if (expected.isAcknowledged && expected.seen === 0) this.note('missing', point, time);
  }

  private note(fault: Fault, point: string, time: number): void {
    this.faults[fault] += 1;
    if (this.findings.length < findingsMax) this.findings.push({ fault, point, time });
  }
}

/** That values are simulated is the gateway's mark, not the sender's. */
const sentBits = ~statusBit.simulated;

class Window {
  readonly points: readonly string[];
  private readonly byPoint: Map<string, Map<number, Expected>>;

  constructor(points: readonly string[]) {
    this.points = points;
    this.byPoint = new Map(points.map((point) => [point, new Map<number, Expected>()]));
  }

  add(point: number, time: number, expected: Expected): void {
    const id = this.points[point]!;
    const times = this.byPoint.get(id)!;
    if (times.has(time))
      throw new Error(`two readings of ${id} at ${time} were sent: they cannot be told apart`);
    times.set(time, expected);
  }

  get(point: string, time: number): Expected | undefined {
    return this.byPoint.get(point)?.get(time);
  }

  *drain(): Iterable<{ point: string; time: number; expected: Expected }> {
    for (const [point, times] of this.byPoint) {
      for (const [time, expected] of times) yield { point, time, expected };
      times.clear();
    }
  }
}

/** Which frames are acknowledged, in rising order, and whether their digests add up to those of the book. */
class RunCheck {
  private readonly runs: StationPage['runs'];
  private readonly sums: number[];
  private at = 0;

  constructor({ runs }: StationPage) {
    this.runs = runs;
    this.sums = runs.map(() => 0);
  }

  take(frame: number, digest: number): boolean {
    while (this.at < this.runs.length && frame >= this.runs[this.at]!.first + this.runs[this.at]!.count)
      this.at += 1;
    const run = this.runs[this.at];
    if (run === undefined || frame < run.first) return false;
    this.sums[this.at] = (this.sums[this.at]! + digest) >>> 0;
    return true;
  }

  /** First frames of the runs that were not made by this plan. */
  wrong(): number[] {
    return this.runs.filter(({ digest }, index) => digest !== this.sums[index]).map(({ first }) => first);
  }
}
