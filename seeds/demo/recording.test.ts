// A second opinion on the recording and on the engine: the runs of exceedance-events.csv.gz were computed by somebody
// else over the whole 1 s data. Where they overlap our rows, an alarm at ≥ 0.7 % must be up in exactly the seconds in
// which the rows say so, inside the runs and nowhere else, with the same maximum where the peak is in the rows.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parsePoints } from '#alarms/registry/parse.ts';
import { type BacktestReading, runBacktest } from '#alarms/rules/backtest.ts';
import { parseRules } from '#alarms/rules/parse.ts';
import { CsvParser } from '#gateway/backtest/csv.ts';
import { readRecording, recordingCsv } from '#simulators/recording.ts';
import { demoFolder } from '../load.ts';

interface Run {
  readonly sensor: string;
  readonly from: number;
  readonly to: number;
  readonly max: number;
  readonly rows: number;
}

const limit = 0.7;
const recording = readRecording(demoFolder);

function readRuns(): Run[] {
  const packed = readFileSync(join(demoFolder, 'recording', 'exceedance-events.csv.gz'));
  const [, ...lines] = gunzipSync(packed).toString('utf8').trim().split('\n');
  const time = (text = '') => Date.parse(`${text.replace(' ', 'T')}Z`);
  return lines.map((line) => {
    const [sensor = '', from, to, , max, , count] = line.trim().split(',');
    return { sensor, from: time(from), to: time(to), max: Number(max), rows: Number(count) };
  });
}

const points = parsePoints(JSON.parse(readFileSync(join(demoFolder, 'points.json'), 'utf8'))).points;

/** Alarms of a rule at the limit of the runs, over the readings as a back-test file gives them. */
function alarmsAtLimit(sensors: readonly string[], readings: Iterable<BacktestReading>) {
  const document = [
    { id: 'RUN', kind: 'threshold', level: 'Y', op: '>=', limit, select: { points: sensors } },
  ];
  return runBacktest(points, parseRules(document, points).rules, readings);
}

function allReadings(): BacktestReading[] {
  const parser = new CsvParser();
  return [...parser.push([...recordingCsv(recording)].join('\n')), ...parser.end()];
}

/** What of a run can be said from the rows: which seconds, whether each is over the limit, the peak of its alarms. */
function overlapOf(run: Run, ofSensor: ReadonlyMap<string, readonly BacktestReading[]>) {
  const within = (ofSensor.get(run.sensor) ?? []).filter(({ time }) => time >= run.from && time <= run.to);
  const peaks = alarmsAtLimit([run.sensor], within).flatMap(({ peak }) =>
    peak === null ? [] : [peak.value],
  );
  const seconds = within.map(({ time, value }) => ({ time, isOver: (value ?? 0) >= limit }));
  return { run, seconds, over: seconds.filter(({ isOver }) => isOver), peak: Math.max(...peaks) };
}

test('alarms at 0.7 % agree second by second with the independent runs', () => {
  const runs = readRuns();
  expect(runs).toHaveLength(3_112);
  const sensors = [...new Set(runs.map(({ sensor }) => sensor))];
  const readings = allReadings();
  const ofSensor = Map.groupBy(readings, ({ point }) => point);
  const alarms = alarmsAtLimit(sensors, readings);
  const isUp = (sensor: string, time: number) =>
    alarms.some(
      ({ scope, since, clearedAt }) => scope === sensor && since <= time && time < (clearedAt ?? Infinity),
    );
  const overlaps = runs.map((run) => overlapOf(run, ofSensor)).filter(({ seconds }) => seconds.length > 0);

  // Second by second, and both ends of a run are over the limit by its definition.
  for (const { run, seconds } of overlaps) {
    const found = seconds.map(({ time }) => ({ time, isOver: isUp(run.sensor, time) }));
    expect([run.sensor, found]).toEqual([run.sensor, seconds]);
    const ends = seconds.filter(({ time }) => time === run.from || time === run.to);
    expect(ends.every(({ isOver }) => isOver)).toBe(true);
  }
  // No second over the limit lies outside all runs.
  const explained = new Set(
    overlaps.flatMap(({ run, over }) => over.map(({ time }) => `${run.sensor} ${time}`)),
  );
  const over = readings.filter(({ point, value }) => sensors.includes(point) && (value ?? 0) >= limit);
  expect(over.filter(({ point, time }) => !explained.has(`${point} ${time}`))).toEqual([]);
  // The maximum: never above that of the run, and the same where all of the run is in the rows.
  expect(overlaps.filter(({ run, peak }) => peak > run.max)).toEqual([]);
  const whole = overlaps.filter((overlap) => overlap.over.length === overlap.run.rows);
  expect(whole.filter(({ run, peak }) => peak !== run.max)).toEqual([]);

  const seen = {
    runs: overlaps.length,
    seconds: overlaps.reduce((sum, { seconds }) => sum + seconds.length, 0),
    over: over.length,
    peaks: overlaps.filter(({ run, peak }) => peak === run.max).length,
    whole: whole.length,
  };
  process.stdout.write(
    `recording: ${seen.seconds} seconds compared in ${seen.runs} runs (${seen.over} at or over ${limit} %), ` +
      `${seen.peaks} maxima agree, ${seen.whole} runs wholly in the rows\n`,
  );
  expect(seen).toEqual({ runs: 35, seconds: 3_068, over: 2_984, peaks: 13, whole: 6 });
});
