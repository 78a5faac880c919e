// Reads rollups and newest readings out of history.db: what the digests hold, and what is still in the tail beside it.
// Works inside the read transaction of its caller.

import type { DatabaseSync } from 'node:sqlite';
import {
  rollupStepMs,
  type LatestReading,
  type RollupQuery,
  type RollupSeries,
  type RollupStep,
} from '../../serving/query/port.ts';
import { decodeTail } from './hot-samples.ts';
import { LatestRow } from './latest-row.ts';
import { pointsPerRow, RollupBytes, RollupRow } from './rollup-row.ts';
import { SampleColumns } from './sample-block.ts';

export function readLatest(db: DatabaseSync, ids: readonly string[]): readonly (LatestReading | null)[] {
  const numbers = numbersOf(db, ids);
  const rows = new Map<number, LatestRow>();
  const get = db.prepare('SELECT readings FROM latest WHERE points = ?');
  const rowOf = (number: number): LatestRow => {
    const group = Math.floor(number / pointsPerRow);
    let row = rows.get(group);
    if (row === undefined) {
      row = new LatestRow();
      row.clear();
      const there = get.get(group)?.['readings'];
      if (there !== undefined) row.decode(there as Uint8Array);
      rows.set(group, row);
    }
    return row;
  };
  for (const number of numbers) if (number !== null) rowOf(number);
  readTail(db, (number, time, value, status) => {
    rows.get(Math.floor(number / pointsPerRow))?.offer(number % pointsPerRow, time, value, status);
  });
  return numbers.map((number) => {
    if (number === null) return null;
    const row = rowOf(number);
    const place = number % pointsPerRow;
    const [t, value] = [row.times[place]!, row.values[place]!];
    return Number.isNaN(t) ? null : { t, v: Number.isNaN(value) ? null : value, s: row.status[place]! };
  });
}

export function readRollups(db: DatabaseSync, query: RollupQuery): readonly RollupSeries[] {
  const stepMs = rollupStepMs[query.step];
  // Buckets that begin in the range.
  const [first, end] = [Math.ceil(query.from / stepMs), Math.ceil(query.to / stepMs)];
  const numbers = numbersOf(db, query.points);
  const tails = tailBuckets(db, numbers, stepMs);
  const reader = new RollupReader(db, query.step);
  return query.points.map((point, i) => {
    const number = numbers[i]!;
    const tail = number === null ? null : tails.get(number)!;
    return { point, ...(number === null ? emptySeries() : reader.series(number, first, end, tail!)) };
  });
}

type TailBuckets = ReadonlyMap<number, SampleColumns>;
type Columns = { [K in Exclude<keyof RollupSeries, 'point'>]: (number | null)[] } & {
  t: number[];
  total: number[];
  count: number[];
};

const emptySeries = (): Columns => ({ t: [], total: [], count: [], min: [], max: [], mean: [] });

class RollupReader {
  private readonly stepMs: number;
  private readonly select: ReturnType<DatabaseSync['prepare']>;
  private readonly row = new RollupRow();
  private readonly bytes = new RollupBytes();
  /** Outside of it the table has nothing: a range may be given as "all time". */
  private readonly bounds: { readonly first: number; readonly end: number };

  constructor(db: DatabaseSync, step: RollupStep) {
    const [table, bucket] = step === '1m' ? ['rollup_minutes', 'minute'] : ['rollup_hours', 'hour'];
    this.stepMs = rollupStepMs[step];
    this.select = db.prepare(`SELECT rollups FROM ${table} WHERE ${bucket} = ? AND points = ?`);
    const bounds = db
      .prepare(
        `SELECT (SELECT min(${bucket}) FROM ${table}) AS first, (SELECT max(${bucket}) FROM ${table}) AS last`,
      )
      .get();
    const isEmpty = typeof bounds?.['first'] !== 'number';
    this.bounds = isEmpty
      ? { first: 0, end: 0 }
      : { first: Number(bounds['first']), end: Number(bounds['last']) + 1 };
  }

  series(number: number, first: number, end: number, tail: TailBuckets): Columns {
    const columns = emptySeries();
    const group = Math.floor(number / pointsPerRow);
    const place = number % pointsPerRow;
    for (const bucket of this.buckets(first, end, tail)) {
      const there = this.select.get(bucket, group)?.['rollups'];
      if (there === undefined) this.row.clear();
      else this.row.decode(this.bytes, there as Uint8Array);
      const more = tail.get(bucket);
      if (more !== undefined) this.row.addSamples(place, more);
      if (this.row.total[place]! > 0) this.put(columns, bucket, place);
    }
    return columns;
  }

  private *buckets(first: number, end: number, tail: TailBuckets): Generator<number> {
    const { bounds } = this;
    const young = [...tail.keys()].filter((bucket) => bucket >= first && bucket < end);
    const [from, to] = [Math.max(first, bounds.first), Math.min(end, bounds.end)];
    const outside = young.filter((bucket) => bucket < from || bucket >= to).sort((a, b) => a - b);
    for (const bucket of outside) if (bucket < from) yield bucket;
    for (let bucket = from; bucket < to; bucket += 1) yield bucket;
    for (const bucket of outside) if (bucket >= from) yield bucket;
  }

  private put(columns: Columns, bucket: number, place: number): void {
    const { row } = this;
    const count = row.count[place]!;
    columns.t.push(bucket * this.stepMs);
    columns.total.push(row.total[place]!);
    columns.count.push(count);
    columns.min.push(count === 0 ? null : row.min[place]!);
    columns.max.push(count === 0 ? null : row.max[place]!);
    columns.mean.push(row.mean(place));
  }
}

/** By point number and bucket: the samples that no digest has yet. */
function tailBuckets(
  db: DatabaseSync,
  numbers: readonly (number | null)[],
  stepMs: number,
): ReadonlyMap<number, TailBuckets> {
  const byPoint = new Map<number, Map<number, SampleColumns>>();
  for (const number of numbers) if (number !== null) byPoint.set(number, new Map());
  readTail(db, (number, time, value, status) => {
    const buckets = byPoint.get(number);
    if (buckets === undefined) return;
    const bucket = Math.floor(time / stepMs);
    let columns = buckets.get(bucket);
    if (columns === undefined) buckets.set(bucket, (columns = new SampleColumns()));
    columns.add(time, value, status, 0);
  });
  return byPoint;
}

function readTail(
  db: DatabaseSync,
  tell: (point: number, time: number, value: number, status: number) => void,
): void {
  for (const row of db.prepare('SELECT samples FROM tail ORDER BY n').iterate()) {
    const { count, points, times, values, status } = decodeTail(row['samples'] as Uint8Array);
    for (let i = 0; i < count; i += 1) tell(points[i]!, times[i]!, values[i]!, status[i]!);
  }
}

function numbersOf(db: DatabaseSync, ids: readonly string[]): readonly (number | null)[] {
  const select = db.prepare('SELECT n FROM points WHERE id = ?');
  return ids.map((id) => {
    const number = select.get(id)?.['n'];
    return typeof number === 'number' ? number : null;
  });
}
