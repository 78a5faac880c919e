import { describe, expect, test } from 'vitest';
import { onOff } from '#gateway/formats/batch.ts';
import { intakeRefusals, type IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { emptyBatch } from '../decoding.ts';
import { SenmlDecoder } from './decode.ts';

const decoder = new SenmlDecoder();
const into = emptyBatch();
const received = Date.UTC(2026, 2, 18, 6, 0, 0, 123);
const t = 1_790_000_000;
const ms = t * 1000;

function decode(message: unknown) {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  const result = decoder.decode(Buffer.from(text), into, received);
  if (!result.ok) return { reason: result.reason };
  const { base, count, points, times, values, units, refused } = result.batch;
  expect(points).toHaveLength(count);
  const rows = points.map((point, i) => [point, times[i], values[i], units?.[i] ?? null]);
  return { base, rows, refused: refused.map(({ index, reason }) => [index, reason]) };
}

describe('names', () => {
  test('are base name and name, each of which may be missing', () => {
    const { rows } = decode([
      { n: 'MM261', v: 1, t },
      { bn: 'demo.', n: 'MM262', v: 2, t },
      { v: 3, t },
      { bn: '', n: 'MM263', v: 4, t },
    ]);
    expect(rows?.map(([point]) => point)).toEqual(['MM261', 'demo.MM262', 'demo.', 'MM263']);
  });

  test.each([
    ['no name at all', [{ bu: 'A', v: 1, t }]],
    ['an empty base name and no name', [{ bn: '', v: 1, t }]],
    ['a leading character that may not lead', [{ n: '_a', v: 1, t }]],
    ['a leading character that only the base name brings', [{ bn: ':', n: 'a', v: 1, t }]],
    ['a letter outside ASCII', [{ n: '甲烷', v: 1, t }]],
    ['a blank', [{ n: 'a b', v: 1, t }]],
    ['a line feed at its end', [{ n: 'a\n', v: 1, t }]],
    ['65 characters in all', [{ bn: 'a'.repeat(33), n: 'b'.repeat(32), v: 1, t }]],
    ['a number as name', [{ n: 7, v: 1, t }]],
    ['null as name', [{ bn: 'a', n: null, v: 1, t }]],
    ['a list as record', [['n', 'a']]],
  ])('%s is refused', (_, pack) => {
    expect(decode(pack)).toMatchObject({ rows: [], refused: [[0, 'BAD_POINT']] });
  });

  test('64 characters of every allowed kind pass', () => {
    const n = `0-:./_Az${'x'.repeat(56)}`;
    expect(decode([{ n, v: 1, t }])).toMatchObject({ rows: [[n, ms, 1, null]] });
  });

  test('a base name of a megabyte under thousands of names costs no copy of it', () => {
    const pack = [{ bn: 'a'.repeat(900_000) }, ...Array.from({ length: 9_000 }, () => ({ n: 'b' }))];
    const { refused } = decode(pack);
    expect(refused).toHaveLength(9_000);
  });
});

describe('times', () => {
  test.each<readonly [string, object[], number]>([
    ['nothing said is now', [{ n: 'a', v: 1 }], received],
    ['zero is now', [{ n: 'a', v: 1, t: 0 }], received],
    ['negative lies before now', [{ n: 'a', v: 1, t: -2.5 }], received - 2500],
    ['small and positive lies after now', [{ n: 'a', v: 1, t: 3 }], received + 3000],
    ['a relative base', [{ bt: -60, n: 'a', v: 1, t: 0.1 }], received - 59_900],
    ['a millisecond before the base', [{ bt: t, n: 'a', v: 1, t: -0.001 }], ms - 1],
    ['no fraction is lost', [{ bt: 1_790_000_000.29, n: 'a', v: 1, t: 0.001 }], ms + 291],
    ['half a millisecond goes up', [{ n: 'a', v: 1, t: 1_790_000_000.0005 }], ms + 1],
    ['less goes down', [{ n: 'a', v: 1, t: 1_790_000_000.000499 }], ms],
    ['an exponent', [{ n: 'a', v: 1, t: 1.79e9 }], ms],
    ['small beside a base is no time of its own', [{ bt: 1_789_999_000, n: 'a', v: 1, t: 1_000 }], ms],
    ['next to nothing', [{ n: 'a', v: 1, t: -1e-300 }], received],
  ])('%s: %j is at %i', (_, pack, time) => {
    expect(decode(pack)).toMatchObject({ base: time, rows: [['a', time, 1, null]] });
  });

  test.each([
    ['2^28 s, which is in 1978', [{ n: 'a', v: 1, t: 2 ** 28 }]],
    ['milliseconds instead of seconds', [{ n: 'a', v: 1, t: ms }]],
    ['a century before now', [{ n: 'a', v: 1, t: -3.2e9 }]],
    ['a text', [{ n: 'a', v: 1, t: '1790000000' }]],
    ['null', [{ n: 'a', v: 1, t: null }]],
    ['1e308 twice', [{ bt: 1e308, n: 'a', v: 1, t: 1e308 }]],
    ['a base time in words', [{ bt: 'noon', n: 'a', v: 1, t }]],
  ])('%s is refused', (_, pack) => {
    expect(decode(pack)).toMatchObject({ rows: [], refused: [[0, 'BAD_TIME']] });
  });

  test('the readings leave in the order of their times, those of one time as they came', () => {
    const { rows, refused } = decode([
      { n: 'c', u: 'A', v: 1, t: t + 2 },
      { n: 'bad', v: 'x', t },
      { n: 'a', u: 'V', v: 2, t },
      { n: 'b', v: 3, t },
      { n: 'a', v: 4, t: t + 1 },
    ]);
    expect(rows).toEqual([
      ['a', ms, 2, 'V'],
      ['b', ms, 3, null],
      ['a', ms + 1_000, 4, null],
      ['c', ms + 2_000, 1, 'A'],
    ]);
    expect(refused).toEqual([[1, 'BAD_VALUE']]);
  });
});

describe('values', () => {
  test('base value and value are added as decimals: 0.7 + 0.1 is 0.8 and reaches its limit', () => {
    expect(0.7 + 0.1).toBeLessThan(0.8);
    expect(decode([{ n: 'a', bv: 0.7, v: 0.1, t }])).toMatchObject({ rows: [['a', ms, 0.8, null]] });
  });

  test('a sum beside a value is left aside, and so are update time and what nobody knows', () => {
    const pack = [{ bs: 3, n: 'a', v: 1.5, s: 100, ut: 'never', colour: { red: 1 }, bcolour: 2, t }];
    expect(decode(pack)).toMatchObject({ rows: [['a', ms, 1.5, null]], refused: [] });
  });

  test.each<readonly [string, object, IntakeRefusal]>([
    ['no value', {}, 'BAD_VALUE'],
    ['no value, only a base value', { bv: 20 }, 'BAD_VALUE'],
    ['the value under the key of plain JSON', { value: 1 }, 'BAD_VALUE'],
    ['null', { v: null }, 'BAD_VALUE'],
    ['a text in v', { v: '1.0' }, 'BAD_VALUE'],
    ['a truth value in v', { v: true }, 'BAD_VALUE'],
    ['a number in vb', { vb: 1 }, 'BAD_VALUE'],
    ['two values', { v: 1, vb: true }, 'BAD_VALUE'],
    ['a base value that is no number', { bv: 'x', v: 1 }, 'BAD_VALUE'],
    ['a sum beyond all numbers', { bv: 1.7e308, v: 1.7e308 }, 'BAD_VALUE'],
    ['a text', { vs: 'on' }, 'VALUE_KIND_UNSUPPORTED'],
    ['data', { vd: 'aGkgCg' }, 'VALUE_KIND_UNSUPPORTED'],
    ['a sum alone', { s: 4 }, 'VALUE_KIND_UNSUPPORTED'],
    ['a unit that is no text', { v: 1, u: 5 }, 'UNIT_MISMATCH'],
    ['a base unit that is no text', { v: 1, bu: null }, 'UNIT_MISMATCH'],
    ['a switch in degrees', { vb: true, u: 'Cel' }, 'UNIT_MISMATCH'],
    ['a field that must be understood', { v: 1, secret_: 1 }, 'FIELD_NOT_UNDERSTOOD'],
  ])('%s refuses its record alone', (_, fields, reason) => {
    const good = { bn: '', bt: 0, bv: 0, bu: '', n: 'good', v: 2, t };
    expect(decode([good, { n: 'a', t, ...fields }, good])).toEqual({
      base: ms,
      rows: [
        ['good', ms, 2, ''],
        ['good', ms, 2, ''],
      ],
      refused: [[1, reason]],
    });
  });

  test('NaN and 1e999 refuse their records and not the pack', () => {
    const { rows, refused } = decode(
      `[{"n":"a","v":NaN,"t":${t}},{"n":"a","v":1e999,"t":${t}},{"n":"a","v":2,"t":${t}}]`,
    );
    expect(rows).toEqual([['a', ms, 2, null]]);
    expect(refused).toEqual([
      [0, 'BAD_VALUE'],
      [1, 'BAD_VALUE'],
    ]);
  });

  test('a truth value is 1 or 0 without base value, and says so instead of a unit', () => {
    const { rows } = decode([
      { bu: 'Cel', bv: 5, n: 'a', vb: true, t },
      { n: 'b', vb: false, u: '/', t },
    ]);
    expect(rows).toEqual([
      ['a', ms, 1, onOff],
      ['b', ms, 0, onOff],
    ]);
  });
});

describe('base fields', () => {
  test('go on until the next of their kind; the unit of a record comes before that of the base', () => {
    const { rows } = decode([
      { bn: 'a.', bt: t, bu: 'A', bv: 10, n: '1', v: 1 },
      { n: '2', u: 'V', v: 2, t: 1 },
      { bn: 'b.', n: '3', v: 3, t: 2 },
      { bt: t + 10, bu: 'Hz', bv: 0, n: '4', v: 4 },
    ]);
    expect(rows).toEqual([
      ['a.1', ms, 11, 'A'],
      ['a.2', ms + 1_000, 12, 'V'],
      ['b.3', ms + 2_000, 13, 'A'],
      ['b.4', ms + 10_000, 4, 'Hz'],
    ]);
  });

  test.each<readonly [string, object, object, IntakeRefusal]>([
    ['name', { bn: 5 }, { bn: 'x' }, 'BAD_POINT'],
    ['time', { bt: '0' }, { bt: 0 }, 'BAD_TIME'],
    ['unit', { bu: ['%'] }, { bu: 'A' }, 'UNIT_MISMATCH'],
    ['value', { bv: null }, { bv: 0 }, 'BAD_VALUE'],
  ])('a base %s that cannot be read does not leave the one before in force', (_, bad, good, reason) => {
    const before = { bn: 'x', bt: 0, bu: 'A', bv: 0, n: 'a', v: 1, t };
    const { rows, refused } = decode([before, bad, { n: 'a', v: 2, t }, { ...good, n: 'a', v: 3, t }]);
    expect(rows?.map(([, , value]) => value)).toEqual([1, 3]);
    expect(refused).toEqual([[2, reason]]);
  });

  test('one that must be understood and is not goes for all that follows', () => {
    const { rows, refused } = decode([
      { n: 'a', v: 1, t },
      { bscale_: 100, n: 'a', v: 2, t },
      { n: 'a', v: 3, t },
    ]);
    expect(rows).toEqual([['a', ms, 1, null]]);
    expect(refused).toEqual([
      [1, 'FIELD_NOT_UNDERSTOOD'],
      [2, 'FIELD_NOT_UNDERSTOOD'],
    ]);
  });

  test('those of a record that is refused still hold', () => {
    const { rows } = decode([{ bn: 'x', bt: t, bu: 'A', bv: 1, n: 'a' }, { v: 2 }]);
    expect(rows).toEqual([['x', ms, 3, 'A']]);
  });
});

describe('versions', () => {
  test.each([1, 5, 10])('%i is read', (bver) => {
    expect(decode([{ bver, n: 'a', v: 1, t }])).toMatchObject({ rows: [['a', ms, 1, null]] });
  });

  test.each([11, 0, -1, 5.5, '10', null])('%j refuses the whole pack, wherever it stands', (bver) => {
    expect(decode([{ n: 'a', v: 1, t }, { bver }])).toEqual({ reason: 'VERSION_UNSUPPORTED' });
  });
});

test.each<readonly [string, string, IntakeRefusal]>([
  ['nothing but base fields', '[{"bn":"a","bt":1}]', 'EMPTY'],
  ['an object', '{"n":"a","v":1}', 'FORMAT_UNKNOWN'],
  ['10,001 records', JSON.stringify(Array.from({ length: 10_001 }, () => 0)), 'TOO_MANY_READINGS'],
  ['more than 1 MiB', `[{"n":"${'a'.repeat(1024 * 1024)}"}]`, 'FRAME_TOO_LARGE'],
])('%s is refused whole', (_, text, reason) => {
  expect(decode(text)).toEqual({ reason });
  expect(reason in intakeRefusals).toBe(true);
});

test('10,000 records are read', () => {
  const pack = Array.from({ length: 10_000 }, (_, index) => ({ n: `p${index}`, v: index, t }));
  expect(decode(pack)).toMatchObject({ refused: [], base: ms });
  expect(into.count).toBe(10_000);
});

test('__proto__ must be understood like any label with that end, and constructor is one that nobody knows', () => {
  const text = `[{"n":"a","t":${t},"__proto__":{"v":5,"bn":"x"}},{"n":"a","t":${t},"v":1,"constructor":1}]`;
  expect(decode(text)).toMatchObject({
    rows: [['a', ms, 1, null]],
    refused: [[0, 'FIELD_NOT_UNDERSTOOD']],
  });
});
