// Everything that history.db holds of samples, whether in blocks or in the tail, as sorted lines
// `point t value status mark`: what two histories are compared by.

import { DatabaseSync } from 'node:sqlite';
import { chunkMs } from '../history-schema.ts';
import { decodeTail } from '../hot-samples.ts';
import { BlockDecoder, SampleColumns } from '../sample-block.ts';

export function historyContents(path: string): { samples: string[]; late: string[] } {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const late = db
      .prepare('SELECT id, t, value, status, mark FROM readings_late JOIN points ON point = points.n')
      .all()
      .map((row) => ['id', 't', 'value', 'status', 'mark'].map((name) => String(row[name])).join(' '));
    return { samples: samplesOf(db).sort(), late: late.sort() };
  } finally {
    db.close();
  }
}

function samplesOf(db: DatabaseSync): string[] {
  const ids = new Map<number, string>();
  for (const { n, id } of db.prepare('SELECT n, id FROM points').all()) ids.set(Number(n), String(id));
  const lines: string[] = [];
  const line = (point: number, time: number, value: number, status: number, mark: number): void => {
    lines.push(`${ids.get(point)} ${time} ${Number.isNaN(value) ? 'null' : value} ${status} ${mark}`);
  };
  for (const row of db
    .prepare('SELECT chunk, point, mark, samples FROM blocks JOIN parts USING (part)')
    .all()) {
    const columns = new SampleColumns();
    new BlockDecoder().decode(row['samples'] as Uint8Array, Number(row['chunk']) * chunkMs, columns);
    for (let i = 0; i < columns.count; i += 1) {
      line(
        Number(row['point']),
        columns.times[i]!,
        columns.values[i]!,
        columns.status[i]!,
        Number(row['mark']),
      );
    }
  }
  for (const row of db.prepare('SELECT samples FROM tail').all()) {
    const { count, points, times, values, status } = decodeTail(row['samples'] as Uint8Array);
    for (let i = 0; i < count; i += 1) line(points[i]!, times[i]!, values[i]!, status[i]!, 0);
  }
  return lines;
}
