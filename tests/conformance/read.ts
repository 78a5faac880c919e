// Reads a conformance case (cases/README.md) through the project's own parsers. Rules of kinds that are not built yet are
// set apart, by name; everything else of a case must parse without a problem.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseTime } from '#alarms/kernel/time.ts';
import { parsePoints } from '#alarms/registry/parse.ts';
import type { Point } from '#alarms/registry/site.ts';
import type { BacktestReading } from '#alarms/rules/backtest.ts';
import { parseRules } from '#alarms/rules/parse.ts';
import { kindCode } from '#alarms/rules/program.ts';
import type { Rule } from '#alarms/rules/rule.ts';

const casesFolder = path.join(import.meta.dirname, 'cases');

export interface ExpectedAlarm extends Readonly<Record<string, unknown>> {
  readonly rule: string;
  readonly scope: string;
  readonly raisedAt: string;
  readonly marks: readonly string[];
}

export interface ConformanceCase {
  readonly name: string;
  readonly covers: string;
  readonly points: readonly Point[];
  /** Of built kinds. */
  readonly rules: readonly Rule[];
  readonly readings: readonly BacktestReading[];
  /** Of rules of built kinds. */
  readonly expected: readonly ExpectedAlarm[];
  /** `rule (kind)` of rules whose kinds are not built. */
  readonly notBuilt: readonly string[];
}

interface RuleDocument {
  readonly id: string;
  readonly kind: string;
}

interface RawCase {
  readonly name: string;
  readonly covers: string;
  readonly points: unknown;
  readonly rules: readonly RuleDocument[];
  readonly readings: readonly BacktestReading[];
  readonly expected: readonly ExpectedAlarm[];
}

export function microCases(): ConformanceCase[] {
  const folder = path.join(casesFolder, 'micro');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const document = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
      const readings = document.samples.map((sample: Record<string, unknown>) => readingOf(sample));
      return caseOf({ ...document, name: file.replace(/\.json$/, ''), readings });
    });
}

/** A recording shipped with the project. */
export function recording(name: string): ConformanceCase {
  return recordingIn(path.join(casesFolder, 'recordings', name), name);
}

/** A recording that must not be shipped: beside the project, or where FENGSUI_CONFORMANCE says; null when absent. */
export function outsideRecording(name: string): ConformanceCase | null {
  const beside = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'conformance');
  const folder = path.join(process.env['FENGSUI_CONFORMANCE'] ?? beside, 'recordings', name);
  return existsSync(folder) ? recordingIn(folder, name) : null;
}

function recordingIn(folder: string, name: string): ConformanceCase {
  const text = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
  const lines = gunzipSync(readFileSync(path.join(folder, 'readings.csv.gz')))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  return caseOf({
    name,
    covers: `the recording ${name}`,
    points: JSON.parse(text('points.json')),
    rules: JSON.parse(text('rules.json')),
    readings: lines.slice(1).map(readingOfLine),
    expected: text('alarms.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  });
}

function caseOf(raw: RawCase): ConformanceCase {
  const { points, problems } = parsePoints(raw.points);
  if (problems.length > 0) throw new Error(`${raw.name}: ${JSON.stringify(problems)}`);
  const isBuilt = (rule: RuleDocument): boolean => rule.kind in kindCode;
  const parsed = parseRules(raw.rules.filter(isBuilt), points);
  if (parsed.problems.length > 0) throw new Error(`${raw.name}: ${JSON.stringify(parsed.problems)}`);
  const built = new Set(raw.rules.filter(isBuilt).map((rule) => rule.id));
  return {
    name: raw.name,
    covers: raw.covers,
    points,
    rules: parsed.rules,
    readings: raw.readings,
    expected: raw.expected.filter((alarm) => built.has(alarm.rule)),
    notBuilt: raw.rules.filter((rule) => !isBuilt(rule)).map((rule) => `${rule.id} (${rule.kind})`),
  };
}

function readingOf(sample: Record<string, unknown>): BacktestReading {
  const { point, value, status, received } = sample;
  return {
    time: timeOf(sample['time']),
    point: String(point),
    value: value === null || value === undefined ? null : Number(value),
    status: Number(status),
    ...(received === undefined ? {} : { received: timeOf(received) }),
  };
}

function readingOfLine(line: string): BacktestReading {
  const [time, point, value, status] = line.trimEnd().split(',');
  return readingOf({ time, point, value: value === '' ? null : value, status });
}

function timeOf(text: unknown): number {
  const time = parseTime(text);
  if (time === null) throw new Error(`not a time: ${String(text)}`);
  return time;
}
