// Refused rule documents as a table, one sentence per case; and that a document with one fault gives no rule at all.

import { describe, expect, test } from 'vitest';
import { parsePoints } from '../registry/parse.ts';
import { parseRules } from './parse.ts';

const { points } = parsePoints([
  {
    id: 'A',
    measurand: 'CH4',
    unit: '%',
    periodS: 10,
    place: 'P1',
    mine: 'M1',
    limits: { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1, alarmLow: 0.2, clearLow: 0.3 },
  },
  { id: 'B', measurand: 'CO', unit: 'ppm', periodS: 10, place: 'P1', mine: 'M1', limits: {} },
]);

const threshold = { id: 'T', kind: 'threshold', level: 'Y', op: '>=', limit: 1 };
const window = { id: 'W', kind: 'window', level: 'Y', fn: 'mean', windowS: 60, op: '>=', limit: 1 };
const sustained = { id: 'S', kind: 'sustained', base: 'T', ladder: [{ afterS: 60, level: 'Y' }] };
const occurrences = {
  id: 'O',
  kind: 'occurrences',
  level: 'O',
  base: 'T',
  groupBy: 'point',
  n: 3,
  windowS: 60,
};
const silence = { id: 'Q', kind: 'silence', level: 'Y', silenceS: 120 };
const status = { id: 'Z', kind: 'status', level: 'Y', any: 8 };

const refusals: readonly (readonly [string, unknown, string, string])[] = [
  ['a document that is no list', {}, 'NOT_A_LIST', 'rules'],
  ['an entry that is no object', [7], 'NOT_AN_OBJECT', 'rules[0]'],
  ['a kind that does not exist', [{ ...threshold, kind: 'magic' }], 'KIND_UNKNOWN', 'rules[0].kind'],
  [
    'a kind that is not built',
    [{ id: 'C', kind: 'combine', level: 'R', k: 2 }],
    'KIND_UNKNOWN',
    'rules[0].kind',
  ],
  ['latching without a reset', [{ ...threshold, latching: true }], 'FIELD_INVALID', 'rules[0].latching'],
  ['an unknown field', [{ ...threshold, limt: 2 }], 'FIELD_UNKNOWN', 'rules[0].limt'],
  ['a field of another kind', [{ ...threshold, windowS: 2 }], 'FIELD_UNKNOWN', 'rules[0].windowS'],
  [
    'an unknown field in a selector',
    [{ ...threshold, select: { point: 'A' } }],
    'FIELD_UNKNOWN',
    'rules[0].select.point',
  ],
  [
    'an unknown field in a rung',
    [{ ...sustained, ladder: [{ afterS: 1, level: 'Y', n: 1 }] }, threshold],
    'FIELD_UNKNOWN',
    'rules[0].ladder[0].n',
  ],
  ['a missing id', [{ ...threshold, id: undefined }], 'FIELD_MISSING', 'rules[0].id'],
  ['an id that would break an alarm id', [{ ...threshold, id: 'a/b#1' }], 'ID_INVALID', 'rules[0].id'],
  ['a missing level', [{ ...threshold, level: undefined }], 'FIELD_MISSING', 'rules[0].level'],
  ['a level that is no letter', [{ ...threshold, level: 'red' }], 'FIELD_INVALID', 'rules[0].level'],
  ['a missing operator', [{ ...threshold, op: undefined }], 'FIELD_MISSING', 'rules[0].op'],
  ['an unknown operator', [{ ...threshold, op: '==' }], 'FIELD_INVALID', 'rules[0].op'],
  ['a missing limit', [{ ...threshold, limit: undefined }], 'FIELD_MISSING', 'rules[0].limit'],
  ['a limit that is not finite', [{ ...threshold, limit: Number.NaN }], 'FIELD_INVALID', 'rules[0].limit'],
  [
    'a factor that turns the limit around',
    [{ ...threshold, factor: -1 }],
    'FIELD_INVALID',
    'rules[0].factor',
  ],
  ['a window of zero', [{ ...window, windowS: 0 }], 'WINDOW_INVALID', 'rules[0].windowS'],
  ['a negative window', [{ ...window, windowS: -5 }], 'WINDOW_INVALID', 'rules[0].windowS'],
  ['a silence of zero', [{ ...silence, silenceS: 0 }], 'WINDOW_INVALID', 'rules[0].silenceS'],
  ['a silence without a length', [{ ...silence, silenceS: undefined }], 'FIELD_MISSING', 'rules[0].silenceS'],
  [
    'a silence with two lengths',
    [{ ...silence, silencePeriods: 3 }],
    'FIELD_INVALID',
    'rules[0].silencePeriods',
  ],
  ['a coverage of zero', [{ ...window, coverage: 0 }], 'COVERAGE_INVALID', 'rules[0].coverage'],
  ['a coverage above one', [{ ...window, coverage: 1.01 }], 'COVERAGE_INVALID', 'rules[0].coverage'],
  ['a function that does not exist', [{ ...window, fn: 'mode' }], 'FIELD_INVALID', 'rules[0].fn'],
  ['a status that can match nothing', [{ ...status, any: 0 }], 'FIELD_INVALID', 'rules[0].any'],
  ['no sample at all', [{ ...threshold, samples: 0 }], 'FIELD_INVALID', 'rules[0].samples'],
  ['a negative delay', [{ ...threshold, onDelayS: -1 }], 'FIELD_INVALID', 'rules[0].onDelayS'],
  [
    'an inForceFrom without a zone',
    [{ ...threshold, inForceFrom: '2026-01-05T00:00:00' }],
    'FIELD_INVALID',
    'rules[0].inForceFrom',
  ],
  [
    'a clear limit above the limit',
    [{ ...threshold, clear: { limit: 1.1 } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  [
    'a clear limit below a low limit',
    [{ ...threshold, op: '<', clear: { limit: 0.9 } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  [
    'a clear factor above one',
    [{ ...threshold, limit: 'alarmHigh', clear: { factor: 1.2 } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  [
    'a named clear limit on the wrong side at a point',
    [{ ...threshold, limit: 'clearHigh', clear: { limit: 'alarmHigh' } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  [
    'a clear limit above the lowest rung',
    [
      {
        ...threshold,
        ladder: [
          { limit: 1, level: 'Y' },
          { limit: 2, level: 'O' },
        ],
        clear: { limit: 1.5 },
      },
    ],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  [
    'a clear operator in the direction of the alarm',
    [{ ...threshold, clear: { limit: 0.5, op: '>' } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.op',
  ],
  [
    'both true at the limit itself',
    [{ ...threshold, clear: { op: '<=' } }],
    'CLEAR_WRONG_SIDE',
    'rules[0].clear.limit',
  ],
  ['an empty clear', [{ ...threshold, clear: {} }], 'FIELD_INVALID', 'rules[0].clear'],
  [
    'a ladder that falls',
    [
      {
        ...threshold,
        ladder: [
          { limit: 2, level: 'Y' },
          { limit: 1, level: 'O' },
        ],
      },
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  [
    'a ladder with two equal rungs',
    [
      {
        ...threshold,
        ladder: [
          { limit: 2, level: 'Y' },
          { limit: 2, level: 'O' },
        ],
      },
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  [
    'a low ladder that rises',
    [
      {
        ...threshold,
        op: '<',
        ladder: [
          { limit: 1, level: 'Y' },
          { limit: 2, level: 'O' },
        ],
      },
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  [
    'a ladder whose factors fall',
    [
      {
        ...threshold,
        ladder: [
          { limit: 'alarmHigh', level: 'Y' },
          { limit: 'alarmHigh', factor: 0.8, level: 'O' },
        ],
      },
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  [
    'a ladder whose levels fall',
    [
      {
        ...threshold,
        ladder: [
          { limit: 1, level: 'O' },
          { limit: 2, level: 'Y' },
        ],
      },
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1].level',
  ],
  ['an empty ladder', [{ ...threshold, ladder: [] }], 'FIELD_INVALID', 'rules[0].ladder'],
  [
    'a ladder of durations that falls',
    [
      {
        ...sustained,
        ladder: [
          { afterS: 60, level: 'Y' },
          { afterS: 30, level: 'O' },
        ],
      },
      threshold,
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  [
    'a ladder of counts that falls',
    [
      {
        ...occurrences,
        ladder: [
          { n: 3, level: 'Y' },
          { n: 2, level: 'O' },
        ],
      },
      threshold,
    ],
    'LADDER_ORDER',
    'rules[0].ladder[1]',
  ],
  ['a base that is missing', [sustained], 'REFERENCE_UNKNOWN', 'rules[0].base'],
  ['a rule that is its own base', [{ ...sustained, base: 'S' }], 'REFERENCE_CYCLIC', 'rules[0].base'],
  [
    'bases in a circle',
    [
      { ...occurrences, base: ['P'] },
      { ...occurrences, id: 'P', base: ['O'] },
    ],
    'REFERENCE_CYCLIC',
    'rules[1].base',
  ],
  [
    'a duration over a count',
    [threshold, occurrences, { ...sustained, base: 'O' }],
    'FIELD_INVALID',
    'rules[2].base',
  ],
  ['two rules of one id', [threshold, threshold], 'ID_DUPLICATE', 'rules[1].id'],
  [
    'occurrences without a number',
    [threshold, { ...occurrences, n: undefined }],
    'FIELD_MISSING',
    'rules[1].n',
  ],
  [
    'occurrences in a window and a week',
    [threshold, { ...occurrences, calendar: 'week' }],
    'FIELD_INVALID',
    'rules[1].calendar',
  ],
  [
    'a response code that does not exist',
    [{ ...threshold, respond: ['N', 'X'] }],
    'FIELD_INVALID',
    'rules[0].respond',
  ],
];

describe('a rule document is refused for', () => {
  test.each(refusals)('%s', (_, document, code, path) => {
    const parsed = parseRules(document, points);
    expect(parsed.problems.map((problem) => [problem.code, problem.path])).toContainEqual([code, path]);
    expect(parsed.rules).toEqual([]);
  });
});

test('all faults of a document come at once, each with path and both languages', () => {
  const document = [
    { ...threshold, limt: 2, samples: 0 },
    { ...window, windowS: 0, coverage: 2 },
    { ...sustained, base: 'X' },
  ];
  const { problems } = parseRules(document, points);
  expect(problems.map(({ code }) => code).toSorted()).toEqual([
    'COVERAGE_INVALID',
    'FIELD_INVALID',
    'FIELD_UNKNOWN',
    'REFERENCE_UNKNOWN',
    'WINDOW_INVALID',
  ]);
  for (const { zh, en } of problems)
    expect([/[\u4e00-\u9fff]/.test(zh), /[a-z]/.test(en)]).toEqual([true, true]);
});

test('a faulty base is reported for its fault and not as missing', () => {
  const { problems } = parseRules([{ ...threshold, samples: -1 }, sustained], points);
  expect(problems.map(({ code }) => code)).toEqual(['FIELD_INVALID']);
});

test('two versions of one id with different inForceFrom are allowed', () => {
  const later = { ...threshold, limit: 0.8, inForceFrom: '2026-02-01T00:00:00Z' };
  const { rules, problems } = parseRules([threshold, later], points);
  expect(problems).toEqual([]);
  expect(rules.map((rule) => rule.inForceFrom)).toEqual([undefined, Date.UTC(2026, 1, 1)]);
});

test('letters become levels, a single selector value a list, and the lowest rung stands for limit and level', () => {
  const document = [
    {
      id: 'L',
      kind: 'threshold',
      op: '>',
      ladder: [
        { limit: 1, factor: 0.5, level: 'B' },
        { limit: 1, level: 'R' },
      ],
      select: { points: 'A' },
    },
  ];
  expect(parseRules(document, points).rules).toEqual([
    {
      id: 'L',
      kind: 'threshold',
      op: '>',
      level: 'blue',
      limit: 1,
      factor: 0.5,
      ladder: [
        { limit: 1, factor: 0.5, level: 'blue' },
        { limit: 1, level: 'red' },
      ],
      select: { points: ['A'] },
    },
  ]);
});

test('a clear limit equal to the limit leaves no value in both, and is allowed', () => {
  expect(parseRules([{ ...threshold, clear: { limit: 1 } }], points).problems).toEqual([]);
});

describe('a rule document is warned of', () => {
  const codes = (document: unknown) => parseRules(document, points).warnings.map(({ code }) => code);
  test('a selector that matches nothing', () => {
    expect(codes([{ ...threshold, select: { measurand: 'O2' } }])).toEqual(['MATCHES_NOTHING']);
  });
  test('a rule that no point can arm', () => {
    expect(codes([{ ...threshold, limit: 'alarmHigh', select: { measurand: ['CO'] } }])).toEqual([
      'NEVER_ARMED',
    ]);
  });
  test('rungs that fall together on a point, but only when they are inverted there', () => {
    const rungs = [
      { limit: 'alarmHigh', level: 'Y' },
      { limit: 'cutHigh', level: 'O' },
      { limit: 0.8, level: 'R' },
    ];
    expect(codes([{ ...threshold, ladder: rungs.slice(0, 2) }])).toEqual([]);
    expect(codes([{ ...threshold, ladder: rungs }])).toEqual(['LADDER_ORDER']);
  });
});

test('a document of ten thousand faults is answered with a bounded list that says how many more', () => {
  const { problems } = parseRules(
    Array.from({ length: 4_000 }, () => ({ a: 1, b: 2, c: 3 })),
    points,
  );
  expect(problems).toHaveLength(1_001);
  expect(problems.at(-1)?.code).toBe('TOO_MANY');
});
