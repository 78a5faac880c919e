// What the query thread can answer: the port that the SQLite adapter implements (`openQueries(folder)`).
// Everything here is synchronous and runs in the query thread only; serving asks by message (client.ts), with a
// bounded queue and a timeout. All answers are plain data that a structured clone carries. Read-only, always.

import type { Level } from '#alarms/kernel/level.ts';
import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';

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

export interface Queries {
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
  /** One series per asked point, in the order asked; an unknown point gives an empty one. */
  history(query: HistoryQuery): readonly HistorySeries[];
  close(): void;
}
