// npm run conformance: every conformance case of the project through the command line's own path (documents and CSV
// as files, `fengsui backtest`, JSON lines out), compared line by line. Ends with one line; exit code 1 on a failure.
// Recordings that must not be shipped are run from a folder of the same layout beside the project, or where
// FENGSUI_CONFORMANCE says; when it is not there they are named as skipped.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ruleKinds } from '#alarms/rules/parse-fields.ts';
import { backtestCommand } from '#gateway/backtest/command.ts';

interface RuleDocument {
  readonly id: string;
  readonly kind: string;
}

interface AlarmDocument {
  readonly rule: string;
  readonly marks: readonly string[];
  readonly delayedS?: number;
}

interface Outcome {
  readonly name: string;
  readonly verdict: 'passed' | 'failed' | 'kind not built' | 'skipped';
  readonly detail: string;
}

const own = join(import.meta.dirname, '..', 'tests', 'conformance', 'cases');
const outside =
  process.env['FENGSUI_CONFORMANCE'] ?? join(import.meta.dirname, '..', '..', 'shared', 'conformance');
const scratch = mkdtempSync(join(tmpdir(), 'fengsui-conformance-'));
const outcomes: Outcome[] = [];
try {
  const micro = join(own, 'micro');
  for (const file of readdirSync(micro)
    .filter((name) => name.endsWith('.json'))
    .toSorted())
    outcomes.push(await runMicro(join(micro, file)));
  for (const folder of recordingFolders()) outcomes.push(await runRecording(folder));
  if (!outcomes.some(({ name }) => name === 'methane-30s'))
    outcomes.push({
      name: 'methane-30s',
      verdict: 'skipped',
      detail: 'its licence keeps it out of the project, and it is not beside it',
    });
} finally {
  rmSync(scratch, { recursive: true });
}

const width = Math.max(...outcomes.map(({ name }) => name.length));
for (const { name, verdict, detail } of outcomes)
  process.stdout.write(`${name.padEnd(width)}  ${verdict}${detail === '' ? '' : `  ${detail}`}\n`);
const count = (verdict: Outcome['verdict']) =>
  outcomes.filter((outcome) => outcome.verdict === verdict).length;
const last = `${count('passed')} passed, ${count('failed')} failed, ${count('kind not built')} kind not built`;
process.stdout.write(`${last}${count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`}\n`);
process.exitCode = count('failed') === 0 ? 0 : 1;

/** A micro case asks one question: with a kind of it missing there is nothing left to ask. */
async function runMicro(path: string): Promise<Outcome> {
  const name = basename(path, '.json');
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    points: unknown;
    rules: RuleDocument[];
    samples: {
      time: string | number;
      point: string;
      value: number | null;
      status: number;
      received?: string | number;
    }[];
    expected: AlarmDocument[];
  };
  const missing = document.rules.filter(({ kind }) => !isBuilt(kind)).map(({ kind }) => kind);
  if (missing.length > 0) return { name, verdict: 'kind not built', detail: [...new Set(missing)].join(' ') };
  const hasReceived = document.samples.some(({ received }) => received !== undefined);
  const lines = document.samples.map(({ time, point, value, status, received }) =>
    [time, point, value ?? '', status, ...(hasReceived ? [received ?? ''] : [])].join(','),
  );
  const header = `time,point,value,status${hasReceived ? ',received' : ''}`;
  const readings = join(scratch, 'readings.csv');
  writeFileSync(readings, `${[header, ...lines].join('\n')}\n`);
  return compare(name, document.points, document.rules, readings, document.expected, []);
}

/** A recording has many rules: those of kinds that are built are run and must give exactly their alarms. */
async function runRecording(folder: string): Promise<Outcome> {
  const json = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const rules = json('rules.json') as RuleDocument[];
  const built = rules.filter(({ kind }) => isBuilt(kind));
  const ids = new Set(built.map(({ id }) => id));
  const expected = readLines(join(folder, 'alarms.jsonl')).filter(({ rule }) => ids.has(rule));
  const left = rules.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  return compare(
    basename(folder),
    json('points.json'),
    built,
    join(folder, 'readings.csv.gz'),
    expected,
    left,
  );
}

async function compare(
  name: string,
  points: unknown,
  rules: unknown,
  readings: string,
  expected: readonly AlarmDocument[],
  left: readonly string[],
): Promise<Outcome> {
  const files = {
    points: join(scratch, 'points.json'),
    rules: join(scratch, 'rules.json'),
    alarms: join(scratch, 'out.jsonl'),
  };
  writeFileSync(files.points, JSON.stringify(points));
  writeFileSync(files.rules, JSON.stringify(rules));
  rmSync(files.alarms, { force: true });
  const { code, said } = await quietly(() =>
    backtestCommand([
      '--points',
      files.points,
      '--rules',
      files.rules,
      '--readings',
      readings,
      '--alarms',
      files.alarms,
    ]),
  );
  if (code !== 0) return { name, verdict: 'failed', detail: `exit code ${code}: ${said}` };
  const hasDelayedS = expected.some(({ delayedS }) => delayedS !== undefined);
  const found = readLines(files.alarms).map((alarm) => comparable(alarm, hasDelayedS));
  const wanted = expected.map((alarm) => comparable(alarm, hasDelayedS));
  const at = wanted.findIndex((alarm, index) => alarm !== found[index]);
  const note = left.length === 0 ? '' : `, rules of kinds not built left out: ${left.join(' ')}`;
  if (at < 0 && found.length === wanted.length)
    return { name, verdict: 'passed', detail: wanted.length < 20 ? '' : `${wanted.length} alarms${note}` };
  const index = at < 0 ? wanted.length : at;
  const detail = `${found.length} alarms, ${wanted.length} wanted; line ${index + 1}: ${found[index] ?? 'none'} instead of ${wanted[index] ?? 'none'}`;
  return { name, verdict: 'failed', detail };
}

/** The command says its summary on stderr: kept for a failure, not shown for seventy passes. */
async function quietly(run: () => Promise<number>): Promise<{ code: number; said: string }> {
  const write = process.stderr.write.bind(process.stderr);
  let said = '';
  process.stderr.write = (chunk: string | Uint8Array) => {
    said += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    return true;
  };
  try {
    return { code: await run(), said };
  } finally {
    process.stderr.write = write;
  }
}

function readLines(file: string): AlarmDocument[] {
  const text = readFileSync(file, 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as AlarmDocument);
}

/** Numbers as numbers, marks as a set, all else exactly, keys in one order; delayedS where the case says it. */
function comparable(alarm: AlarmDocument, hasDelayedS: boolean): string {
  const entries = Object.entries({ ...alarm, marks: alarm.marks.toSorted() })
    .filter(([key]) => hasDelayedS || key !== 'delayedS')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(entries));
}

function isBuilt(kind: string): boolean {
  return ruleKinds.some((known) => known === kind);
}

function recordingFolders(): string[] {
  const byName = new Map<string, string>();
  for (const root of [own, outside]) {
    const folder = join(root, 'recordings');
    for (const name of existsSync(folder) ? readdirSync(folder).toSorted() : []) {
      if (existsSync(join(folder, name, 'readings.csv.gz')) && !byName.has(name))
        byName.set(name, join(folder, name));
    }
  }
  return [...byName.values()];
}
