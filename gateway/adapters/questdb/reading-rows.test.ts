import * as fc from 'fast-check';
import { createBuffer, SenderOptions } from '@questdb/nodejs-client';
import { describe, expect, test } from 'vitest';
import { PointFronts, ReadingRows } from './reading-rows.ts';

interface Row {
  readonly slot: number;
  readonly timeMs: number;
  readonly value: number;
  readonly status: number;
}

const options = await SenderOptions.fromConfig('http::addr=127.0.0.1:1;protocol_version=2;auto_flush=off');

/** The client's own bytes. */
function byClient(table: string, ids: readonly string[], rows: readonly Row[]): Buffer {
  const buffer = createBuffer(options);
  for (const { slot, timeMs, value, status } of rows) {
    buffer.table(table).symbol('point', ids[slot]!);
    if (!Number.isNaN(value)) buffer.floatColumn('value', value);
    buffer.intColumn('status', status).at(Math.round(timeMs * 1000), 'us');
  }
  return Buffer.from(buffer.toBufferView() ?? []);
}

function byUs(table: string, ids: readonly string[], rows: readonly Row[], room = 4): ReadingRows {
  const fronts = new PointFronts(table);
  fronts.set(ids);
  const made = new ReadingRows(fronts, room);
  for (const { slot, timeMs, value, status } of rows) made.add(slot, timeMs, value, status);
  return made;
}

const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }).filter((text) => text.isWellFormed());
const anyDouble = fc.oneof(
  fc.double({ noDefaultInfinity: true }),
  fc.constantFrom(-0, 5e-324, 1.797e308, 0.1, Number.NaN),
);
const timeMs = fc.oneof(
  fc.integer({ min: 0, max: 4_102_444_800_000 }),
  fc.constantFrom(0, 1, 9_999_999, 10_000_000, 10_000_001),
  fc.double({ min: 0, max: 4_102_444_800_000, noNaN: true }),
  fc.integer({ min: -1_000_000, max: -1 }),
);
const status = fc.integer({ min: 0, max: 65_535 });
const story = fc.array(id, { minLength: 1, maxLength: 6 }).chain((ids) =>
  fc.tuple(
    fc.constant(ids),
    fc.array(fc.record({ slot: fc.nat(ids.length - 1), timeMs, value: anyDouble, status }), {
      maxLength: 20,
    }),
  ),
);

describe('rows of readings', () => {
  test("are byte for byte those of QuestDB's own client, for any names, values, bits and times", () => {
    fc.assert(
      fc.property(story, ([ids, rows]) => {
        expect(byUs('readings', ids, rows).body()).toEqual(byClient('readings', ids, rows));
      }),
      { numRuns: 500 },
    );
  });

  test('go on alike after being cleared, and after a row was taken out', () => {
    fc.assert(
      fc.property(story, fc.nat(), ([ids, rows], which) => {
        fc.pre(rows.length > 0);
        const made = byUs('r', ids, rows);
        const index = which % rows.length;
        expect(Buffer.concat([made.row(index), Buffer.from('\n')])).toEqual(
          byClient('r', ids, [rows[index]!]),
        );
        made.remove(index);
        const rest = rows.filter((_, i) => i !== index);
        expect(made.count).toBe(rest.length);
        expect(made.body()).toEqual(byClient('r', ids, rest));
        made.add(rows[0]!.slot, rows[0]!.timeMs, rows[0]!.value, rows[0]!.status);
        expect(made.body()).toEqual(byClient('r', ids, [...rest, rows[0]!]));
        made.clear();
        expect(made.body().length).toBe(0);
      }),
    );
  });
});
