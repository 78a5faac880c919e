// Stories for every rule of the catalogue: one that raises, one that does not, and one in which nobody knows.
// Each line of a story: from second, to second (every 10 s), value, status. The points are bound as at a mine.

import { describe, expect, test } from 'vitest';
import { bindPoints } from '#alarms/catalogue/bind.ts';
import { parsePoints } from '#alarms/registry/parse.ts';
import { type BacktestReading, runBacktest } from '#alarms/rules/backtest.ts';
import { parseRules } from '#alarms/rules/parse.ts';
import { levelLetter } from '#alarms/kernel/level.ts';
import { catalogueRules, loadGasCatalogue } from '../load.ts';

const declared = parsePoints([
  {
    id: 'A',
    measurand: 'CH4',
    unit: '%',
    periodS: 10,
    place: 'face',
    locationType: 'T1',
    mine: 'M',
    range: [0, 4],
  },
  {
    id: 'B',
    measurand: 'CH4',
    unit: '%',
    periodS: 10,
    place: 'return',
    locationType: 'T2',
    mine: 'M',
    range: [0, 4],
  },
  { id: 'U', measurand: 'CH4', unit: '%', periodS: 10, place: 'unknown', mine: 'M', limits: {} },
]);
const { points } = bindPoints(declared.points, loadGasCatalogue().catalogue);
const parsed = parseRules(catalogueRules(), points);

type Line = readonly [from: number, to: number, value: number | null, status?: number, point?: string];
/** `scope from–to level`, seconds; to is empty while the alarm is up. */
type Story = readonly [rule: string, what: string, lines: readonly Line[], alarms: readonly string[]];

const minute = 60;
const hour = 3_600;
const stories: readonly Story[] = [
  [
    'GAS-01',
    'raises at 1.0 % at the face and clears below it',
    [
      [0, 20, 0.4],
      [30, 50, 1.0],
      [60, 90, 0.99],
    ],
    ['A 30–60 Y'],
  ],
  ['GAS-01', 'does not raise just below the limit', [[0, 600, 0.999]], []],
  [
    'GAS-01',
    'guards a point of which nothing is known by the strictest limit',
    [[0, 20, 0.5, 0, 'U']],
    ['U 0– Y'],
  ],
  [
    'GAS-01',
    'does not raise on a faulty sensor, and what is up does not clear by one',
    [
      [0, 20, 1.2, 128],
      [30, 30, 1.1],
      [40, 90, 0.2, 128],
    ],
    ['A 30– Y'],
  ],
  [
    'GAS-02',
    'raises at 1.5 % at the face and clears below the restore limit of 1.0 %',
    [
      [0, 10, 1.5],
      [20, 40, 1.2],
      [50, 60, 0.9],
    ],
    ['A 0–50 O'],
  ],
  [
    'GAS-02',
    'raises at 1.0 % in the return of the face',
    [
      [0, 10, 1.0, 0, 'B'],
      [20, 30, 0.9, 0, 'B'],
    ],
    ['B 0–20 O'],
  ],
  ['GAS-02', 'does not raise between alarm and power-off', [[0, 600, 1.49]], []],
  ['GAS-02', 'does not raise while the point is not polled', [[0, 60, 3, 32]], []],
  [
    'GAS-03',
    'raises at 2.0 % and clears below 1.8 %',
    [
      [0, 10, 2.0],
      [20, 20, 1.8],
      [30, 40, 1.79],
    ],
    ['A 0–30 O'],
  ],
  ['GAS-03', 'does not raise at 1.99 %', [[0, 60, 1.99]], []],
  ['GAS-03', 'takes over-range without a number for the end of the range', [[0, 10, null, 8]], ['A 0– O']],
  ['GAS-03', 'knows nothing of a station that failed', [[0, 60, 2.5, 16]], []],
  [
    'GAS-04',
    'raises at 3.0 %, red',
    [
      [0, 10, 3.0],
      [20, 30, 2.6],
    ],
    ['A 0–20 R'],
  ],
  ['GAS-04', 'does not raise at 2.99 %', [[0, 60, 2.99]], []],
  ['GAS-04', 'knows nothing of a paused point', [[0, 60, 3.5, 64]], []],
  [
    'GAS-05',
    'raises after ten minutes over the limit and grows to orange after thirty',
    [
      [0, 1_900, 1.1],
      [1_910, 1_920, 0.5],
    ],
    ['A 600–1910 O'],
  ],
  ['GAS-05', 'reaches red after an hour', [[0, hour, 1.1]], ['A 600– R']],
  [
    'GAS-05',
    'does not raise after nine minutes',
    [
      [0, 9 * minute, 1.1],
      [550, 560, 0.5],
    ],
    [],
  ],
  [
    'GAS-05',
    'does not count the time that nobody saw',
    [
      [0, 300, 1.1],
      [300 + 5 * minute, 300 + 9 * minute, 1.1],
    ],
    [],
  ],
  [
    'GAS-06',
    'raises at the third over-limit within a day and clears when the first is a day old',
    [
      [0, 0, 1.1],
      [10, 10, 0.5],
      [hour, hour, 1.1],
      [hour + 10, hour + 10, 0.5],
      [2 * hour, 2 * hour, 1.1],
      [2 * hour + 10, 2 * hour + 10, 0.5],
      [25 * hour, 25 * hour, 0.5],
    ],
    [`A ${2 * hour}–${24 * hour} O`],
  ],
  [
    'GAS-06',
    'counts three over-limits within ten minutes as one',
    [
      [0, 0, 1.1],
      [10, 10, 0.5],
      [200, 200, 1.1],
      [210, 210, 0.5],
      [400, 400, 1.1],
      [410, 410, 0.5],
    ],
    [],
  ],
  [
    'GAS-06',
    'counts an over-limit that nobody saw end as one',
    [
      [0, 0, 1.1],
      [10, 3 * hour, 0.5, 128],
      [3 * hour + 10, 3 * hour + 10, 1.1],
    ],
    [],
  ],
  [
    'GAS-07',
    'raises at the second over-limit of the mine within a week',
    [
      [0, 0, 1.1],
      [10, 10, 0.5],
      [hour, hour, 1.1, 0, 'B'],
    ],
    [`M ${hour}– O`],
  ],
  [
    'GAS-07',
    'does not raise at one',
    [
      [0, 0, 1.1],
      [10, 10, 0.5],
    ],
    [],
  ],
  [
    'GAS-07',
    'does not count readings of a faulty sensor',
    [
      [0, 0, 1.1],
      [10, 10, 0.5],
      [hour, hour, 1.1, 128],
    ],
    [],
  ],
  [
    'GAS-12',
    'raises when the mean of five minutes reaches 80 % of the limit',
    [
      [0, 300, 0.8],
      [310, 700, 0.7],
    ],
    ['A 230–460 B'],
  ],
  [
    'GAS-12',
    'does not raise at a short peak',
    [
      [0, 300, 0.4],
      [310, 310, 1.5],
      [320, 600, 0.4],
    ],
    [],
  ],
  [
    'GAS-12',
    'does not know a mean that is not covered',
    [
      [0, 0, 0.9],
      [120, 120, 0.9],
      [240, 240, 0.9],
    ],
    [],
  ],
  [
    'DQ-01',
    'raises two minutes after the last sample and clears at the next',
    [
      [0, 10, 0.4],
      [200, 210, 0.4],
    ],
    ['A 130–200 Y'],
  ],
  [
    'DQ-01',
    'does not raise after a pause of two minutes',
    [
      [0, 10, 0.4],
      [130, 140, 0.4],
    ],
    [],
  ],
  [
    'DQ-01',
    'takes samples that nobody can use for silence',
    [
      [0, 10, 0.4],
      [20, 300, 0.4, 128],
    ],
    ['A 130– Y'],
  ],
  [
    'DQ-03',
    'raises at the third over-range sample',
    [
      [0, 20, 4, 8],
      [30, 30, 2],
    ],
    ['A 20–30 Y'],
  ],
  ['DQ-03', 'does not raise while a sensor is calibrated', [[0, 60, 2, 4]], []],
  ['GAS-12', 'does not raise when the mean stays just below 80 %', [[0, 900, 0.79]], []],
  [
    'DQ-03',
    'does not raise at two',
    [
      [0, 10, 4, 8],
      [20, 30, 2],
    ],
    [],
  ],
  [
    'DQ-03',
    'counts anew after a gap',
    [
      [0, 10, 4, 8],
      [100, 110, 4, 8],
    ],
    [],
  ],
  [
    'DQ-10',
    'raises when calibration lasts half an hour',
    [
      [0, 31 * minute, 1, 4],
      [31 * minute + 10, 31 * minute + 10, 0.3],
    ],
    [`A ${30 * minute}–${31 * minute + 10} Y`],
  ],
  [
    'DQ-10',
    'does not raise at 29 minutes',
    [
      [0, 29 * minute, 0.5, 4],
      [1_750, 1_750, 0.3],
    ],
    [],
  ],
  [
    'DQ-10',
    'does not count the time that nobody saw',
    [
      [0, 20 * minute, 0.5, 4],
      [25 * minute, 45 * minute, 0.5, 4],
    ],
    [],
  ],
];

const start = Date.UTC(2026, 0, 5);
/** Points that the story does not speak of report calmly, so that their silence is not told. */
function readingsOf(lines: readonly Line[], rule: string): BacktestReading[] {
  const told = lines.flatMap(([from, to, value, status = 0, point = 'A']) =>
    Array.from({ length: Math.floor((to - from) / 10) + 1 }, (_, index) => ({
      time: start + (from + 10 * index) * 1_000,
      point,
      value,
      status,
    })),
  );
  const spoken = new Set(told.map(({ point }) => point));
  const last = Math.max(...told.map(({ time }) => time));
  const silent = rule === 'DQ-01' ? points.filter(({ id }) => !spoken.has(id)) : [];
  const calm = silent.flatMap(({ id }) =>
    Array.from({ length: Math.floor((last - start) / 10_000) + 1 }, (_, index) => ({
      time: start + 10_000 * index,
      point: id,
      value: 0.1,
      status: 0,
    })),
  );
  return [...told, ...calm].toSorted((a, b) => a.time - b.time);
}

test('the rules and points of these stories parse without a problem', () => {
  expect([...declared.problems, ...parsed.problems, ...parsed.warnings]).toEqual([]);
});

describe.each([...new Set(stories.map(([rule]) => rule))])('%s', (rule) => {
  test.each(stories.filter(([one]) => one === rule).map(([, ...story]) => story))(
    '%s',
    (_, lines, alarms) => {
      const lines2 = runBacktest(points, parsed.rules, readingsOf(lines, rule)).filter(
        (alarm) => alarm.rule === rule,
      );
      const second = (time: number | null) => (time === null ? '' : (time - start) / 1_000);
      const found = lines2.map(
        (alarm) =>
          `${alarm.scope} ${second(alarm.raisedAt)}–${second(alarm.clearedAt)} ${levelLetter(alarm.level)}`,
      );
      expect(found).toEqual(alarms);
    },
  );
});

test('every rule of the catalogue has at least three stories', () => {
  const told = new Map<string, number>();
  for (const [rule] of stories) told.set(rule, (told.get(rule) ?? 0) + 1);
  expect(parsed.rules.map(({ id }) => [id, (told.get(id) ?? 0) >= 3])).toEqual(
    parsed.rules.map(({ id }) => [id, true]),
  );
});

test('every rule has names in both languages, a clause with its mark, a class and responses', () => {
  for (const rule of parsed.rules) {
    expect(rule.name?.zh).toMatch(/[\u4e00-\u9fff]/);
    expect(rule.name?.en).toMatch(/[a-z]/);
    expect(rule.basis?.clause).not.toBe('');
    expect(rule.basis?.mark).toMatch(/^[CFKD](?:\/[CFKD])?$/);
    expect(['gas', 'trouble']).toContain(rule.class);
    expect(rule.respond?.length).toBeGreaterThan(0);
    expect(rule.overLimit === true).toBe(
      ['GAS-01', 'GAS-02', 'GAS-03', 'GAS-04', 'GAS-05'].includes(rule.id),
    );
  }
});
