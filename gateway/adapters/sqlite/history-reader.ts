// Reads series of samples out of history.db: blocks, then what is still in the tail, in the order of time, thinned for a
// screen. Works inside the read transaction of its caller: samples move from the tail into blocks meanwhile.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryQuery, HistorySeries } from '../../serving/query/port.ts';
import { Decimator } from './decimate.ts';
import { chunkMs, chunkOf } from './history-schema.ts';
import { decodeTail } from './hot-samples.ts';
import { BlockDecoder, SampleColumns } from './sample-block.ts';

export function readHistory(db: DatabaseSync, query: HistoryQuery): readonly HistorySeries[] {
  const reader = new HistoryReader(db, query);
  return query.points.map((point) => reader.series(point));
}

class HistoryReader {
  private readonly query: HistoryQuery;
  private readonly numberOf: StatementSync;
  private readonly blocks: StatementSync;
  private readonly first: number;
  private readonly last: number;
  /** By point number: what the tail has of the points asked for. */
  private readonly tails = new Map<number, SampleColumns>();
  private readonly decoder = new BlockDecoder();
  private readonly columns = new SampleColumns();

  constructor(db: DatabaseSync, query: HistoryQuery) {
    this.query = query;
    this.numberOf = db.prepare('SELECT n FROM points WHERE id = ?');
    this.blocks = db.prepare(blocksOfPoint);
    const bounds = db.prepare(chunkBounds).get();
    // Chunks that cannot hold anything are not asked for: a range may be given as "all time".
    const isEmpty = typeof bounds?.['first'] !== 'number';
    this.first = isEmpty ? 0 : Math.max(chunkOf(query.from), Number(bounds['first']));
    this.last = isEmpty ? -1 : Math.min(chunkOf(query.to - 1), Number(bounds['last']));
    this.readTail(db);
  }

  series(point: { readonly id: string; readonly gapMs: number }): HistorySeries {
    const { from, to, maxSamples } = this.query;
    const decimator = new Decimator({ from, to, gapMs: point.gapMs, samplesMax: maxSamples });
    const number = this.numberOf.get(point.id)?.['n'];
    if (typeof number === 'number') this.readPoint(number, decimator);
    return { point: point.id, ...decimator.finish() };
  }

  private readPoint(number: number, decimator: Decimator): void {
    const { columns } = this;
    const tail = this.tails.get(number);
    let chunk = Number.NEGATIVE_INFINITY;
    columns.clear();
    for (const row of this.blocks.iterate(this.first, this.last, number)) {
      if (row['chunk'] !== chunk) {
        this.giveChunk(decimator);
        chunk = Number(row['chunk']);
        // What the tail has from before this chunk's end belongs here or earlier.
        if (tail !== undefined) this.takeTail(tail, (chunk + 1) * chunkMs);
      }
      this.decoder.decode(row['samples'] as Uint8Array, chunk * chunkMs, columns);
    }
    if (tail !== undefined) this.takeTail(tail, Number.POSITIVE_INFINITY);
    this.giveChunk(decimator);
  }

  /** Moves the samples of `tail` before `end` to the columns; `tail` ascends. */
  private takeTail(tail: SampleColumns, end: number): void {
    let count = 0;
    while (count < tail.count && tail.times[count]! < end) {
      this.columns.add(tail.times[count]!, tail.values[count]!, tail.status[count]!, 0);
      count += 1;
    }
    if (count === 0) return;
    for (const column of [tail.times, tail.values, tail.status]) column.copyWithin(0, count, tail.count);
    tail.count -= count;
  }

  private giveChunk(decimator: Decimator): void {
    const { columns } = this;
    const { from, to } = this.query;
    const order = orderOf(columns);
    for (let k = 0; k < columns.count; k += 1) {
      const i = order === null ? k : order[k]!;
      const time = columns.times[i]!;
      if (time < from || time >= to) continue;
      const value = columns.values[i]!;
      decimator.add(time, Number.isNaN(value) ? null : value, columns.status[i]!);
    }
    columns.clear();
  }

  private readTail(db: DatabaseSync): void {
    for (const { id } of this.query.points) {
      const number = this.numberOf.get(id)?.['n'];
      if (typeof number === 'number') this.tails.set(number, new SampleColumns());
    }
    for (const row of db.prepare('SELECT samples FROM tail ORDER BY n').iterate()) {
      const { count, points, times, values, status } = decodeTail(row['samples'] as Uint8Array);
      for (let i = 0; i < count; i += 1) {
        this.tails.get(points[i]!)?.add(times[i]!, values[i]!, status[i]!, 0);
      }
    }
  }
}

/** Null when the samples ascend already, as those of one block do. */
function orderOf({ times, count }: SampleColumns): Uint32Array | null {
  let isAscending = true;
  for (let i = 1; i < count && isAscending; i += 1) isAscending = times[i]! > times[i - 1]!;
  if (isAscending) return null;
  return Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => times[a]! - times[b]!);
}

/** Two look-ups; one SELECT of both would read every row. */
const chunkBounds = 'SELECT (SELECT min(chunk) FROM parts) AS first, (SELECT max(chunk) FROM parts) AS last';

/** One seek per part, in the order of time; CROSS JOIN keeps SQLite to it. */
const blocksOfPoint = `
  SELECT chunk, samples FROM parts INDEXED BY parts_by_chunk CROSS JOIN blocks USING (part)
  WHERE chunk BETWEEN ?1 AND ?2 AND point = ?3 ORDER BY chunk`;
