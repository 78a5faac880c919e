import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { intakeRefusals } from '#gateway/protocol/refusals.ts';
import { onOff } from './batch.ts';
import { emptyBatch } from './decoding.ts';
import { PointMemory } from './frame/point-memory.ts';
import { DataDecoder, recognise } from './recognise.ts';

const decoder = new DataDecoder();
const into = emptyBatch();
const t = 1_790_000_000_000;

test.each([
  [{ p: ['a'], x: [1] }, 'frame'],
  [{ pv: 3, x: [1] }, 'frame'],
  [{ x: [1] }, 'frame'],
  [{ point: 'a' }, 'json'],
  [[{ point: 'a' }], 'json'],
  [[3, { point: 'a' }], 'json'],
  [[], 'empty'],
  [[{ n: 'urn:dev', v: 1 }], 'senml'],
  [[{ bn: 'urn:dev' }, { v: 1 }], 'senml'],
  [[{ v: 1 }, { n: 'a', v: 2 }], 'senml'],
  [[null, { n: 'a', v: 2, p: ['a'], x: [1] }], 'senml'],
  [[{ v: 1, t: 5, u: 'Cel' }], 'unknown'], // nobody is named
  [{ n: 'urn:dev', v: 1 }, 'unknown'], // a record without its array
  [{ n: 'urn:dev', v: 1, p: ['a'], x: [1] }, 'frame'],
  [[{ point: 'a', n: 'a', v: 1 }], 'json'],
  [[{ n: 'a', v: 1 }, { point: 'a' }], 'json'],
  [[{ p: ['a'], x: [1] }], 'unknown'],
  [{ temperature: 20 }, 'unknown'],
  [null, 'unknown'],
  ['text', 'unknown'],
  [1.5, 'unknown'],
] as const)('%j is recognised as %s', (value, format) => {
  expect(recognise(value)).toBe(format);
});

test.each([
  [`{"v":1,"seq":1,"t":${t},"p":["a"],"x":[1]}`, 1],
  [` {"x":[1],"p":["a"],"t":${t},"seq":1,"v":1}`, 1],
  [`{"point":"a","time":${t},"value":1}`, -1],
  [`[{"point":"a","time":${t},"value":1}]`, -1],
  [`[{"n":"a","t":${t / 1000},"v":1}]`, -1],
  [`[{"bn":"a","v":1}]`, -1],
])('%s gives one reading of a', (text, sequence) => {
  const result = decoder.decode(Buffer.from(text), into, t, new PointMemory());
  expect(result).toMatchObject({ ok: true, batch: { count: 1, sequence, points: ['a'], base: t } });
});

test.each([
  ['[]', 'EMPTY'],
  ['', 'EMPTY'],
  ['{"temperature":20}', 'FORMAT_UNKNOWN'],
  ['[{"bn":"urn:dev"}]', 'EMPTY'],
  ['[{"bn":"urn:dev","bver":11,"v":1}]', 'VERSION_UNSUPPORTED'],
  ['[{"v":1}]', 'FORMAT_UNKNOWN'],
  ['hello', 'JSON_INVALID'],
  ['{"p":["a"],"x":[1]}', 'VERSION_UNSUPPORTED'],
  ['{"v":1,"seq":1,"t":1790000000000,"pv":1,"x":[1]}', 'PV_UNKNOWN'],
])('%s is refused as %s', (text, reason) => {
  expect(decoder.decode(Buffer.from(text), into, t)).toMatchObject({ ok: false, reason });
});

test('random bytes never throw and are refused by a registered reason', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    const result = decoder.decode(bytes, into, t, new PointMemory());
    return result.ok || result.reason in intakeRefusals;
  });
  expect(() => {
    fc.assert(property, { seed: 3, numRuns: 3000 });
  }).not.toThrow();
});

test('20,000 mutations of good messages by a seeded generator never throw and never give a value that is no number', () => {
  const seeds = [
    `{"v":1,"seq":1,"t":${t},"p":["a","b","c"],"d":[0,1,2],"x":[1,null,3.5],"s":[0,4,8]}`,
    `[{"point":"a","time":"2026-09-21T08:00:00+08:00","value":1.5},{"point":"b","time":${t},"value":null}]`,
    `[{"bn":"a","bt":${t / 1000},"bu":"Cel","bv":1.5,"n":"b","v":2},{"vb":true,"t":-1},{"u":"/","v":0.5,"t":0.25}]`,
  ].map((text) => Buffer.from(text));
  const memory = new PointMemory();
  let state = 42;
  const next = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  let accepted = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(seeds[next(3)] ?? '');
    for (let change = next(3); change >= 0; change -= 1) bytes[next(bytes.length)] = next(256);
    const result = decoder.decode(bytes, into, t, memory);
    if (!result.ok) continue;
    accepted += 1;
    const { count, points, values, times, status } = result.batch;
    expect(points.length).toBe(count);
    for (let index = 0; index < count; index += 1) {
      expect(Math.abs(values[index] ?? 0)).not.toBe(Infinity);
      expect(Number.isSafeInteger(times[index])).toBe(true);
      expect(status[index]).toBeLessThan(256);
    }
  }
  expect(accepted).toBeGreaterThan(100);
});

test('a message of one format leaves nothing behind for the next: units least of all', () => {
  const pack = `[{"n":"a","u":"/","t":${t / 1000},"v":0.02},{"n":"b","vb":true,"t":${t / 1000}}]`;
  const plain = `[{"point":"a","time":${t},"value":1},{"point":"b","time":${t},"value":1}]`;
  const frame = `{"v":1,"seq":1,"t":${t},"p":["a","b"],"x":[1,1]}`;
  const memory = new PointMemory();
  const unitsOf = (text: string) => {
    const result = decoder.decode(Buffer.from(text), into, t, memory);
    return result.ok ? result.batch.units : result.reason;
  };
  // The frame twice: the second time its list of names is known and takes the short way.
  for (const other of [plain, frame, frame]) {
    expect(unitsOf(pack)).toEqual(['/', onOff]);
    expect(unitsOf(other)).toBeNull();
  }
});

const reading = fc.record(
  {
    point: fc.string(),
    time: fc.integer(),
    value: fc.double(),
    n: fc.string(),
    v: fc.double(),
    u: fc.string(),
  },
  { requiredKeys: ['point'] },
);
const senmlRecord = fc.record(
  {
    n: fc.string(),
    bn: fc.string(),
    v: fc.double(),
    t: fc.double(),
    p: fc.string(),
    x: fc.double(),
    value: fc.double(),
  },
  { requiredKeys: ['n'] },
);
const columns = fc.record(
  { p: fc.array(fc.string()), x: fc.array(fc.double()), n: fc.string(), bn: fc.string(), v: fc.integer() },
  { requiredKeys: ['p'] },
);

test('no format is taken for another, whatever further keys a message has', () => {
  const property = fc.property(
    fc.array(reading, { minLength: 1 }),
    fc.array(senmlRecord, { minLength: 1 }),
    columns,
    (readings, records, frame) => {
      expect([recognise(readings), recognise(records), recognise(frame)]).toEqual(['json', 'senml', 'frame']);
    },
  );
  expect(() => {
    fc.assert(property, { seed: 13, numRuns: 1000 });
  }).not.toThrow();
});
