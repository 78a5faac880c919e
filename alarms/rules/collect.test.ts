// Alarm lines: order and text.

import { expect, it } from 'vitest';
import { alarmLine, type AlarmLine, compareLines } from './collect.ts';

const line: AlarmLine = {
  rule: 'T',
  scope: 'A',
  mine: 'M',
  level: 'orange',
  since: Date.UTC(2026, 0, 5),
  clearedAt: null,
  raisedAt: Date.UTC(2026, 0, 5, 0, 0, 1, 5),
  samples: 2,
  marks: ['delayed'],
  delayedS: 100,
  peak: {
    value: 1.2,
    at: Date.UTC(2026, 0, 5),
  },
};

it('a line has its keys in fixed order, times in ISO 8601, the letter of its level', () => {
  expect(alarmLine(line)).toBe(
    '{"rule":"T","scope":"A","mine":"M","level":"O","since":"2026-01-05T00:00:00.000Z",' +
      '"raisedAt":"2026-01-05T00:00:01.005Z","clearedAt":null,' +
      '"peak":{"value":1.2,"at":"2026-01-05T00:00:00.000Z"},"samples":2,"marks":["delayed"],"delayedS":100}',
  );
  expect(alarmLine({ ...line, peak: null, marks: [], delayedS: null })).toMatch(
    /"samples":2,"marks":\[\]\}$/,
  );
});

it('lines go by raisedAt, rule, scope by code point, clearedAt with null last', () => {
  const lines: AlarmLine[] = [
    { ...line, raisedAt: 1 },
    { ...line, raisedAt: 1, clearedAt: 9 },
    { ...line, raisedAt: 1, scope: '\u{1F525}' },
    { ...line, raisedAt: 1, scope: '\uFF5E' },
    { ...line, raisedAt: 1, rule: 'S' },
    { ...line, raisedAt: 0, rule: 'Z' },
  ];
  const sorted = [...lines].sort(compareLines);
  expect(sorted).toStrictEqual([lines[5], lines[4], lines[1], lines[0], lines[3], lines[2]]);
});
