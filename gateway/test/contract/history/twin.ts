// The second opinion on history: one reading at a time, maps and look-ups only, no grouping, no crash.

import { statusBit, unusableMask } from '#alarms/kernel/quality.ts';
import type { Report, SwitchChangeReport, UpstreamAlarmReport } from '#alarms/telemetry/report.ts';
import type { HistoryPoint } from '../../../projector/store-port.ts';
import type { LatestReading, RollupSeries } from '../../../serving/query/port.ts';
import type { ContractInput, StoredReading } from './facade.ts';

export class HistoryTwin {
  private readonly samples = new Map<string, StoredReading>();
  private readonly late = new Map<string, StoredReading>();
  private readonly mines = new Map<number, string>();
  private quarantine: { point: string; t: number; v: number | null; s: number; source: number }[] = [];
  private points: readonly HistoryPoint[] = [];
  private readonly changes = new Map<string, SwitchChangeReport>();
  private readonly alarms = new Map<string, UpstreamAlarmReport>();

  take(input: ContractInput): void {
    if (input.kind === 'sourceSeen') this.mines.set(input.source, input.name.mine);
    else if (input.kind === 'configure') this.configure(input.points);
    else if (input.kind === 'report') this.report(input.report);
    else if (input.kind === 'quarantined') {
      for (const { point, time, value, status } of input.readings)
        this.quarantine.push({ point, t: time, v: value, s: status, source: input.source });
    } else if (input.kind === 'frame') {
      for (const { slot, t, v, s, outcome } of input.readings) {
        const point = this.points[slot];
        if (point === undefined || outcome === 'duplicate') continue;
        this.put({ point: point.id, t, v, s }, outcome === 'late');
        if (outcome === 'accepted' && point.isSwitch === true) this.watch(point.id, t, v, s);
      }
    }
  }

  whole(): { samples: string[]; late: string[] } {
    return { samples: linesOf(this.samples.values()), late: [...this.late.keys()].sort() };
  }

  seriesOf(point: string): readonly StoredReading[] {
    return [...this.samples.values()].filter((one) => one.point === point).sort((a, b) => a.t - b.t);
  }

  latest(point: string): LatestReading | null {
    const last = this.seriesOf(point).at(-1);
    return last === undefined ? null : { t: last.t, v: last.v, s: last.s };
  }

  /** Recomputed from all stored samples. */
  rollup(point: string, stepMs: number): RollupSeries {
    const buckets = new Map<number, StoredReading[]>();
    for (const one of this.seriesOf(point)) {
      const start = Math.floor(one.t / stepMs) * stepMs;
      buckets.set(start, [...(buckets.get(start) ?? []), one]);
    }
    const all = [...buckets].sort(([a], [b]) => a - b);
    const usable = all.map(([, readings]) =>
      readings.flatMap(({ v, s }) => (v === null || (s & unusableMask) !== 0 ? [] : [v + 0])),
    );
    return {
      point,
      t: all.map(([start]) => start),
      total: all.map(([, readings]) => readings.length),
      count: usable.map(({ length }) => length),
      min: usable.map((values) => (values.length === 0 ? null : Math.min(...values))),
      max: usable.map((values) => (values.length === 0 ? null : Math.max(...values))),
      mean: usable.map((values) =>
        values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
      ),
    };
  }

  /** Newest first. */
  switchChanges(): readonly SwitchChangeReport[] {
    return [...this.changes.values()].sort((a, b) => b.time - a.time || (a.point < b.point ? -1 : 1));
  }

  upstreamAlarms(): readonly UpstreamAlarmReport[] {
    return [...this.alarms.values()];
  }

  private configure(points: readonly HistoryPoint[]): void {
    this.points = points;
    const known = new Map(points.map((point) => [point.id, point]));
    for (const { point, t, v, s, source } of this.quarantine) {
      const registered = known.get(point);
      if (registered === undefined || this.mines.get(source) !== registered.mine) continue;
      const high = (s & statusBit.overRange) === 0 ? undefined : registered.range?.[1];
      const status = v === null && high === undefined ? s | statusBit.sensorFault : s;
      this.put({ point, t, v: v ?? high ?? null, s: status }, false);
    }
    this.quarantine = this.quarantine.filter(({ point }) => !known.has(point));
  }

  private put(reading: StoredReading, isLate: boolean): void {
    const key = `${reading.point} ${reading.t}`;
    const there = this.samples.get(key);
    if (there !== undefined && lateLineOf(there) === lateLineOf(reading)) return;
    if (there === undefined && !isLate) this.samples.set(key, reading);
    else this.late.set(lateLineOf(reading), reading);
  }

  private watch(point: string, time: number, value: number | null, status: number): void {
    if (value === null || !Number.isInteger(value) || (status & unusableMask) !== 0) return;
    const state = value + 0;
    const last = [...this.changes.values()]
      .filter((change) => change.point === point)
      .reduce<SwitchChangeReport | null>((a, b) => (a === null || b.time > a.time ? b : a), null);
    if (last !== null && (last.state === state || time <= last.time)) return;
    this.changes.set(`${point} ${time}`, { point, time, state, previous: last?.state ?? null });
  }

  private report({ switchChanges, upstreamAlarms }: Report): void {
    for (const change of switchChanges ?? []) this.changes.set(`${change.point} ${change.time}`, change);
    for (const alarm of upstreamAlarms ?? []) {
      const key = JSON.stringify([alarm.subject, alarm.kind, alarm.startedAt]);
      const there = this.alarms.get(key);
      if (there === undefined || alarm.reportedAt >= there.reportedAt) this.alarms.set(key, alarm);
    }
  }
}

/** −0 and 0 differ, as the bits do. */
export function lineOf({ point, t, v, s }: StoredReading): string {
  return `${point} ${t} ${Object.is(v, -0) ? '-0' : v} ${s}`;
}

/** Where readings are compared, and among late ones, 0 is 0 whatever its sign. */
export function lateLineOf(reading: StoredReading): string {
  return lineOf({ ...reading, v: reading.v === null ? null : reading.v + 0 });
}

export function linesOf(readings: Iterable<StoredReading>): string[] {
  return [...readings].map(lineOf).sort();
}
