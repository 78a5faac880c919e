import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { emptyBatch } from '../decoding.ts';
import { FrameDecoder } from './decode.ts';
import { PointMemory } from './point-memory.ts';

const decoder = new FrameDecoder();
const into = emptyBatch();
const t = 1_790_000_000_000;
const good = { v: 1, seq: 7, t, p: ['a', 'b'], d: [0, 500], x: [1.5, null], s: [0, 4] };

function bytesOf(message: unknown): Uint8Array {
  return Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
}

/** What a decoder made of it, copied out of the reused columns. */
function decode(message: unknown, memory?: PointMemory) {
  const bytes = message instanceof Uint8Array ? message : bytesOf(message);
  const result = decoder.decode(bytes, into, memory);
  if (!result.ok) return { reason: result.reason };
  const { base, sequence, count, points, times, values, status, refused } = result.batch;
  const readings = points.slice(0, count).map((point, index) => ({
    point,
    time: times[index],
    value: values[index],
    status: status[index],
  }));
  return { base, sequence, readings, refused: [...refused] };
}

test('a whole frame becomes columns: time = t + d, null is a sample without a number', () => {
  expect(decode(good)).toEqual({
    base: t,
    sequence: 7,
    readings: [
      { point: 'a', time: t, value: 1.5, status: 0 },
      { point: 'b', time: t + 500, value: Number.NaN, status: 4 },
    ],
    refused: [],
  });
});

test('absent d and s are zeros', () => {
  expect(decode({ v: 1, seq: 0, t, p: ['a'], x: [2] })).toMatchObject({
    readings: [{ point: 'a', time: t, value: 2, status: 0 }],
  });
});

const eleven = Array.from({ length: 10_001 }, (_, index) => index);
const whole: readonly (readonly [string, unknown, IntakeRefusal])[] = [
  ['no bytes', '', 'EMPTY'],
  ['broken JSON', '{"v":1,', 'JSON_INVALID'],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 'JSON_INVALID'],
  ['half a megabyte of open brackets', '['.repeat(500_000), 'JSON_INVALID'],
  ['deep nesting that is closed again', '['.repeat(200) + ']'.repeat(200), 'JSON_INVALID'],
  ['more than 1 MiB', Buffer.alloc(1024 * 1024 + 1, 0x20), 'FRAME_TOO_LARGE'],
  ['5 MB', Buffer.alloc(5_000_000, 0x20), 'FRAME_TOO_LARGE'],
  ['version 2', { ...good, v: 2 }, 'VERSION_UNSUPPORTED'],
  ['no version', { ...good, v: undefined }, 'VERSION_UNSUPPORTED'],
  ['a point list number', { ...good, p: undefined, pv: 3 }, 'PV_UNKNOWN'],
  ['a list number that is none', { ...good, pv: 3.5 }, 'PV_UNKNOWN'],
  ['a list number above the bound', { ...good, pv: 65_536 }, 'PV_UNKNOWN'],
  ['a list number as text beside names', { ...good, pv: '3' }, 'PV_UNKNOWN'],
  ['no seq', { ...good, seq: undefined }, 'SEQ_INVALID'],
  ['a negative seq', { ...good, seq: -1 }, 'SEQ_INVALID'],
  ['a fractional seq', { ...good, seq: 1.5 }, 'SEQ_INVALID'],
  ['a seq as text', { ...good, seq: '7' }, 'SEQ_INVALID'],
  ['no time', { ...good, t: undefined }, 'TIME_INVALID'],
  ['seconds instead of ms', { ...good, t: t / 1000 }, 'TIME_INVALID'],
  ['time as text', { ...good, t: '2026-09-21T00:00:00Z' }, 'TIME_INVALID'],
  ['p is no array', { ...good, p: 'a' }, 'COLUMN_INVALID'],
  ['no x', { ...good, x: undefined }, 'COLUMN_INVALID'],
  ['x is an object', { ...good, x: { 0: 1, length: 2 } }, 'COLUMN_INVALID'],
  ['d is null', { ...good, d: null }, 'COLUMN_INVALID'],
  ['s is a number', { ...good, s: 0 }, 'COLUMN_INVALID'],
  ['x is shorter', { ...good, x: [1] }, 'COLUMNS_UNEQUAL'],
  ['d is longer', { ...good, d: [0, 0, 0] }, 'COLUMNS_UNEQUAL'],
  ['s is shorter', { ...good, s: [] }, 'COLUMNS_UNEQUAL'],
  ['no readings', { v: 1, seq: 1, t, p: [], x: [] }, 'EMPTY'],
  ['10,001 readings', { v: 1, seq: 1, t, p: eleven.map(String), x: eleven }, 'TOO_MANY_READINGS'],
  ['10,001 objects', { v: 1, seq: 1, t, p: ['a'], x: eleven.map(() => ({})) }, 'TOO_MANY_READINGS'],
  ['an array', '[1]', 'FORMAT_UNKNOWN'],
  ['null', 'null', 'FORMAT_UNKNOWN'],
];

test.each(whole)('a frame with %s is refused as a whole: %#', (_, message, reason) => {
  expect(decode(message)).toEqual({ reason });
});

const single: readonly (readonly [string, string, IntakeRefusal])[] = [
  ['a text as value', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":["1.0",2]}', 'BAD_VALUE'],
  ['a bare NaN', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[NaN,2]}', 'BAD_VALUE'],
  ['a bare -Infinity', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[-Infinity,2]}', 'BAD_VALUE'],
  ['1e999', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[1e999,2]}', 'BAD_VALUE'],
  ['true', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[true,2]}', 'BAD_VALUE'],
  ['an array as value', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[[1],2]}', 'BAD_VALUE'],
  ['an offset as text', '{"v":1,"seq":1,"t":T,"p":["a","b"],"d":["0",0],"x":[1,2]}', 'BAD_TIME'],
  ['an offset out of all times', '{"v":1,"seq":1,"t":T,"p":["a","b"],"d":[1e300,0],"x":[1,2]}', 'BAD_TIME'],
  ['an offset of null', '{"v":1,"seq":1,"t":T,"p":["a","b"],"d":[null,0],"x":[1,2]}', 'BAD_TIME'],
  ['status 256', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[1,2],"s":[256,0]}', 'BAD_STATUS'],
  ['status -1', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[1,2],"s":[-1,0]}', 'BAD_STATUS'],
  ['status 0.5', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[1,2],"s":[0.5,0]}', 'BAD_STATUS'],
  ['status null', '{"v":1,"seq":1,"t":T,"p":["a","b"],"x":[1,2],"s":[null,0]}', 'BAD_STATUS'],
  ['a number as point', '{"v":1,"seq":1,"t":T,"p":[5,"b"],"x":[1,2]}', 'BAD_POINT'],
  ['an empty point', '{"v":1,"seq":1,"t":T,"p":["","b"],"x":[1,2]}', 'BAD_POINT'],
  ['a point of 65 chars', `{"v":1,"seq":1,"t":T,"p":["${'a'.repeat(65)}","b"],"x":[1,2]}`, 'BAD_POINT'],
  ['a control character', '{"v":1,"seq":1,"t":T,"p":["a\\u0000","b"],"x":[1,2]}', 'BAD_POINT'],
  ['half a surrogate', '{"v":1,"seq":1,"t":T,"p":["\\ud800","b"],"x":[1,2]}', 'BAD_POINT'],
];

describe.each([
  ['by the long way', false],
  ['with the list known', true],
])('%s', (_, isKnown) => {
  test.each(single)('a reading with %s refuses itself and its neighbour is kept', (_, text, reason) => {
    const memory = new PointMemory();
    if (isKnown) decode({ v: 1, seq: 0, t, p: ['a', 'b'], x: [0, 0] }, memory);
    expect(decode(text.replace('T', String(t)), memory)).toEqual({
      base: t,
      sequence: 1,
      readings: [{ point: 'b', time: t, value: 2, status: 0 }],
      refused: [{ reason, index: 0 }],
    });
  });
});

test('NaN inside a name stays a name when another NaN is bare', () => {
  expect(decode(`{"v":1,"seq":1,"t":${t},"p":["x\\"NaN","NaN"],"x":[NaN,2]}`)).toMatchObject({
    readings: [{ point: 'NaN', value: 2 }],
    refused: [{ reason: 'BAD_VALUE', index: 0 }],
  });
});

test('of a key that comes twice the last one counts, known list or not', () => {
  const text = `{"v":1,"seq":1,"t":${t},"p":["a","b"],"x":[1,2],"p":["c","d"]}`;
  const memory = new PointMemory();
  decode({ v: 1, seq: 0, t, p: ['a', 'b'], x: [0, 0] }, memory);
  expect(decode(text, memory)).toMatchObject({ readings: [{ point: 'c' }, { point: 'd' }] });
  expect(decode(text)).toMatchObject({ readings: [{ point: 'c' }, { point: 'd' }] });
});

test('the same names give the same array object, other names another, and both are known when they come by turns', () => {
  const memory = new PointMemory();
  const arrayOf = (p: string[]): readonly string[] => {
    const result = decoder.decode(bytesOf({ v: 1, seq: 1, t, p, x: p.map(() => 1) }), into, memory);
    if (!result.ok) throw new Error(result.detail);
    return result.batch.points;
  };
  const first = arrayOf(['a', 'b']);
  const second = arrayOf(['a', 'c']);
  expect(second).not.toBe(first);
  expect(arrayOf(['a', 'b'])).toBe(first);
  expect(arrayOf(['a', 'c'])).toBe(second);
  expect(arrayOf(['a'])).not.toBe(first);
  expect(first).toEqual(['a', 'b']);
});

test('a source that never repeats its names does not fill the memory', () => {
  const memory = new PointMemory();
  for (let round = 0; round < 200; round += 1)
    decode({ v: 1, seq: round, t, p: [`p${round}`], x: [1] }, memory);
  const kept = Array.from({ length: 200 }, (_, round) => {
    const text = Buffer.from(JSON.stringify([`p${round}`]));
    return memory.find(text, 0) !== null;
  });
  expect(kept.filter(Boolean).length).toBeLessThanOrEqual(16);
});

const reading = fc.record({
  point: fc.string({
    unit: fc.constantFrom('a', 'b', '0', '9', '.', '_', '-', '甲', '烷'),
    minLength: 1,
    maxLength: 6,
  }),
  value: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  delta: fc.integer({ min: -1e6, max: 1e6 }),
  status: fc.integer({ min: 0, max: 255 }),
  bad: fc.option(fc.constantFrom('x', 'd', 's', 'p'), { freq: 6 }),
});

test('whatever is bad beside them, good readings are kept in order, with and without a known list', () => {
  const memory = new PointMemory();
  fc.assert(
    fc.property(fc.array(reading, { minLength: 1, maxLength: 30 }), (readings) => {
      const message = {
        v: 1,
        seq: 3,
        t,
        p: readings.map((one) => (one.bad === 'p' ? ' ' : one.point)),
        d: readings.map((one) => (one.bad === 'd' ? null : one.delta)),
        x: readings.map((one) => (one.bad === 'x' ? 'text' : one.value)),
        s: readings.map((one) => (one.bad === 's' ? 999 : one.status)),
      };
      const kept = readings
        .filter((one) => one.bad === null)
        .map((one) => ({
          point: one.point,
          time: t + one.delta,
          // JSON has no -0.
          value: one.value === null ? Number.NaN : one.value + 0,
          status: one.status,
        }));
      decode({ ...message, p: readings.map((one) => one.point), x: readings.map(() => 0) }, memory);
      for (const decoded of [decode(message), decode(message, memory)]) {
        expect(decoded.readings).toEqual(kept);
        expect(decoded.refused).toHaveLength(readings.length - kept.length);
      }
    }),
    { seed: 20_260_921, numRuns: 300 },
  );
});

test('mutated frames never throw, and a known list never changes what comes out', () => {
  const texts = [good, { v: 1, seq: 12, t, p: ['a', 'b'], x: [1, 2] }].map((one) => bytesOf(one));
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(fc.tuple(fc.nat(200), fc.constantFrom(...Buffer.from('{}[]",:0129eE.-\\tnpxN\u00ff '))), {
        maxLength: 4,
      }),
      fc.nat(120),
      (text, changes, cut) => {
        const bytes = Buffer.from(text);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const mutated = cut < bytes.length && cut > 100 ? bytes.subarray(0, cut) : bytes;
        const memory = new PointMemory();
        decode(texts[0], memory);
        expect(decode(mutated, memory)).toEqual(decode(mutated));
      },
    ),
    { seed: 7, numRuns: 5000 },
  );
});

describe('a numbered list of points', () => {
  const lists = new Map<number, readonly string[]>();
  function read(message: unknown) {
    const result = decoder.decode(bytesOf(message), into, undefined, lists);
    if (!result.ok) return result.reason;
    const { points, values, count, refused, binds } = result.batch;
    if (binds !== null) lists.set(binds.list, binds.points);
    return {
      binds: binds?.list ?? null,
      readings: points.slice(0, count).map((point, i) => `${point} ${values[i]}`),
      refused: refused.map(({ reason, index }) => `${reason} ${index}`),
    };
  }

  test('is bound beside its names, stands for them alone, and is bound anew', () => {
    const { p: _names, ...bare } = good;
    expect(read({ ...bare, pv: 0 })).toBe('PV_UNKNOWN');
    expect(read({ ...good, pv: 0 })).toMatchObject({ binds: 0, readings: ['a 1.5', 'b NaN'] });
    expect(read({ ...bare, x: [2, 3], pv: 0 })).toEqual({
      binds: null,
      readings: ['a 2', 'b 3'],
      refused: [],
    });
    expect(read({ ...bare, pv: 1 })).toBe('PV_UNKNOWN');
    expect(read({ ...bare, d: [0], s: [0], x: [2], pv: 0 })).toBe('COLUMNS_UNEQUAL');
    expect(read({ ...good, p: ['b', 'a'], pv: 0 })).toMatchObject({ binds: 0, readings: ['b 1.5', 'a NaN'] });
    expect(read({ ...bare, x: [2, 3], pv: 0 })).toMatchObject({ readings: ['b 2', 'a 3'] });
  });

  test('keeps the place of a name that no point may have, which is refused each time', () => {
    const frame = { v: 1, seq: 1, t, x: [1, 2, 3] };
    const wanted = { readings: ['a 1', 'c 3'], refused: ['BAD_POINT 1'] };
    expect(read({ ...frame, p: ['a', 7, 'c'], pv: 9 })).toEqual({ binds: 9, ...wanted });
    expect(read({ ...frame, pv: 9 })).toEqual({ binds: null, ...wanted });
  });

  test('read with and without its number gives the same, however frames and bindings mix', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            list: fc.nat(2),
            isBinding: fc.boolean(),
            names: fc.array(fc.constantFrom('a', 'b', 'c', 'no good', ''), { minLength: 1, maxLength: 5 }),
          }),
          { maxLength: 20 },
        ),
        (frames) => {
          lists.clear();
          const bound = new Map<number, string[]>();
          for (const { list, isBinding, names } of frames) {
            if (isBinding) bound.set(list, names);
            const p = bound.get(list);
            const x = (p ?? names).map((_, i) => i);
            const numbered = read({ v: 1, seq: 1, t, ...(isBinding ? { p } : {}), pv: list, x });
            if (p === undefined) expect(numbered).toBe('PV_UNKNOWN');
            else {
              const plain = read({ v: 1, seq: 1, t, p, x });
              expect(numbered).toEqual({ ...(plain as object), binds: isBinding ? list : null });
            }
          }
        },
      ),
    );
  });
});
