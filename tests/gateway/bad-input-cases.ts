// Kinds of bad input, each from a source of its own, with the reason it must be refused for. Beside each bad thing
// stands a good reading: in the same message where a reading refuses itself only, in the next one where the whole
// message is refused. The good one must be kept.

import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

export interface BadInput {
  readonly name: string;
  readonly reason: IntakeRefusal;
  /** What is counted under the reason. */
  readonly count?: number;
  /** Given the sender's own topic. */
  readonly topic?: (own: string) => string;
  /** Given a good reading: one that refuses itself only has it beside it. */
  readonly payload: (good: GoodReading) => unknown;
  /** The good reading is in the message itself. */
  readonly isBeside?: boolean;
}

export interface GoodReading {
  readonly point: string;
  readonly time: number;
  readonly value: number;
}

const frame = (good: GoodReading, changes: object = {}): object => ({
  v: 1,
  seq: 1,
  t: good.time,
  p: [good.point],
  d: [0],
  x: [good.value],
  s: [0],
  ...changes,
});

/** The good reading and one more. */
const beside = (good: GoodReading, point: unknown, value: unknown, changes: object = {}): object =>
  frame(good, { p: [good.point, point], d: [0, 0], x: [good.value, value], s: [0, 0], ...changes });

const plainBeside = (good: GoodReading, other: object): unknown => [
  good,
  { point: 'RH1722', time: good.time, value: 55, ...other },
];

const wholeMessages: readonly BadInput[] = [
  { name: 'JSON that breaks off', reason: 'JSON_INVALID', payload: () => '{"v":1,"seq":1,"t":' },
  {
    name: 'bytes that are not UTF-8',
    reason: 'JSON_INVALID',
    payload: ({ time }) => Buffer.from(`{"point":"RH1722\xff","time":${time},"value":1}`, 'latin1'),
  },
  { name: 'arrays nested 100,000 deep', reason: 'JSON_INVALID', payload: () => '['.repeat(100_000) },
  { name: 'an object of no known format', reason: 'FORMAT_UNKNOWN', payload: () => ({ hello: 1 }) },
  { name: 'a bare number', reason: 'FORMAT_UNKNOWN', payload: () => '42' },
  { name: 'no bytes at all', reason: 'EMPTY', payload: () => '' },
  { name: 'an empty array', reason: 'EMPTY', payload: () => [] },
  {
    name: 'a frame with empty columns',
    reason: 'EMPTY',
    payload: (good) => frame(good, { p: [], d: [], x: [], s: [] }),
  },
  {
    name: 'a frame of version 2',
    reason: 'VERSION_UNSUPPORTED',
    payload: (good) => frame(good, { v: 2 }),
  },
  {
    name: 'a point list number that was never bound',
    reason: 'PV_UNKNOWN',
    payload: (good) => frame(good, { p: undefined, pv: 7 }),
  },
  {
    name: 'a frame without a number',
    reason: 'SEQ_INVALID',
    payload: (good) => frame(good, { seq: undefined }),
  },
  { name: 'a negative frame number', reason: 'SEQ_INVALID', payload: (good) => frame(good, { seq: -1 }) },
  { name: 'a base time in words', reason: 'TIME_INVALID', payload: (good) => frame(good, { t: 'noon' }) },
  {
    name: 'a base time in seconds',
    reason: 'TIME_INVALID',
    payload: (good) => frame(good, { t: 1_764_000 }),
  },
  {
    name: 'columns of unequal length',
    reason: 'COLUMNS_UNEQUAL',
    payload: (good) => frame(good, { x: [1, 2] }),
  },
  {
    name: 'a column that is no array',
    reason: 'COLUMN_INVALID',
    payload: (good) => frame(good, { x: 5 }),
  },
  {
    name: '10,001 readings in one frame',
    reason: 'TOO_MANY_READINGS',
    payload: (good) => {
      const all = <T>(value: T): T[] => Array.from({ length: 10_001 }, () => value);
      return frame(good, { p: all(good.point), d: all(0), x: all(1), s: all(0) });
    },
  },
  {
    name: 'a frame of 5 MB',
    reason: 'FRAME_TOO_LARGE',
    payload: (good) => frame(good, { x: ['9'.repeat(5_000_000)] }),
  },
  {
    name: 'the topic of a mine nobody knows',
    reason: 'TOPIC_FORBIDDEN',
    topic: (own) => own.replace('/demo/', '/nobody/'),
    payload: (good) => good,
  },
  {
    name: 'a topic with a level missing',
    reason: 'TOPIC_INVALID',
    topic: (own) => own.replace('/safety/', '/'),
    payload: (good) => good,
  },
  {
    name: 'a topic with an unknown system',
    reason: 'TOPIC_INVALID',
    topic: (own) => own.replace('/safety/', '/kitchen/'),
    payload: (good) => good,
  },
  {
    name: 'a topic with blanks in the source',
    reason: 'TOPIC_INVALID',
    topic: (own) => own.replace('/bad-', '/bad one-'),
    payload: (good) => good,
  },
  {
    name: 'a stream that is not taken in',
    reason: 'STREAM_UNSUPPORTED',
    topic: (own) => own.replace(/data$/, 'define'),
    payload: (good) => good,
  },
];

const singleReadings: readonly BadInput[] = [
  {
    name: 'a bare NaN',
    reason: 'BAD_VALUE',
    payload: (good) => JSON.stringify(beside(good, 'RH1722', 'X')).replace('"X"', 'NaN'),
  },
  {
    name: 'a value that is a text',
    reason: 'BAD_VALUE',
    payload: (good) => beside(good, 'RH1722', '55.0'),
  },
  {
    name: 'a value beyond all numbers',
    reason: 'BAD_VALUE',
    payload: (good) => JSON.stringify(beside(good, 'RH1722', 'X')).replace('"X"', '1e999'),
  },
  {
    name: 'a value that is true',
    reason: 'BAD_VALUE',
    payload: (good) => plainBeside(good, { value: true }),
  },
  {
    name: 'a reading time without offset',
    reason: 'BAD_TIME',
    payload: (good) => plainBeside(good, { time: '2026-03-18T06:00:00' }),
  },
  {
    name: 'a reading without time',
    reason: 'BAD_TIME',
    payload: (good) => plainBeside(good, { time: undefined }),
  },
  {
    name: 'a distance in time that is a text',
    reason: 'BAD_TIME',
    payload: (good) => beside(good, 'RH1722', 55, { d: [0, '5'] }),
  },
  {
    name: 'a status of more than eight bits',
    reason: 'BAD_STATUS',
    payload: (good) => beside(good, 'RH1722', 55, { s: [0, 256] }),
  },
  {
    name: 'a status that is a fraction',
    reason: 'BAD_STATUS',
    payload: (good) => plainBeside(good, { status: 1.5 }),
  },
  { name: 'a point that is a number', reason: 'BAD_POINT', payload: (good) => beside(good, 261, 55) },
  {
    name: 'a point id with a line feed',
    reason: 'BAD_POINT',
    payload: (good) => plainBeside(good, { point: 'RH\n1722' }),
  },
  {
    name: 'two points nobody registered',
    reason: 'UNKNOWN_POINT',
    count: 2,
    payload: (good) => [good, { ...good, point: 'NEW-1' }, { ...good, point: 'NEW-2' }],
  },
  { name: 'a point of another mine', reason: 'WRONG_MINE', payload: (good) => beside(good, 'OTHER-CH4', 2) },
];

export const badInputs: readonly BadInput[] = [
  ...wholeMessages,
  ...singleReadings.map((one) => ({ ...one, isBeside: true })),
];
