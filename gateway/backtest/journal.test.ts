// A journal as the material of a back-test, on journals made by hand: what it steps, what it reads for other documents,
// and the one sentence it has for a journal it cannot use. The whole road is tests/gateway/live-equals-backtest.test.ts.

import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { Engine } from '#alarms/engine/engine.ts';
import type { Input, SourceName } from '#alarms/engine/input.ts';
import type { RoleName } from '#alarms/log/event.ts';
import type { AlarmLine } from '#alarms/rules/collect.ts';
import type { Rule } from '#alarms/rules/rule.ts';
import type { Command } from '#alarms/workflow/command.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { documentsOf, frameOf, JournalMaker, raised } from '../projector/test/journal-maker.ts';
import { backtestJournal, journalReadings } from './journal.ts';

let folder: string;
let journal: JournalMaker;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-journal-'));
  journal = new JournalMaker(new NodeFiles(folder));
});
afterEach(() => rmSync(folder, { recursive: true }));

const t0 = Date.UTC(2026, 0, 5);
const second = (s: number) => t0 + s * 1000;
const over: Rule = { id: 'R1', kind: 'threshold', level: 'yellow', op: '>=', limit: 1 };
const silence: Rule = { id: 'R2', kind: 'silence', level: 'blue', silenceS: 60 };
const site = (points: readonly string[], rules: readonly Rule[]): SiteDocuments => ({
  ...documentsOf(points),
  rules,
});

const source: SourceName = { mine: 'm1', system: 'safety', source: 'gas' };

function configured(s: number, documents: SiteDocuments): void {
  journal.input({ kind: 'configured', now: second(s), documents });
  if (journal.lastSequence === 1)
    journal.input({ kind: 'sourceSeen', now: second(s), source: 0, name: source });
}
const started = (s: number, blindFrom: number | null = null) =>
  journal.input({ kind: 'started', now: second(s), blindFrom });

/** Rule, scope, second of raising, second of clearing. */
function told({ rule, scope, raisedAt, clearedAt }: AlarmLine) {
  return [rule, scope, (raisedAt - t0) / 1000, clearedAt === null ? null : (clearedAt - t0) / 1000];
}

test('silence counts from the start of the gateway, and a tick that came late fires what was due', () => {
  configured(0, site(['A'], [over, silence]));
  started(0);
  journal.readings(second(1), 0, [{ slot: 0, t: second(1), v: 1.5 }]);
  started(100, second(1));
  journal.input({ kind: 'tick', now: second(200) }).batch();
  const { alarms, readings } = backtestJournal(folder);
  expect(readings).toBe(1);
  expect(alarms.map(told)).toEqual([
    ['R1', 'A', 1, null],
    ['LNK-START', 'm1', 100, 100],
    ['R2', 'A', 160, null],
  ]);
  expect(alarms[0]).toMatchObject({ peak: { value: 1.5, at: second(1) }, samples: 1 });
});

test('nothing fires after the last input: the gateway was not there to see it', () => {
  configured(0, site(['A'], [silence]));
  started(0);
  journal.input({ kind: 'tick', now: second(60) }).batch();
  expect(backtestJournal(folder).alarms).toEqual([]);
});

test('later documents apply from where they stand, and slots go with them', () => {
  configured(0, site(['A'], [over]));
  started(0);
  journal.readings(second(1), 0, [{ slot: 0, t: second(1), v: 2 }]);
  configured(2, site(['B', 'A'], [{ ...over, limit: 3 }]));
  journal.readings(second(3), 0, [{ slot: 0, t: second(3), v: 4 }]).batch();
  expect(backtestJournal(folder).alarms.map(told)).toEqual([
    ['R1', 'A', 1, 2],
    ['R1', 'B', 3, null],
  ]);
  expect([...journalReadings(folder)].map(({ point, value }) => [point, value])).toEqual([
    ['A', 2],
    ['B', 4],
  ]);
});

test('as readings it gives received stamps, samples without a number, and what was quarantined', () => {
  configured(0, site(['A'], []));
  journal.readings(second(5), 0, [{ slot: 0, t: second(1), v: null, s: 128 }]);
  const kept = { point: 'NEW', time: second(2), value: 0.5, status: 0 };
  journal.input({ kind: 'quarantined', now: second(6), source: 0, readings: [kept] }).batch();
  expect([...journalReadings(folder)]).toEqual([
    { point: 'A', time: second(1), value: NaN, status: 128, received: second(5) },
    { ...kept, received: second(6) },
  ]);
});

const counted: Rule = {
  id: 'R3',
  kind: 'occurrences',
  level: 'orange',
  base: ['R1'],
  groupBy: 'point',
  n: 2,
  windowS: 3_600,
};
const evidence = ['0'.repeat(64)];
const text = '到现场核对传感器与记录，系调校引起';

/** Received, handled, dismissed as a false alarm and verified by another person, each an input of the journal. */
function verifyAsFalseAlarm(s: number, step: (input: Input) => void): void {
  const by = (id: string, role: RoleName) => ({ id, name: id, grants: [{ role, site: 'm1' }] });
  const ids = { case: 'm1/C1', evidence };
  const steps: readonly Command[] = [
    { name: 'ReceiveCase', by: by('d', 'dispatcher'), payload: { commandId: 'command-1', case: ids.case } },
    {
      name: 'RecordAction',
      by: by('d', 'dispatcher'),
      payload: { commandId: 'command-2', ...ids, kind: 'dispatchCheck', text },
    },
    {
      name: 'CompleteHandling',
      by: by('o', 'safetyOfficer'),
      payload: { commandId: 'command-3', ...ids, cause: 'calibration', text },
    },
    {
      name: 'DismissCase',
      by: by('l', 'leader'),
      payload: { commandId: 'command-4', ...ids, disposition: 'falseAlarm', text },
    },
    {
      name: 'VerifyCase',
      by: by('v', 'verifier'),
      payload: { commandId: 'command-5', ...ids, result: 'pass', mode: 'onSite', place: 'face', text },
    },
  ];
  for (const command of steps) step({ kind: 'command', now: second(s), command });
}

test.each([
  ['an alarm verified as false is left out of the counts', true, ['R1 1', 'R1 700']],
  ['an alarm nobody verified is counted', false, ['R1 1', 'R1 700', 'R3 700']],
])('commands are stepped too: %s, as live', (_, isFalse, expected) => {
  const engine = new Engine({ sha256: (data) => createHash('sha256').update(data).digest('hex') });
  const live: string[] = [];
  const step = (input: Input) => {
    journal.input(input);
    const { events, answer } = engine.step(journal.lastSequence, input);
    expect(answer?.refused ?? false).toBe(false);
    for (const { type, data } of events)
      if (type === 'AlarmRaised') live.push(`${data.rule} ${(data.raisedAt - t0) / 1000}`);
  };
  const value = (s: number, v: number) =>
    step({ kind: 'readings', frame: frameOf(second(s), 0, [{ slot: 0, t: second(s), v }]) });
  step({ kind: 'configured', now: t0, documents: site(['A'], [over, counted]) });
  step({ kind: 'sourceSeen', now: t0, source: 0, name: source });
  step({ kind: 'started', now: t0, blindFrom: null });
  value(1, 2);
  value(2, 0);
  value(600, 0);
  if (isFalse) verifyAsFalseAlarm(600, step);
  value(700, 2);
  journal.batch();
  const lines = backtestJournal(folder).alarms;
  expect(lines.map(({ rule, raisedAt }) => `${rule} ${(raisedAt - t0) / 1000}`)).toEqual(expected);
  expect(live).toEqual(expected);
});

test('a record of other events than stepping gives is named by the first that differs', () => {
  configured(0, site(['A'], [over]));
  journal.readings(second(1), 0, [{ slot: 0, t: second(1), v: 0.5 }]);
  journal.event(second(1), raised('m1', 'R1/A#1', second(1))).batch();
  expect(backtestJournal(folder).difference).toBe(
    '3.1 AlarmRaised R1/A#1 is recorded, stepping gives nothing',
  );
});

function threeSegments(): void {
  configured(0, site(['A'], [over]));
  for (let s = 1; s <= 3; s += 1) {
    journal.readings(second(s), 0, [{ slot: 0, t: second(s), v: 2 }]).endSegment();
  }
}
const segments = () => readdirSync(folder).toSorted();

test('a journal whose first segments are gone is refused with one sentence', () => {
  threeSegments();
  unlinkSync(join(folder, segments()[0]!));
  expect(() => backtestJournal(folder)).toThrow(/no longer holds positions 0 to \d+.*已释放/);
});

test('a damaged journal is refused with one sentence, wherever the damage lies', () => {
  threeSegments();
  const name = join(folder, segments()[1]!);
  const bytes = readFileSync(name);
  bytes[60]! ^= 1;
  writeFileSync(name, bytes);
  expect(() => backtestJournal(folder)).toThrow(/is damaged from position \d+ to \d+.*日志损坏/);
  expect(() => [...journalReadings(folder)]).toThrow(/is damaged/);
});

test('a folder without a journal is refused, and nothing is made in it', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  for (const none of [empty, join(folder, 'none')])
    expect(() => backtestJournal(none)).toThrow(/There is no journal in .*没有日志/);
  expect([readdirSync(empty), readdirSync(folder)]).toEqual([[], ['empty']]);
});
