// `fengsui backtest` as a person calls it: files in, JSON lines out, the same bytes each time, exit code 2 with a
// sentence for everything that is wrong, and no result left behind then.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { demoFolder } from '#seeds/load.ts';
import { readRecording, recordingCsv } from '#simulators/recording.ts';
import { backtestCommand } from './command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const point = {
  id: 'A',
  measurand: 'CH4',
  unit: '%',
  periodS: 10,
  place: 'P1',
  mine: 'M1',
  limits: { alarmHigh: 1 },
};
const rule = { id: 'R1', kind: 'threshold', level: 'Y', op: '>=', limit: 'alarmHigh' };
const csv = 'time,point,value,status\n2026-01-05T00:00:00Z,A,1.2,0\n2026-01-05T00:00:10Z,A,0.5,0\n';
const line =
  '{"rule":"R1","scope":"A","mine":"M1","level":"Y","since":"2026-01-05T00:00:00.000Z","raisedAt":"2026-01-05T00:00:00.000Z","clearedAt":"2026-01-05T00:00:10.000Z","peak":{"value":1.2,"at":"2026-01-05T00:00:00.000Z"},"samples":2,"marks":[]}\n';

function files(
  points: unknown = [point],
  rules: unknown = [rule],
  readings: string | Buffer = csv,
): string[] {
  writeFileSync(at('points.json'), JSON.stringify(points));
  writeFileSync(at('rules.json'), JSON.stringify(rules));
  writeFileSync(at('readings.csv'), readings);
  return [
    '--points',
    at('points.json'),
    '--rules',
    at('rules.json'),
    '--readings',
    at('readings.csv'),
    '--alarms',
    at('out.jsonl'),
  ];
}

function filesWith(name: string, text: string): string[] {
  const args = files();
  writeFileSync(at(name), text);
  return args;
}

async function run(args: string[]) {
  const said: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const code = await backtestCommand(args);
  spy.mockRestore();
  return { code, said: said.join('') };
}

test('documents and readings give alarm lines', async () => {
  const { code, said } = await run(files());
  expect([code, readFileSync(at('out.jsonl'), 'utf8')]).toEqual([0, line]);
  expect(said).toContain('2 readings, 1 alarms');
});

test('packed readings give the same', async () => {
  expect((await run(files([point], [rule], gzipSync(csv)))).code).toBe(0);
  expect(readFileSync(at('out.jsonl'), 'utf8')).toBe(line);
});

test('the recording of the demo gives the same bytes in two runs and in a process of its own', async () => {
  const readings = at('recording.csv.gz');
  writeFileSync(readings, gzipSync([...recordingCsv(readRecording(demoFolder))].join('\n')));
  const args = ['--site', demoFolder, '--readings', readings, '--alarms'];
  expect((await run([...args, at('first.jsonl')])).code).toBe(0);
  expect((await run([...args, at('second.jsonl')])).code).toBe(0);
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const third = spawnSync(process.execPath, [main, 'backtest', ...args, at('third.jsonl')], {
    encoding: 'utf8',
  });
  expect([third.status, third.stderr]).toEqual([0, expect.stringContaining('23744 readings')]);
  const first = readFileSync(at('first.jsonl'));
  expect(readFileSync(at('second.jsonl')).equals(first)).toBe(true);
  expect(readFileSync(at('third.jsonl')).equals(first)).toBe(true);
  const rules = new Set(
    first
      .toString('utf8')
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { rule: string }).rule),
  );
  // Not GAS-05 (no episode lasts ten minutes) and not GAS-06 (no point has three over-limits in a day).
  expect([...rules].toSorted()).toEqual([
    'DQ-01',
    'GAS-01',
    'GAS-02',
    'GAS-03',
    'GAS-04',
    'GAS-07',
    'GAS-12',
  ]);
});

test('without --alarms the lines go to standard output', async () => {
  const args = files();
  args.splice(args.indexOf('--alarms'), 2);
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  const { code } = await run(args);
  expect([code, written.join('')]).toEqual([0, line]);
});

describe('it ends with exit code 2, says why, and leaves no result for', () => {
  const wrong: readonly (readonly [string, () => string[], readonly RegExp[]])[] = [
    ['no arguments', () => [], [/usage:/]],
    ['an unknown option', () => [...files(), '--fast'], [/--fast/, /usage:/]],
    ['both a site and points', () => [...files(), '--site', folder], [/usage:/]],
    ['both a CSV and a journal', () => [...files(), '--journal', folder], [/usage:/]],
    ['a file that is not there', () => files().with(5, at('none.csv')), [/ENOENT.*none\.csv/]],
    ['points that are not JSON', () => filesWith('points.json', '{'), [/points\.json: 不是合法 JSON/]],
    [
      'faults in both documents at once',
      () =>
        files(
          [{ ...point, periodS: 0 }],
          [
            { ...rule, op: '==' },
            { ...rule, kind: 'magic' },
          ],
        ),
      [/points\.json: points\[0\]\.periodS/, /rules\.json: rules\[0\]\.op/, /rules\.json: rules\[1\]\.kind/],
    ],
    [
      'a line of the readings that cannot be read',
      () => files([point], [rule], `${csv}x\n`),
      [/readings\.csv: line 4: 1 fields/],
    ],
    [
      'readings that were packed and cut short',
      () => files([point], [rule], gzipSync(csv.repeat(50)).subarray(0, 60)),
      [/unexpected end/],
    ],
    [
      'a site folder that is none',
      () => ['--site', folder, '--readings', at('readings.csv'), '--alarms', at('out.jsonl')],
      [/site\.json: 无法读取/, /points\.json: 无法读取/],
    ],
    ['a folder as the output', () => files().with(7, at('none/out.jsonl')), [/ENOENT/]],
  ];
  test.each(wrong)('%s', async (_, args, messages) => {
    const { code, said } = await run(args());
    expect(code).toBe(2);
    for (const message of messages) expect(said).toMatch(message);
    expect(existsSync(at('out.jsonl')) || existsSync(at('out.jsonl.part'))).toBe(false);
  });
});

test('a rule that no point can arm is warned of, and run all the same', async () => {
  const { code, said } = await run(files([{ ...point, limits: {} }]));
  expect(code).toBe(0);
  expect(said).toMatch(/warning: rules\[0\]\.limit/);
  expect(said).toMatch(/R1 not armed \(limitMissing\): 1 points/);
});
