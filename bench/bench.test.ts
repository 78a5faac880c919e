// The bench runs, in its small form, and says what it promises to say; its figures are no test. And the judgement of a
// case, by table.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { judge, quantile, type BenchReport, type Measured } from './case.ts';
import { FrameMaker, seededRandom } from './frames.ts';

const run = promisify(execFile);
const withinMs = 60_000;

describe('npm run bench', () => {
  it(
    'prints one JSON object with machine, commit, load, calibration and every case that was asked for',
    async () => {
      const wanted = ['pipeline', 'gateway-50k', 'latency-stress', 'http', 'restart', 'dashboard'];
      const { stdout } = await run(
        process.execPath,
        [
          join(import.meta.dirname, 'main.ts'),
          '--json',
          '--small',
          ...wanted.flatMap((name) => ['--only', name]),
        ],
        { timeout: withinMs },
      );
      const report = JSON.parse(stdout) as BenchReport;
      expect(Object.keys(report)).toEqual(['machine', 'commit', 'load', 'calibrationNs', 'cases']);
      expect(report.calibrationNs).toBeGreaterThan(0);
      expect(report.machine).toContain(process.versions.node);
      expect(report.cases.map(({ name, unit }) => `${name} [${unit}]`)).toEqual([
        'pipeline cpu per reading [µs]',
        'recovery re-step rate [readings/s]',
        'gateway cpu per reading at 50k/s [µs]',
        'gateway rate at 50k/s [readings/s]',
        'history behind at 50k/s [ms]',
        'alarm latency p99, 8 logins at once and a report [ms]',
        'http ingest rate, frames of 100 [readings/s]',
        'http ingest latency p99 [ms]',
        'alarm latency p99, http ingest at 100k/s [ms]',
        'kill to first new alarm [s]',
        'dashboard first load, gzip without fonts [kB]',
      ]);
      for (const one of report.cases) {
        expect(Object.keys(one)).toEqual(['name', 'unit', 'value', 'better', 'goal', 'holds']);
        // History may be right behind: nought is a figure there, and nowhere else.
        expect(one.value).toBeGreaterThanOrEqual(
          one.name.startsWith('history behind') ? 0 : Number.MIN_VALUE,
        );
      }
    },
    withinMs,
  );

  it('names the measurements there are when it is asked for another', async () => {
    const asked = run(process.execPath, [join(import.meta.dirname, 'main.ts'), '--only', 'nothing']);
    await expect(asked).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('latency') });
  });
});

describe('a case', () => {
  const cpu: Measured = { name: 'cpu', unit: 'µs', value: 3, better: 'lower', goal: 2, isCpu: true };

  it.each([
    ['CPU time on a machine half as fast as the reference holds at twice the goal', cpu, 200, true],
    ['CPU time on a machine as fast as the reference is taken as it is', cpu, 100, false],
    ['a latency is taken as it is on any machine', { ...cpu, isCpu: false }, 200, false],
    ['a rate holds from its goal upwards', { ...cpu, isCpu: false, better: 'higher' as const }, 100, true],
    ['a figure without a goal holds', { ...cpu, goal: null }, 100, true],
  ])('%s', (_what, measured, calibrationNs, holds) => {
    expect(judge(measured, calibrationNs, 100).holds).toBe(holds);
  });

  it('takes quantiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([50, 99, 100]);
  });
});

describe('the frames of the bench', () => {
  it('raise alarms on many points and never twice running on one', () => {
    const maker = new FrameMaker({ points: 10_000, perFrame: 100, alarmEvery: 7 }, seededRandom(1));
    const last = new Map<string, number>();
    const frames = 7_000;
    for (let n = 0; n < frames; n += 1) {
      const scope = maker.next(n * 10).alarm?.split('@')[0];
      if (scope === undefined) continue;
      expect(n - (last.get(scope) ?? -Infinity)).toBeGreaterThan(100);
      last.set(scope, n);
    }
    expect(last.size).toBeGreaterThan(500);
  });

  it('refuse a point cycle that has the alarm cycle as a factor', () => {
    expect(() => new FrameMaker({ points: 1_400, perFrame: 100, alarmEvery: 7 }, seededRandom(1))).toThrow(
      'do not fit',
    );
  });
});
