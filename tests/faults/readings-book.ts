// The sender's book: every reading whose PUBACK arrived, as it must be recorded. Compared with a record reading by
// reading, as multisets: each acknowledged one exactly once with its value and status, and nothing besides.

import { statusBit } from '#alarms/kernel/quality.ts';
import type { Frame } from '#simulators/publish.ts';
import type { HistoryRow } from '../support/history-rows.ts';

/** Of each kind of difference so many are shown. */
const shownMax = 5;

export class ReadingsBook {
  frames = 0;
  readonly rows: HistoryRow[] = [];
  readonly points = new Set<string>();

  /** A PUBACK has come. The sender sends no status; a sample without a number is a fault of its sensor. */
  acknowledged({ time, points, values }: Frame): void {
    this.frames += 1;
    points.forEach((point, i) => {
      const value = values[i] ?? null;
      this.points.add(point);
      this.rows.push({ point, time, value, status: value === null ? statusBit.sensorFault : 0 });
    });
  }

  /** What the record has too little, too much, or otherwise; empty when it is right. The first few of each kind. */
  differences(record: readonly HistoryRow[]): string[] {
    const surplus = new Map<string, number>();
    for (const row of record) add(surplus, row, 1);
    for (const row of this.rows) add(surplus, row, -1);
    const known = new Set(this.rows.map(keyOf));
    const missing: string[] = [];
    const repeated: string[] = [];
    const neverSent: string[] = [];
    for (const [key, count] of surplus) {
      if (count < 0) missing.push(`acknowledged, not recorded: ${key}`);
      else if (count > 0 && known.has(key)) repeated.push(`recorded ${count + 1} times: ${key}`);
      else if (count > 0) neverSent.push(`recorded, never acknowledged: ${key}`);
    }
    return [missing, repeated, neverSent].flatMap(firstFew);
  }
}

function add(counts: Map<string, number>, row: HistoryRow, by: number): void {
  const key = keyOf(row);
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Numbers as JavaScript prints them: two that differ in the last bit have different texts. */
function keyOf({ point, time, value, status }: HistoryRow): string {
  return `${point} at ${time} (${new Date(time).toISOString()}) = ${value}, status ${status}`;
}

function firstFew(lines: readonly string[]): string[] {
  if (lines.length <= shownMax) return [...lines];
  return [...lines.slice(0, shownMax), `and ${lines.length - shownMax} more like the last`];
}
