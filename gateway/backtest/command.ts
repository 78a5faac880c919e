// `fengsui backtest`: the same rules over recorded readings, without network or clock, alarms as JSON lines
// (docs/rules.md §7). Two runs give the same bytes. Whatever is wrong with documents or readings is said at once and
// ends with exit code 2; then no output file is left that could be taken for a result.

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Point } from '#alarms/registry/site.ts';
import { parsePoints } from '#alarms/registry/parse.ts';
import { problemLine } from '#alarms/registry/problem.ts';
import { backtest, type BacktestReading, type BacktestResult } from '#alarms/rules/backtest.ts';
import { alarmLine } from '#alarms/rules/collect.ts';
import { parseRules } from '#alarms/rules/parse.ts';
import type { Rule } from '#alarms/rules/rule.ts';
import { ConfigurationError } from '#gateway/config.ts';
import { loadSite } from '#seeds/load.ts';
import { openCsv } from './csv.ts';
import { backtestJournal, journalReadings, type JournalBacktest } from './journal.ts';

const usage = `usage: fengsui backtest (--points points.json --rules rules.json | --site DIR)
                        (--readings readings.csv[.gz] | --journal DIR) [--alarms out.jsonl]
       fengsui backtest --journal DIR [--alarms out.jsonl]
  The second form steps a journal as it ran, by its own documents: exactly the alarms that were raised live.
  Without --alarms the lines go to standard output.`;

/** What the rules are run over: readings in arrival order, gone through once. */
interface ReadingsSource {
  readonly readings: Iterable<BacktestReading>;
  close(): void;
}

interface RuleSet {
  readonly points: readonly Point[];
  readonly rules: readonly Rule[];
  readonly warnings: readonly string[];
}

/** Exit code: 0 done, 1 done but a journal records other events, 2 with what is wrong on stderr. */
export async function backtestCommand(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.isAsItRan) return finish(options, backtestJournal(options.journal ?? ''));
    return finish(options, { ...(await backtestOther(options)), difference: null });
  } catch (error) {
    if (!isFaultOfInput(error)) throw error;
    say(error.message);
    return 2;
  }
}

function finish(options: Options, result: JournalBacktest): number {
  writeAlarms(options.alarms, result);
  for (const line of summary(result)) say(line);
  if (result.difference === null) return 0;
  say(
    `The journal records other events than these rules give now: ${result.difference}. 回测与当时的记录不一致。`,
  );
  return 1;
}

async function backtestOther(options: Options): Promise<BacktestResult> {
  const { points, rules, warnings } = readRuleSet(options);
  for (const warning of warnings) say(`warning: ${warning}`);
  const source = await openReadings(options);
  try {
    return backtest(points, rules, source.readings);
  } finally {
    source.close();
  }
}

/** Ours are thrown on: files that cannot be read carry a code, everything else was said by ConfigurationError. */
function isFaultOfInput(error: unknown): error is Error {
  return error instanceof ConfigurationError || (error instanceof Error && 'code' in error);
}

interface Options {
  readonly points: string | undefined;
  readonly rules: string | undefined;
  readonly site: string | undefined;
  readonly readings: string | undefined;
  readonly journal: string | undefined;
  /** Null: standard output. */
  readonly alarms: string | null;
  /** A journal without documents from outside. */
  readonly isAsItRan: boolean;
}

function readOptions(args: string[]): Options {
  const option = { type: 'string' } as const;
  const names = {
    points: option,
    rules: option,
    site: option,
    readings: option,
    journal: option,
    alarms: option,
  };
  let values: Partial<Record<keyof typeof names, string>>;
  try {
    ({ values } = parseArgs({ args, options: names }));
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
  const { points, rules, site, readings, journal, alarms } = values;
  const isAsItRan =
    journal !== undefined && site === undefined && points === undefined && rules === undefined;
  const hasDocuments = site === undefined ? points !== undefined && rules !== undefined : !points && !rules;
  if (!(hasDocuments || isAsItRan) || (readings === undefined) === (journal === undefined))
    throw new ConfigurationError([usage]);
  return { points, rules, site, readings, journal, alarms: alarms ?? null, isAsItRan };
}

function readRuleSet({ points, rules, site }: Options): RuleSet {
  if (site !== undefined) {
    const { documents, findings, warnings } = loadSite(site);
    const told = [
      ...findings.map(({ rule, zh, en }) => `${rule} ${zh} / ${en}`),
      ...warnings.map(problemLine),
    ];
    return { points: documents.points, rules: documents.rules, warnings: told };
  }
  return parseDocuments(points ?? '', rules ?? '');
}

/** Points as they are: no catalogue fills in what the documents leave out. */
function parseDocuments(pointsFile: string, rulesFile: string): RuleSet {
  const points = parsePoints(readJson(pointsFile));
  const rules = parseRules(readJson(rulesFile), points.points);
  const lines = [
    ...points.problems.map((problem) => `${pointsFile}: ${problemLine(problem)}`),
    ...rules.problems.map((problem) => `${rulesFile}: ${problemLine(problem)}`),
  ];
  if (lines.length > 0) throw new ConfigurationError(lines);
  return { points: points.points, rules: rules.rules, warnings: rules.warnings.map(problemLine) };
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError([`${file}: 不是合法 JSON / not valid JSON: ${reason}`]);
  }
}

async function openReadings(options: Options): Promise<ReadingsSource> {
  if (options.journal !== undefined)
    return { readings: journalReadings(options.journal), close: () => undefined };
  const file = options.readings ?? '';
  const opened = await openCsv(file);
  return { readings: named(opened.readings, file), close: () => opened.close() };
}

/** A fault in the CSV says in which file. */
function* named(readings: Iterable<BacktestReading>, file: string): Generator<BacktestReading> {
  try {
    yield* readings;
  } catch (error) {
    throw new ConfigurationError([`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** Whole or not at all: written beside and renamed, unless the place is no plain file (/dev/stdout). */
function writeAlarms(file: string | null, { alarms }: BacktestResult): void {
  const text = alarms.map((alarm) => `${alarmLine(alarm)}\n`).join('');
  if (file === null) {
    process.stdout.write(text);
    return;
  }
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) return writeFileSync(file, text);
  const part = `${file}.part`;
  try {
    writeFileSync(part, text);
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

function summary({ alarms, readings, duplicate, late, unknownPoint, notArmed }: BacktestResult): string[] {
  const byRule = new Map<string, number>();
  for (const { rule, reason } of notArmed) {
    const key = `${rule} not armed (${reason})`;
    byRule.set(key, (byRule.get(key) ?? 0) + 1);
  }
  return [
    `${readings} readings, ${alarms.length} alarms (not evaluated: ${duplicate} duplicate, ${late} late, ${unknownPoint} of unknown points)`,
    ...[...byRule].map(([what, points]) => `${what}: ${points} points`),
  ];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
