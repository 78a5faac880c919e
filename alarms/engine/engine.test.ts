// The engine as one machine: what only shows when its parts meet. Each story runs on a hand-made site.

import { describe, expect, test } from 'vitest';
import { checkInvariants } from '../log/invariants.ts';
import type { Event } from '../log/event.ts';
import { LogFold } from '../log/fold.ts';
import type { Point } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';
import type { ReadingsFrame } from '../telemetry/frame.ts';
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

  test('after a recovery that differed no alarm number repeats', () => {
    const run = new Run();
    run.step(frame(1, [2, 0.4]));
    run.step(frame(2, [0.4, 0.4]));
    const recorded = LogFold.fromJson(run.engine.fold.toJson(), { sha256: digest });
    const other = new Run();
    other.step(frame(1, [0.4, 0.4]));
    other.engine = other.engine.withFold(recorded);
    other.step({ kind: 'recoveryDiffered', now: start + 3000, detail: 'test' });
    other.step(frame(4, [2, 0.4]));
    expect(other.engine.fold.livingAlarm('GAS-01', 'A')?.id).toBe('GAS-01/A#2');
    expect(other.engine.fold.livingAlarm('SYS-RECOVERY', 'm')).toMatchObject({ base: 'returned' });
  });
});
