import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { emptyBatch } from '../decoding.ts';
import { JsonDecoder } from './decode.ts';

const decoder = new JsonDecoder();
const into = emptyBatch();
const time = '2026-09-21T08:00:00.250+08:00';
const ms = Date.UTC(2026, 8, 21, 0, 0, 0, 250);

function decode(message: unknown) {
  const bytes = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const result = decoder.decode(bytes, into);
  if (!result.ok) return { reason: result.reason };
  const { base, sequence, count, points, times, values, status, refused } = result.batch;
  const readings = points.map((point, index) => [point, times[index], values[index], status[index]]);
  expect(points).toHaveLength(count);
  return { base, sequence, readings, refused: [...refused] };
}

test('one reading with an ISO time becomes a batch without sequence', () => {
  expect(decode({ point: 'a', time, value: 1.02, status: 4 })).toEqual({
    base: ms,
    sequence: -1,
    readings: [['a', ms, 1.02, 4]],
    refused: [],
  });
});

test('an array keeps its order, ms and ISO mixed, and an absent or null value is a sample without a number', () => {
  expect(
    decode([
      { point: 'a', time: ms + 5, value: 1 },
      { point: 'b', time },
      { point: 'c', time, value: null, unknown: { key: 1 } },
    ]),
  ).toMatchObject({
    base: ms + 5,
    readings: [
      ['a', ms + 5, 1, 0],
      ['b', ms, Number.NaN, 0],
      ['c', ms, Number.NaN, 0],
    ],
  });
});

const bad: readonly (readonly [string, string, IntakeRefusal])[] = [
  ['a time without offset', '{"point":"a","time":"2026-09-21T08:00:00","value":1}', 'BAD_TIME'],
  ['no time', '{"point":"a","value":1}', 'BAD_TIME'],
  ['a 31st of September', '{"point":"a","time":"2026-09-31T08:00:00Z","value":1}', 'BAD_TIME'],
  ['seconds as time', '{"point":"a","time":1790000000,"value":1}', 'BAD_TIME'],
  ['a text as value', '{"point":"a","time":1790000000000,"value":"1.0"}', 'BAD_VALUE'],
  ['a bare NaN', '{"point":"a","time":1790000000000,"value":NaN}', 'BAD_VALUE'],
  ['1e999', '{"point":"a","time":1790000000000,"value":1e999}', 'BAD_VALUE'],
  ['status 300', '{"point":"a","time":1790000000000,"value":1,"status":300}', 'BAD_STATUS'],
  ['status null', '{"point":"a","time":1790000000000,"value":1,"status":null}', 'BAD_STATUS'],
  ['no point', '{"time":1790000000000,"value":1}', 'BAD_POINT'],
  ['a number in place of a reading', '3', 'BAD_POINT'],
];

test.each(bad)('a reading with %s refuses itself and its neighbours are kept', (_, text, reason) => {
  const neighbour = `{"point":"n","time":${ms},"value":2}`;
  expect(decode(`[${neighbour},${text},${neighbour}]`)).toMatchObject({
    readings: [
      ['n', ms, 2, 0],
      ['n', ms, 2, 0],
    ],
    refused: [{ reason, index: 1 }],
  });
});

test.each<readonly [string, string, IntakeRefusal]>([
  ['nothing', '[]', 'EMPTY'],
  ['no bytes', '', 'EMPTY'],
  ['10,001 numbers', JSON.stringify(Array.from({ length: 10_001 }, () => 0)), 'TOO_MANY_READINGS'],
  ['10,001 objects', JSON.stringify(Array.from({ length: 10_001 }, () => ({}))), 'TOO_MANY_READINGS'],
  ['a comma too many', '[{"point":"a"},]', 'JSON_INVALID'],
])('an array of %s is refused as a whole', (_, text, reason) => {
  expect(decode(text)).toEqual({ reason });
});

test('of a key that comes twice the last counts, and __proto__ is only a key', () => {
  expect(decode(`{"point":"a","time":${ms},"value":1,"value":2,"__proto__":{"status":4}}`)).toMatchObject({
    readings: [['a', ms, 2, 0]],
  });
});

test('any JSON at all beside a good reading is a refusal of its own and never throws', () => {
  const firstOf = (text: string) => {
    decode(text);
    return decode(`[{"point":"n","time":${ms},"value":2},${text}]`).readings?.[0];
  };
  const property = fc.property(fc.json({ maxDepth: 4 }), (text) => {
    expect(firstOf(text)).toEqual(['n', ms, 2, 0]);
  });
  expect(() => {
    fc.assert(property, { seed: 11, numRuns: 2000 });
  }).not.toThrow();
});
