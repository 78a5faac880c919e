// What the query thread can answer: two ports, the record of events (`EventQueries`: SQLite, synchronous) and history
// (`HistoryQueries`: SQLite at once, a server later). They run in the query thread only; serving asks by message
// (client.ts), with a bounded queue and a timeout. All answers are plain data that a structured clone carries.
// Read-only, always.

import type { Level } from '#alarms/kernel/level.ts';
import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { RegistryChangeView } from '../../protocol/registry-api.ts';
import type {
  PositionReport,
  StatisticReport,
  SwitchChangeReport,
  UpstreamAlarmReport,
} from '#alarms/telemetry/report.ts';

/** One page, newest first. `cursor` is opaque to serving: given back unchanged for the next page, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export interface AlarmFilter {
  /** Scope of the viewer: only alarms of these mines. Never empty (serving answers an empty scope itself). */
  readonly mines: readonly string[];
  /** live = base other than normal and not superseded; ended = the others. Absent: both. */
  readonly state?: 'live' | 'ended';
  readonly level?: Level;
  /** The scope of the rule: a point or place id. */
  readonly scope?: string;
  readonly rule?: string;
  readonly case?: string;
  /** from ≤ raisedAt < to, ms. */
  readonly from?: number;
  readonly to?: number;
  /** 1 … 500. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface CaseFilter {
  readonly mines: readonly string[];
  /** open = neither archived nor merged; closed = the others. Absent: both. */
  readonly state?: 'open' | 'closed';
  readonly level?: Level;
  /** from ≤ openedAt < to, ms. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface EventFilter {
  readonly mines: readonly string[];
  /** Events with seq > afterSeq, ascending. */
  readonly afterSeq: number;
  /** 1 … 1 000. */
  readonly limit: number;
}

/** What definitions changed, newest first. */
export interface RegistryChangesFilter {
  readonly mines: readonly string[];
  readonly what?: RegistryChangeView['what'];
  readonly id?: string;
  /** from ≤ at < to, ms. */
  readonly from?: number;
  readonly to?: number;
  /** 1 … 500. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface HistoryQuery {
  /** Up to 32 points, each with its own gap: samples further apart than it are not joined. */
  readonly points: readonly { readonly id: string; readonly gapMs: number }[];
  /** from ≤ t < to, ms of source time. */
  readonly from: number;
  readonly to: number;
  /** Bound of samples per point in the answer, 16 … 20 000; above it buckets with minimum and maximum kept. */
  readonly maxSamples: number;
}

/**
 * Columns of equal length, ascending in time. `v` null = a sample without a number, or a gap: where two samples lie
 * further apart than `gapMs`, one entry with v null and s 0 stands at (earlier + gapMs). `bucketMs` 0 = every stored
 * sample is here; else each bucket gives its minimum and maximum in the order of their times (one entry when they are
 * the same sample), and the OR of the bucket's status bits on both.
 */
export interface HistorySeries {
  readonly point: string;
  readonly bucketMs: number;
  readonly t: readonly number[];
  readonly v: readonly (number | null)[];
  readonly s: readonly number[];
}

/** The newest reading of a point by its own time, late ones and what retention took away aside. */
export interface LatestReading {
  readonly t: number;
  /** null = without a number. */
  readonly v: number | null;
  readonly s: number;
}

export const rollupStepMs = { '1m': 60_000, '1h': 3_600_000 } as const;
export type RollupStep = keyof typeof rollupStepMs;

export interface RollupQuery {
  /** Up to 32 point ids. */
  readonly points: readonly string[];
  /** Buckets that begin in from ≤ t < to, ms of source time; at most 100 000 steps wide for each point. */
  readonly from: number;
  readonly to: number;
  readonly step: RollupStep;
}

/**
 * Columns of equal length, ascending in time, one entry per bucket that has a reading. `total` counts all readings that
 * history holds in the bucket, `count` those with a number and usable (no bit of `unusableMask`): their minimum, maximum
 * and mean, null when there is none. The quality share is count / total. −0 is 0 here.
 */
export interface RollupSeries {
  readonly point: string;
  readonly t: readonly number[];
  readonly total: readonly number[];
  readonly count: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
}

/** Of reports: from ≤ time < to, newest first (startedAt of an alarm, `from` of a statistic, else `time`). */
export interface ReportFilter {
  /** Mines whose sources sent it. Never empty. */
  readonly mines: readonly string[];
  readonly from: number;
  readonly to: number;
  /** Cards, points or subjects, up to 1 000. Absent: all. */
  readonly keys?: readonly string[];
  /** 1 … 10 000. */
  readonly limit: number;
  readonly cursor?: string;
}

export type Reported<T> = T & { readonly mine: string };

/** A point that nobody has registered, with what waits of it in the quarantine. */
export interface UnknownPoint {
  readonly point: string;
  readonly mine: string;
  readonly readings: number;
  readonly from: number;
  readonly to: number;
}

export interface EventQueries {
  /** Number of the last event that is in events.db (0 = none): what a read is good for. */
  projectedSeq(): number;
  alarm(id: string): AlarmState | null;
  alarms(filter: AlarmFilter): Page<AlarmState>;
  case(id: string): CaseState | null;
  cases(filter: CaseFilter): Page<CaseState>;
  /** Events of the alarm, ascending by seq, the first `limit`. */
  alarmEvents(id: string, limit: number): readonly Event[];
  /** The case's timeline: events with `case` = id, or of one of its alarms; ascending by seq, the first `limit`. */
  caseEvents(id: string, limit: number): readonly Event[];
  events(filter: EventFilter): readonly Event[];
  registryChanges(filter: RegistryChangesFilter): Page<RegistryChangeView>;
  close(): void;
}

type Soon<T> = T | Promise<T>;

/** An implementation may answer at once. Throws (or rejects with) an error named `StoreMissing` while there is no store. */
export interface HistoryQueries {
  /** One series per asked point, in the order asked; an unknown point gives an empty one. */
  history(query: HistoryQuery): Soon<readonly HistorySeries[]>;
  /** In the order asked, up to 20 000; null = no reading of it. */
  latest(points: readonly string[]): Soon<readonly (LatestReading | null)[]>;
  /** One series per asked point, in the order asked; an unknown point gives an empty one. */
  rollup(query: RollupQuery): Soon<readonly RollupSeries[]>;
  positions(filter: ReportFilter): Soon<Page<Reported<PositionReport>>>;
  switchChanges(filter: ReportFilter): Soon<Page<Reported<SwitchChangeReport>>>;
  upstreamAlarms(filter: ReportFilter): Soon<Page<Reported<UpstreamAlarmReport>>>;
  statistics(filter: ReportFilter): Soon<Page<Reported<StatisticReport>>>;
  /** Those of sources of these mines, most readings first, the first `limit`. */
  unknownPoints(mines: readonly string[], limit: number): Soon<readonly UnknownPoint[]>;
  close(): Soon<void>;
}

/** What serving can ask; the thread holds the two ports apart. */
export type Queries = EventQueries & HistoryQueries;
