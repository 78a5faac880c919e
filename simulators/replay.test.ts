// The recording, the plan of a pass, the calm values, and the player with a moved clock.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { demoFolder, loadSite } from '#seeds/load.ts';
import { calmValue } from './generators/calm.ts';
import type { Frame } from './publish.ts';
import { randomSequence } from './random.ts';
import { parseRecording, readRecording, recordingCsv } from './recording.ts';
import { calmBetweenS, demoOrder, leadInS, momentAt, replayPlan, secondBefore } from './replay.ts';
import { recordedSource, Replayer, simulatedSource } from './replayer.ts';
import { readSimulatedSite } from './site.ts';

const recording = readRecording(demoFolder);
const site = readSimulatedSite(demoFolder);
const plan = replayPlan(recording);
const { documents } = loadSite(demoFolder);
const limitOf = new Map(
  documents.points.map(({ id, limits }) => [id, limits['alarmHigh'] ?? Number.POSITIVE_INFINITY]),
);

describe('the recording', () => {
  test('has 17 episodes of 848 rows over the 28 channels that the site registers', () => {
    expect(recording.episodes.map(({ number }) => number)).toEqual(
      Array.from({ length: 17 }, (_, index) => index + 1),
    );
    expect(recording.episodes.flatMap(({ rows }) => rows)).toHaveLength(848);
    expect(recording.points.toSorted()).toEqual(documents.points.map(({ id }) => id).toSorted());
  });
  test('keeps its sentinels', () => {
    const current = recording.points.indexOf('AMP1_IR');
    expect(recording.episodes.some(({ rows }) => rows.some(({ values }) => values[current] === -255))).toBe(
      true,
    );
  });
  test('becomes lines of a back-test, shifted by one constant', () => {
    const lines = [...recordingCsv(recording, { episodes: [8], shiftMs: 86_400_000 })];
    expect(lines).toHaveLength(1 + 2 * 28);
    expect(lines.slice(0, 2)).toEqual(['time,point,value,status', '2014-04-09T06:03:51.000Z,AN311,3.7,0']);
  });
  test.each([
    ['a header of another kind', 'a,b\n', /line 1/],
    ['a row that lacks a cell', 'episode,datetime,A\n1,2014-03-05 09:29:18\n', /line 2: 0 values/],
    ['a value that is no number', 'episode,datetime,A\n1,2014-03-05 09:29:18,x\n', /line 2: a value/],
    [
      'a time that falls',
      'episode,datetime,A\n1,2014-03-05 09:29:18,1\n1,2014-03-05 09:29:17,1\n',
      /line 3: time/,
    ],
  ])('is refused with its line for %s', (_, text, message) => {
    expect(() => parseRecording(text)).toThrow(message);
  });
});

describe('the plan of a pass', () => {
  test('brings the ventilation loss first and the first over-limit within two minutes', () => {
    const first = Array.from({ length: 120 }, (_, second) => momentAt(plan, second)).findIndex(
      (moment) =>
        moment.kind === 'recorded' &&
        moment.row.values.some(
          (value, index) => (value ?? 0) >= (limitOf.get(recording.points[index] ?? '') ?? 0),
        ),
    );
    expect(plan.segments[1]).toMatchObject({ kind: 'episode', episode: 15, startS: leadInS });
    expect(plan.segments[3]).toMatchObject({ kind: 'episode', episode: 16 });
    expect(first).toBeGreaterThanOrEqual(leadInS);
    expect(first).toBeLessThan(120);
  });
  test('plays every row of every episode once, at its own distance, and calm of 15 min after each', () => {
    const moments = Array.from({ length: plan.lengthS }, (_, second) => momentAt(plan, second));
    const recorded = moments.flatMap((moment, second) =>
      moment.kind === 'recorded' ? [{ ...moment, second }] : [],
    );
    expect(new Set(recorded.map(({ row }) => row))).toEqual(
      new Set(recording.episodes.flatMap(({ rows }) => rows)),
    );
    expect(recorded).toHaveLength(848);
    for (const number of demoOrder) {
      const own = recorded.filter(({ episode }) => episode === number);
      const shifts = new Set(own.map(({ row, second }) => row.time - 1_000 * second));
      expect(shifts.size).toBe(1);
    }
    expect(moments.filter(({ kind }) => kind === 'calm')).toHaveLength(
      leadInS + demoOrder.length * calmBetweenS,
    );
    expect(moments.filter(({ kind }) => kind === 'absent')).toHaveLength(
      plan.lengthS - 848 - leadInS - demoOrder.length * calmBetweenS,
    );
  });
  test('keeps the twenty absent seconds of the ventilation loss absent', () => {
    const loss = plan.segments[1];
    const absent = loss?.kind === 'episode' ? loss.rows.filter((row) => row === null) : [];
    expect(absent).toHaveLength(20);
  });
  test('begins an asked-for episode with the lead-in before it', () => {
    const second = secondBefore(plan, 16);
    expect(momentAt(plan, second + leadInS)).toMatchObject({ kind: 'recorded', episode: 16 });
    expect(momentAt(plan, second)).toEqual({ kind: 'calm' });
  });
});

describe('a calm value', () => {
  const dayS = Array.from({ length: 4_000 }, (_, index) => index * 23);
  test.each(Object.entries(site.channels))(
    'of %s stays below three quarters of its alarm limit and moves',
    (id, profile) => {
      const values = dayS.map((second) => calmValue(site.seed, id, profile, second));
      expect(Math.max(...values)).toBeLessThan(0.75 * (limitOf.get(id) ?? 0) + 1e-9);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(new Set(values).size).toBeGreaterThan(1);
    },
  );
  test('depends on seed, sensor and second alone, asked for in any order', () => {
    const profile = site.channels['MM264']!;
    const forwards = dayS.map((second) => calmValue(site.seed, 'MM264', profile, second));
    const backwards = dayS.toReversed().map((second) => calmValue(site.seed, 'MM264', profile, second));
    expect(backwards.toReversed()).toEqual(forwards);
    expect(dayS.map((second) => calmValue(1, 'MM264', profile, second))).not.toEqual(forwards);
  });
  test('of a slow quantity does not jump from second to second', () => {
    const profile = site.channels['BA1723']!;
    const jumps = dayS.map((second) =>
      Math.abs(calmValue(1, 'BA1723', profile, second + 1) - calmValue(1, 'BA1723', profile, second)),
    );
    expect(Math.max(...jumps)).toBeLessThan(0.5);
  });
  test('of the shearer says running or standing with one voice', () => {
    const channels = ['AMP1_IR', 'DMP3_IR', 'V'];
    for (const second of dayS) {
      const standing = channels.map((id) => calmValue(site.seed, id, site.channels[id]!, second) === 0);
      expect(new Set(standing).size).toBe(1);
    }
  });
  test('channels are those of the recording', () => {
    expect(Object.keys(site.channels).toSorted()).toEqual(recording.points.toSorted());
  });
});

test('a seeded sequence repeats, is uniform enough, and differs by seed', () => {
  const draw = (seed: number) => Array.from({ length: 2_000 }, randomSequence(seed));
  const values = draw(3);
  expect(values).toEqual(draw(3));
  expect(values).not.toEqual(draw(4));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean).toBeGreaterThan(0.47);
  expect(mean).toBeLessThan(0.53);
});

describe('the player', () => {
  /** Plays `seconds` seconds on a clock that moves only when it waits. */
  async function play(
    seconds: number,
    from: { pass: number; second: number; sequences: Record<string, number> },
    speed = 1,
  ) {
    let now = 1_700_000_000_000;
    const frames: { frame: Frame; at: number }[] = [];
    const saved: unknown[] = [];
    const replayer = new Replayer({
      plan,
      recording,
      site,
      speed,
      start: from,
      now: () => now,
      wait: (ms) => {
        now += ms;
        if (now >= 1_700_000_000_000 + (seconds * 1_000) / speed) replayer.stop();
        return Promise.resolve();
      },
      send: (frame) => {
        frames.push({ frame, at: now });
        return Promise.resolve();
      },
      save: (state) => saved.push(state),
    });
    await replayer.run();
    return { frames, last: saved.at(-1) };
  }

  test('stamps each frame with the moment it is sent and names simulated values by their source', async () => {
    const { frames } = await play(30, { pass: 0, second: 0, sequences: {} });
    expect(frames.map(({ frame, at }) => frame.time - at)).toEqual(frames.map(() => 0));
    expect(frames.map(({ frame }) => frame.topic.source)).toEqual([
      ...Array.from({ length: 20 }, () => 'replay-sim'),
      ...Array.from({ length: 10 }, () => 'replay'),
    ]);
    expect(frames.map(({ frame }) => frame.sequence)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => index + 1),
      ...Array.from({ length: 10 }, (_, index) => index + 1),
    ]);
    expect(frames.every(({ frame }) => frame.points.length === 28)).toBe(true);
  });
  test('goes on where it was, with sequences that go on too', async () => {
    const first = await play(25, { pass: 0, second: 0, sequences: {} });
    expect(first.last).toEqual({ pass: 0, second: 25, sequences: { 'replay-sim': 20, replay: 5 } });
    const next = await play(1, { pass: 0, second: 25, sequences: { 'replay-sim': 20, replay: 5 } });
    const moment = momentAt(plan, 25);
    expect(next.frames[0]?.frame).toMatchObject({
      sequence: 6,
      values: moment.kind === 'recorded' ? moment.row.values : [],
    });
  });
  test('begins a new pass after the last', async () => {
    const { last } = await play(10, { pass: 0, second: plan.lengthS - 4, sequences: {} });
    expect(last).toMatchObject({ pass: 1, second: 6 });
  });
  test('at ten times the speed no stamp lies ahead, and the pass ends with the present', async () => {
    const start = plan.lengthS - 200;
    const { frames, last } = await play(1_000, { pass: 0, second: start, sequences: {} }, 10);
    expect(frames).toHaveLength(200);
    expect(Math.max(...frames.map(({ frame, at }) => frame.time - at))).toBeLessThanOrEqual(0);
    expect(frames.at(-1)!.at - frames.at(-1)!.frame.time).toBeLessThanOrEqual(1_000);
    expect(last).toMatchObject({ pass: 1, second: 0 });
  });
});

test('the site declares the source of simulated values as a simulator, and that of recorded ones not', () => {
  const { simulatedSources } = documents.sites.find(({ id }) => id === site.mine) ?? {};
  expect(simulatedSources).toEqual([simulatedSource]);
  expect(simulatedSources).not.toContain(recordedSource);
});

test('every simulated or recorded channel is registered with a Chinese name beside the code of the source', () => {
  for (const { id, name } of documents.points)
    expect(name).toMatch(new RegExp(`[\\u4e00-\\u9fff].*\\(${id}\\)$`));
});

test('the mine’s own thresholds W and A are the alarm and power-off limits', () => {
  const [, ...lines] = readFileSync(join(demoFolder, 'recording', 'sensors.csv'), 'utf8')
    .trim()
    .split('\n');
  const compared = lines.flatMap((line) => {
    const [sensor = '', , , w = '', a = ''] = line.split(',');
    if (w === '') return [];
    const limits = documents.points.find(({ id }) => id === sensor)?.limits;
    expect([sensor, limits?.['alarmHigh'], limits?.['cutHigh']]).toEqual([sensor, Number(w), Number(a)]);
    return [sensor];
  });
  expect(compared).toHaveLength(7);
});
