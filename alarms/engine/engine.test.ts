// The engine as one machine: what only shows when its parts meet. Each story runs on a hand-made site.

import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../log/invariants.ts';
import type { Event, RoleName } from '../log/event.ts';
import { LogFold } from '../log/fold.ts';
import type { Point } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';
import type { ReadingsFrame } from '../telemetry/frame.ts';
import type { Command } from '../workflow/command.ts';
import type { SiteDocuments } from './documents.ts';
import { Engine } from './engine.ts';
import type { Input } from './input.ts';

const start = Date.UTC(2026, 2, 18, 6, 0, 0);

/** Not a cryptographic digest: enough to tell one chain from another here. */
function digest(text: string): string {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0).toString(16).padStart(64, '0');
}

function point(id: string, extra: Partial<Point> = {}): Point {
  return {
    id,
    measurand: 'CH4',
    unit: '%CH4',
    periodS: 1,
    place: 'face',
    mine: 'm',
    limits: { alarmHigh: 1 },
    ...extra,
  };
}

const gas: Rule = {
  id: 'GAS-01',
  kind: 'threshold',
  level: 'yellow',
  class: 'gas',
  op: '>=',
  limit: 'alarmHigh',
};
const silence: Rule = { id: 'DQ-01', kind: 'silence', level: 'yellow', class: 'trouble', silenceS: 120 };

function site(extra: Partial<SiteDocuments> = {}): SiteDocuments {
  return {
    sites: [{ id: 'm', name: '一矿', kind: 'mine' }],
    places: [{ id: 'face', name: '工作面', mine: 'm' }],
    points: [point('A'), point('B')],
    rules: [gas, silence],
    times: { calmMs: 60_000, regroupMs: 1_800_000, reopenMs: 90 * 86_400_000 },
    ...extra,
  };
}

function frame(second: number, values: readonly number[], received = start + second * 1000): Input {
  const count = values.length;
  const readings: ReadingsFrame = {
    received,
    source: 0,
    sequence: second,
    base: start + second * 1000,
    shift: 0,
    count,
    slots: Uint32Array.from(values.keys()),
    times: new Float64Array(count).fill(start + second * 1000),
    values: Float64Array.from(values),
    status: new Uint16Array(count),
    outcomes: new Uint8Array(count),
  };
  return { kind: 'readings', frame: readings };
}

class Run {
  engine: Engine;
  readonly events: Event[] = [];
  private sequence = 0;

  constructor(documents: SiteDocuments = site()) {
    this.engine = new Engine({ sha256: digest });
    this.step({ kind: 'configured', now: start, documents });
    this.step({ kind: 'started', now: start, blindFrom: null });
    this.step({
      kind: 'sourceSeen',
      now: start,
      source: 0,
      name: { mine: 'm', system: 'safety', source: 's' },
    });
  }

  step(input: Input): string[] {
    this.sequence += 1;
    const { events } = this.engine.step(this.sequence, input);
    this.events.push(...events);
    return events.map((event) => `${event.type} ${event.alarm ?? event.case ?? ''}`.trim());
  }

  /** As after a kill: the state comes back from a checkpoint. */
  restore(): void {
    this.engine = Engine.restore(structuredClone(this.engine.snapshot()), digest);
  }
}

describe('engine', () => {
  test('an over-limit opens a case in the same step, numbered from the input', () => {
    const run = new Run();
    expect(run.step(frame(1, [0.4, 0.4]))).toEqual([]);
    expect(run.step(frame(2, [2, 0.4]))).toEqual(['AlarmRaised GAS-01/A#1', 'CaseOpened GAS-01/A#1']);
    expect(run.events.map(({ id }) => id)).toEqual(['2.1', '5.1', '5.2']);
    expect(run.step(frame(3, [0.4, 0.4]))).toEqual(['AlarmReturned GAS-01/A#1']);
  });

  test('a restart from a checkpoint at any moment gives the same events', () => {
    const values = Array.from({ length: 60 }, (_, i) => [
      1.2 * Math.abs(Math.sin(i / 5)),
      i % 9 === 0 ? 1.1 : 0.2,
    ]);
    const whole = new Run();
    values.forEach((row, i) => whole.step(frame(i + 1, row)));
    for (let cut = 0; cut < values.length; cut += 7) {
      const run = new Run();
      values.forEach((row, i) => {
        if (i === cut) run.restore();
        run.step(frame(i + 1, row));
      });
      expect(run.events).toEqual(whole.events);
    }
    expect(checkInvariants(whole.events, site(), digest)).toEqual([]);
  });

  test('silence is raised by a tick at its deadline; a restart counts anew and names the blind span', () => {
    const run = new Run();
    run.step(frame(1, [0.4, 0.4]));
    // The deadline is lazy: it may wake once too early, never too late, and then raises nothing.
    expect(run.engine.nextDeadline()).toBeLessThanOrEqual(start + 121_001);
    expect(run.step({ kind: 'tick', now: start + 121_000 })).toEqual([]);
    run.step({ kind: 'started', now: start + 600_000, blindFrom: start + 1000 });
    expect(run.events.filter(({ alarm }) => alarm?.startsWith('DQ-01'))).toEqual([]);
    expect(run.events.map(({ alarm }) => alarm).filter(Boolean)).toEqual(['LNK-START/m#1', 'LNK-START/m#1']);
    run.step({ kind: 'tick', now: start + 721_000 });
    expect(
      run.events
        .filter(({ type, alarm }) => type === 'AlarmRaised' && alarm?.startsWith('DQ-01'))
        .map(({ alarm }) => alarm),
    ).toEqual(['DQ-01/A#1', 'DQ-01/B#1']);
  });

  test('a gas point without limits stands in DEF-01 until the document is set right', () => {
    const run = new Run(site({ findings: [{ rule: 'DEF-01', point: 'B' }] }));
    expect(run.engine.fold.livingAlarm('DEF-01', 'B')).toMatchObject({
      level: 'orange',
      base: 'unacknowledged',
    });
    run.step({ kind: 'configured', now: start + 1000, documents: site({ findings: [] }) });
    expect(run.engine.fold.livingAlarm('DEF-01', 'B')).toMatchObject({ base: 'returned' });
  });

  test('new documents keep the alarms of unchanged rules and end those of a rule that is gone', () => {
    const run = new Run();
    run.step(frame(1, [2, 0.4]));
    run.step({
      kind: 'configured',
      now: start + 2000,
      documents: site({ points: [point('B'), point('A')] }),
    });
    expect(run.engine.fold.livingAlarm('GAS-01', 'A')).toMatchObject({ base: 'unacknowledged' });
    expect(
      run.step({ kind: 'configured', now: start + 3000, documents: site({ rules: [silence] }) }),
    ).toEqual(['AlarmWithdrawn GAS-01/A#1']);
  });

  test('a frame repeated with the same number and time is known, also after a restart', () => {
    const run = new Run();
    run.step(frame(7, [0.4, 0.4]));
    run.restore();
    expect(run.engine.sources.isDuplicateFrame(0, 7, start + 7000)).toBe(true);
    expect(run.engine.sources.isDuplicateFrame(0, 8, start + 8000)).toBe(false);
    run.step(frame(9, [0.4, 0.4]));
    expect(run.engine.sources.counts(0)).toMatchObject({ frames: 2, sequenceGaps: 1 });
    run.step(frame(2, [0.4, 0.4], start + 10_000));
    expect(run.engine.sources.counts(0)).toMatchObject({ restarts: 1 });
    expect(run.engine.sources.isDuplicateFrame(0, 9, start + 9000)).toBe(true);
  });
});

/** A run of `inputs` whose record is that of `recorded`: as after a recovery, before and after it is settled. */
function differing(recorded: Run, inputs: readonly Input[], documents: SiteDocuments = site()): Run {
  const run = new Run(documents);
  for (const input of inputs) run.step(input);
  const record = LogFold.fromJson(recorded.engine.fold.toJson(), { sha256: digest });
  run.engine = run.engine.withFold(record);
  run.events.splice(0, Infinity, ...recorded.events);
  return run;
}

function settle(run: Run, second: number): string[] {
  return run.step({ kind: 'recoveryDiffered', now: start + second * 1000, detail: 'test' });
}

type Deed = [person: string, role: RoleName, name: Command['name'], payload: object];

const text = '原因已查明，现场已处理完毕';
const evidence = ['e'.repeat(64)];
const ofCase = { case: 'm/C1' };
/** From 接报 to 归档, each by whose it is. */
const loop: readonly Deed[] = [
  ['d', 'dispatcher', 'ReceiveCase', ofCase],
  ['o', 'safetyOfficer', 'RecordAction', { ...ofCase, kind: 'dispatchCheck' }],
  ['o', 'safetyOfficer', 'CompleteHandling', { ...ofCase, cause: 'other', text }],
  ['d', 'dispatcher', 'DismissCase', { ...ofCase, disposition: 'falseAlarm', text, evidence }],
  ['v', 'verifier', 'VerifyCase', { ...ofCase, result: 'pass', mode: 'onSite', text, evidence }],
  ['o', 'safetyOfficer', 'FeedBackCase', { ...ofCase, text }],
  ['l', 'leader', 'ArchiveCase', ofCase],
];

function commandInput([id, role, name, payload]: Deed, second: number): Input {
  const by = { id, name: id, grants: [{ role, site: 'm' }] };
  // Name and payload belong together by the rows above.
  const command = { name, by, payload: { commandId: `${name} ${second}`, ...payload } } as unknown as Command;
  return { kind: 'command', now: start + second * 1000, command };
}

const sysRecovery = [
  'AlarmRaised SYS-RECOVERY/m#1',
  'CaseOpened SYS-RECOVERY/m#1',
  'AlarmReturned SYS-RECOVERY/m#1',
];

describe('a recovery that differed', () => {
  test('no alarm number repeats', () => {
    const recorded = new Run();
    recorded.step(frame(1, [2, 0.4]));
    recorded.step(frame(2, [0.4, 0.4]));
    const run = differing(recorded, [frame(1, [0.4, 0.4])]);
    expect(settle(run, 3)).toEqual(sysRecovery);
    run.step(frame(4, [2, 0.4]));
    expect(run.engine.fold.livingAlarm('GAS-01', 'A')?.id).toBe('GAS-01/A#2');
    expect(run.engine.fold.livingAlarm('SYS-RECOVERY', 'm')).toMatchObject({ base: 'returned' });
  });

  test('an alarm that no rule holds ends, is still owed, and people close its case by the loop', () => {
    const recorded = new Run();
    recorded.step(frame(1, [2, 0.4]));
    const run = differing(recorded, [frame(1, [0.4, 0.4])]);
    expect(settle(run, 2)).toEqual(['AlarmReturned GAS-01/A#1', ...sysRecovery]);
    const { fold } = run.engine;
    expect(fold.alarms.get('GAS-01/A#1')).toMatchObject({ base: 'returned', clearedAt: start + 2000 });
    expect(fold.cases.get('m/C1')).toMatchObject({ stage: 'opened' });

    loop.forEach((deed, at) => run.step(commandInput(deed, 100 * (at + 1))));
    expect(run.engine.fold.cases.get('m/C1')).toMatchObject({ stage: 'archived' });
    expect(checkInvariants(run.events, site(), digest)).toEqual([]);
  });

  test('one that is acknowledged ends without a word owed; its case stays where people left it', () => {
    const recorded = new Run();
    recorded.step(frame(1, [2, 0.4]));
    recorded.step(commandInput(loop[0]!, 2));
    const run = differing(recorded, [frame(1, [0.4, 0.4])]);
    settle(run, 3);
    expect(run.engine.fold.alarms.get('GAS-01/A#1')).toMatchObject({ base: 'normal' });
    expect(run.engine.fold.cases.get('m/C1')).toMatchObject({ stage: 'received' });
  });

  test('a condition that the record left out is raised with its own times, and returns as any other', () => {
    const recorded = new Run();
    recorded.step(frame(1, [0.4, 0.4]));
    const run = differing(recorded, [frame(1, [2, 0.4]), frame(2, [2.5, 0.4])]);
    expect(settle(run, 60)).toEqual(['AlarmRaised GAS-01/A#1', 'CaseOpened GAS-01/A#1', ...sysRecovery]);
    expect(run.engine.fold.livingAlarm('GAS-01', 'A')).toMatchObject({
      raisedAt: start + 1000,
      at: start + 60_000,
      quantity: 2.5,
    });
    expect(run.step(frame(61, [0.4, 0.4]))).toContain('AlarmReturned GAS-01/A#1');
  });

  test('a level that people were told does not fall, a higher one is told', () => {
    const ladder = (high: number): SiteDocuments => {
      const rungs = [
        { limit: 1, level: 'yellow' },
        { limit: high, level: 'red' },
      ] as const;
      return site({ rules: [{ ...gas, limit: 1, ladder: rungs }] });
    };
    const inputs = [frame(1, [2, 0.4])];
    const told = new Run(ladder(1.5));
    for (const input of inputs) told.step(input);
    const lower = differing(told, inputs, ladder(3));
    expect(settle(lower, 2)).toEqual(sysRecovery);
    expect(lower.engine.fold.livingAlarm('GAS-01', 'A')).toMatchObject({ level: 'red' });
    expect(lower.step(frame(3, [3.5, 0.4])), 'red again is nothing new').toEqual([]);

    const untold = new Run(ladder(3));
    for (const input of inputs) untold.step(input);
    const higher = differing(untold, inputs, ladder(1.5));
    expect(settle(higher, 2)).toEqual([
      'AlarmLevelRaised GAS-01/A#1',
      'AlarmReannounced GAS-01/A#1',
      'CaseLevelRaised GAS-01/A#1',
      ...sysRecovery,
    ]);
  });

  test('what occurrences have counted ends with its alarm, under the number of the record', () => {
    const count: Rule = {
      id: 'GAS-07',
      kind: 'occurrences',
      base: ['GAS-01'],
      groupBy: 'mine',
      mergeBy: 'point',
      separateS: 0,
      n: 3,
      windowS: 3600,
      level: 'yellow',
    };
    const documents = site({ rules: [gas, count] });
    const recorded = new Run(documents);
    for (const [at, value] of [2, 0.4, 2].entries()) recorded.step(frame(at + 1, [value, 0.4]));
    // The replay has the second raise only, and it is the first here.
    const run = differing(
      recorded,
      [frame(1, [0.4, 0.4]), frame(2, [0.4, 0.4]), frame(3, [2, 0.4])],
      documents,
    );
    settle(run, 4);
    expect(run.engine.fold.livingAlarm('GAS-01', 'A')?.id).toBe('GAS-01/A#2');
    const raised = [0.4, 2, 0.4, 2].flatMap((value, at) => run.step(frame(at + 5, [value, 0.4])));
    expect(raised.filter((text) => text.startsWith('AlarmRaised'))).toEqual([
      'AlarmRaised GAS-01/A#3',
      'AlarmRaised GAS-01/A#4',
      'AlarmRaised GAS-07/m#1',
    ]);
  });

  test('a case that the record left behind its alarm gets what it lacks', () => {
    const recorded = new Run();
    recorded.step(frame(1, [2, 0.4]));
    const whole = recorded.events;
    const run = new Run();
    run.step(frame(1, [2, 0.4]));
    const record = new LogFold({ sha256: digest });
    for (const event of whole.slice(0, -1)) record.apply(event);
    expect(record.livingAlarm('GAS-01', 'A')).toMatchObject({ case: null });
    run.engine = run.engine.withFold(record);
    expect(settle(run, 2)).toEqual(['CaseOpened GAS-01/A#1', ...sysRecovery]);
  });

  test('a case past 消警 falls back when its alarm is up and the record does not say so', () => {
    const inputs = [
      frame(1, [2, 0.4]),
      frame(2, [0.4, 0.4]),
      ...loop.slice(0, 4).map((deed, at) => commandInput(deed, 100 * (at + 1))),
      frame(500, [2, 0.4]),
    ];
    const recorded = new Run(site({ rules: [gas] }));
    for (const input of inputs) recorded.step(input);
    const cut = recorded.events.findIndex(({ type }) => type === 'CaseFellBack');
    const record = new LogFold({ sha256: digest });
    for (const event of recorded.events.slice(0, cut)) record.apply(event);
    expect(record.cases.get('m/C1')).toMatchObject({ stage: 'dismissed' });
    recorded.engine = recorded.engine.withFold(record);
    expect(settle(recorded, 501)).toEqual(['CaseFellBack m/C1', ...sysRecovery]);
  });

  test('a hazard that the record left out is to be decided', () => {
    const documents = site({ rules: [{ ...gas, respond: ['L'] }] });
    const run = new Run(documents);
    const events = run.step(frame(1, [2, 0.4]));
    expect(events.at(-1)).toBe('HazardCandidateListed GAS-01/A#1');
    const record = new LogFold({ sha256: digest });
    for (const event of run.events.slice(0, -1)) record.apply(event);
    run.engine = run.engine.withFold(record);
    expect(settle(run, 2)).toEqual(['HazardCandidateListed GAS-01/A#1', ...sysRecovery]);
  });

  test('numbers go on for a rule that comes back later, and for what the gateway raises of itself', () => {
    const recorded = new Run();
    recorded.step(frame(1, [2, 0.4]));
    recorded.step({ kind: 'roomChanged', now: start + 2000, state: 'low', freeBytes: 1 });
    const run = differing(recorded, [], site({ rules: [silence] }));
    expect(settle(run, 3)).toEqual([
      'AlarmReturned GAS-01/A#1',
      'AlarmReturned SYS-ROOM/m#1',
      'AlarmRaised SYS-RECOVERY/m#1',
      'AlarmJoinedCase SYS-RECOVERY/m#1', // trouble of one place
      'AlarmReturned SYS-RECOVERY/m#1',
    ]);
    run.step({ kind: 'configured', now: start + 4000, documents: site() });
    expect(run.step(frame(5, [2, 0.4]))).toContain('AlarmRaised GAS-01/A#2');
    expect(run.step({ kind: 'roomChanged', now: start + 6000, state: 'low', freeBytes: 1 })).toContain(
      'AlarmRaised SYS-ROOM/m#2',
    );
  });

  test('what stands on both sides keeps the number of the record', () => {
    const room = (second: number, state: 'low' | 'ok'): Input => {
      return { kind: 'roomChanged', now: start + second * 1000, state, freeBytes: 1 };
    };
    const recorded = new Run();
    for (const input of [room(1, 'low'), room(2, 'ok'), room(3, 'low')]) recorded.step(input);
    const run = differing(recorded, [room(3, 'low')]);
    expect(settle(run, 4).filter((told) => told.includes('SYS-ROOM'))).toEqual([]);
    expect(run.step(room(5, 'ok'))).toEqual(['AlarmReturned SYS-ROOM/m#2']);
  });

  test('a command that was refused before is answered as then', () => {
    const inputs = [frame(1, [2, 0.4]), commandInput(loop[1]!, 2)];
    const recorded = new Run();
    for (const input of inputs) recorded.step(input);
    const run = differing(recorded, [frame(1, [2, 0.4]), frame(2, [0.4, 0.4]), commandInput(loop[1]!, 2)]);
    settle(run, 3);
    expect(run.engine.fold.answerOf('o', 'RecordAction 2')).toMatchObject({ code: 'NOT_RECEIVED' });
  });

  test('what the record has verified as 误报 no longer counts', () => {
    const count: Rule = {
      id: 'GAS-07',
      kind: 'occurrences',
      base: ['GAS-01'],
      groupBy: 'mine',
      separateS: 60,
      n: 2,
      windowS: 3600,
      level: 'yellow',
    };
    const documents = site({ rules: [gas, count] });
    const inputs = [frame(1, [2, 0.4]), frame(2, [0.4, 0.4])];
    const verified = loop.slice(0, 5).map((deed, at) => commandInput(deed, 100 * (at + 1)));
    const recorded = new Run(documents);
    for (const input of [...inputs, ...verified]) recorded.step(input);
    expect(recorded.engine.fold.cases.get('m/C1')).toMatchObject({ stage: 'verified' });
    const run = differing(recorded, inputs, documents);
    settle(run, 600);
    const raised = run.step(frame(601, [2, 0.4])).filter((told) => told.startsWith('AlarmRaised'));
    expect(raised).toEqual(['AlarmRaised GAS-01/A#2']);
  });
});
