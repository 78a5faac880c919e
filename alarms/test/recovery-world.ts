// A small mine for tests of a recovery that differs: a seeded story of readings, ticks, commands and restarts, and a
// record of it as another software (other limits, other rules) would have left it, broken off or gone on at its end.
// It only makes inputs and events; what must hold of a recovery from them is for the tests to say.

import type { SiteDocuments } from '../engine/documents.ts';
import { Engine } from '../engine/engine.ts';
import type { Input } from '../engine/input.ts';
import type { Level } from '../kernel/level.ts';
import { isActive } from '../lifecycle/standing.ts';
import type { Event } from '../log/event.ts';
import { LogFold } from '../log/fold.ts';
import type { AlarmState, CaseState } from '../log/state.ts';
import type { Point } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';
import type { Command } from '../workflow/command.ts';
import { Desk } from '../workflow/desk.ts';
import { DocumentIndex } from '../workflow/document-index.ts';
import type { Random } from './random.ts';

export const recoveryStart = Date.UTC(2026, 2, 18, 6, 0, 0);
const periodMs = 10_000;

/** Not a cryptographic digest: enough to tell one chain from another. */
export function plainDigest(text: string): string {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0).toString(16).padStart(64, '0');
}

/** Of two softwares that judge the same readings differently. */
export type Software = 'recording' | 'recovering';

export function recoveryDocuments(software: Software, hasFinding = false): SiteDocuments {
  const isOld = software === 'recording';
  const point = (id: string, place: string, alarmHigh: number): Point => ({
    id,
    measurand: 'CH4',
    unit: '%CH4',
    periodS: periodMs / 1000,
    place,
    mine: 'm',
    limits: { alarmHigh },
  });
  const gas = { class: 'gas', overLimit: true } as const;
  const rules: Rule[] = [
    { id: 'GAS-01', kind: 'threshold', level: 'yellow', op: '>=', limit: 'alarmHigh', ...gas },
    {
      id: 'GAS-04',
      kind: 'threshold',
      level: 'blue',
      op: '>=',
      limit: isOld ? 1.5 : 1.6,
      respond: ['L'],
      ladder: [
        { limit: isOld ? 1.5 : 1.6, level: 'blue' },
        { limit: isOld ? 3 : 2, level: 'orange' },
        { limit: isOld ? 4 : 3, level: 'red' },
      ],
      ...gas,
    },
    {
      id: 'GAS-05',
      kind: 'sustained',
      base: 'GAS-01',
      level: 'yellow',
      ladder: [
        { afterS: isOld ? 20 : 30, level: 'yellow' },
        { afterS: 120, level: 'red' },
      ],
      ...gas,
    },
    {
      id: 'GAS-07',
      kind: 'occurrences',
      base: ['GAS-01'],
      groupBy: 'mine',
      separateS: 30,
      n: 3,
      windowS: 600,
      level: 'yellow',
      class: 'gas',
    },
    { id: 'DQ-01', kind: 'silence', level: 'yellow', class: 'trouble', silenceS: isOld ? 60 : 90 },
    { id: 'TMP-05', kind: 'status', any: 1, level: 'yellow', class: 'other', clearSamples: isOld ? 1 : 3 },
    { id: 'DQ-04', kind: 'threshold', level: 'blue', class: 'trouble', op: '<', limit: 0.1 },
  ];
  // Each software knows a rule that the other does not.
  const own: Rule = {
    id: isOld ? 'OLD-01' : 'NEW-01',
    kind: 'threshold',
    level: 'yellow',
    class: 'other',
    op: '>=',
    limit: 0.8,
  };
  return {
    sites: [{ id: 'm', name: '一矿', kind: 'mine' }],
    places: [
      { id: 'face', name: '工作面', mine: 'm' },
      { id: 'return', name: '回风巷', mine: 'm' },
    ],
    points: [
      point('A', 'face', 1),
      point('B', 'face', isOld ? 1 : 1.5),
      point('C', 'return', isOld ? 1.5 : 1),
    ],
    rules: [...rules, own],
    times: { calmMs: 20_000, regroupMs: 60_000, reopenMs: 600_000 },
    findings: hasFinding ? [{ rule: 'DEF-01', point: 'B' }] : [],
  };
}

const pointCount = 3;
const heights = [0.05, 0.3, 0.3, 0.3, 0.9, 1.2, 1.2, 1.7, 2.4, 3.3] as const;
const text = '原因已查明，现场已处理完毕';
const evidence = ['e'.repeat(64)];

/** Inputs as they come, drawn from the seed and from what the engine holds (people act on what they see). */
export class Story {
  now = recoveryStart;
  private readonly random: Random;
  private frameNumber = 0;
  private commandNumber = 0;
  private hasFinding = false;
  private readonly phases = Array.from({ length: pointCount }, () => ({
    height: 0.3,
    left: 2,
    isMute: false,
  }));

  constructor(random: Random) {
    this.random = random;
  }

  /** What every journal begins with. */
  opening(software: Software): Input[] {
    const { now } = this;
    return [
      { kind: 'configured', now, documents: recoveryDocuments(software) },
      { kind: 'started', now, blindFrom: null },
      { kind: 'sourceSeen', now, source: 0, name: { mine: 'm', system: 'safety', source: 's' } },
    ];
  }

  next(engine: Engine, software: Software): Input {
    const { random } = this;
    this.now = Math.max(this.now, engine.lastTime) + periodMs;
    const { now } = this;
    const drawn = random.below(40);
    if (drawn < 10) {
      const command = this.command(engine.fold);
      if (command !== null) return { kind: 'command', now, command };
    }
    if (drawn === 10) return { kind: 'started', now: (this.now += 300_000), blindFrom: now };
    if (drawn === 11) return { kind: 'roomChanged', now, state: random.pick(['low', 'ok']), freeBytes: 1 };
    if (drawn === 12) {
      this.hasFinding = !this.hasFinding;
      return { kind: 'configured', now, documents: recoveryDocuments(software, this.hasFinding) };
    }
    if (drawn === 13) return { kind: 'tick', now: (this.now += 60_000) };
    return this.frame();
  }

  private frame(): Input {
    const { random, now } = this;
    const slots: number[] = [];
    const times: number[] = [];
    const values: number[] = [];
    const status: number[] = [];
    for (const [slot, phase] of this.phases.entries()) {
      if (phase.left === 0) {
        phase.height = random.pick(heights);
        phase.left = 2 + random.below(14);
        phase.isMute = random.chance(0.12);
      }
      phase.left -= 1;
      if (phase.isMute) continue;
      slots.push(slot);
      const isLate = random.chance(0.02);
      times.push(isLate ? now - 60_000 : now);
      values.push(phase.height + random.below(10) / 100);
      status.push(random.chance(0.1) ? random.pick([1, 128, 256]) : 0);
    }
    this.frameNumber += 1;
    const count = slots.length;
    return {
      kind: 'readings',
      frame: {
        received: now,
        source: 0,
        sequence: this.frameNumber,
        base: now,
        shift: 0,
        count,
        slots: Uint32Array.from(slots),
        times: Float64Array.from(times),
        values: Float64Array.from(values),
        status: Uint16Array.from(status),
        outcomes: new Uint8Array(count),
      },
    };
  }

  /** The next step of a case, or an acknowledgement. */
  private command(fold: LogFold): Command | null {
    const cases = [...fold.cases.values()];
    const alarms = [...fold.alarms.values()].filter(({ base }) => base !== 'normal');
    const alarm = alarms[this.random.below(Math.max(1, alarms.length))];
    if (this.random.chance(0.3) && alarm !== undefined)
      return this.by('dispatcher', 'AcknowledgeAlarm', { alarm: alarm.id });
    const state = cases[this.random.below(Math.max(1, cases.length))];
    return state === undefined ? null : this.stepOf(state);
  }

  private stepOf(state: CaseState): Command {
    const { id, stage } = state;
    const { random } = this;
    const measures = ['cutAndEvacuate', 'analyseCause', 'stopAndRectify', 'holdResponsible'] as const;
    const lacking = measures.find((kind) => !state.measures.some((measure) => measure.kind === kind));
    if (
      state.gas &&
      lacking !== undefined &&
      stage !== 'opened' &&
      stage !== 'received' &&
      random.chance(0.5)
    )
      return this.by('officer', 'RecordMeasure', { case: id, kind: lacking, text, person: '张三', evidence });
    if (random.chance(0.15)) return this.by('dispatcher', 'ReceiveCase', { case: id });
    switch (stage) {
      case 'opened':
        return this.by('dispatcher', 'ReceiveCase', { case: id });
      case 'received':
        return this.by('officer', 'RecordAction', { case: id, kind: 'manualReading' });
      case 'handling':
        return this.by('officer', 'CompleteHandling', { case: id, cause: 'other', text });
      case 'handled': {
        const disposition = random.pick(['resolved', 'falseAlarm']);
        return this.by('dispatcher', 'DismissCase', { case: id, disposition, text, evidence });
      }
      case 'dismissed':
        return this.by('verifier', 'VerifyCase', {
          case: id,
          result: 'pass',
          mode: 'onSite',
          text,
          evidence,
        });
      case 'verified':
        return this.by('officer', 'FeedBackCase', { case: id, text });
      default:
        if (state.hazard === 'candidate')
          return this.by('leader', 'DecideHazard', { case: id, decision: 'confirmed', text });
        if (stage === 'archived' && random.chance(0.2))
          return this.by('leader', 'ReopenCase', { case: id, text });
        return this.by('leader', 'ArchiveCase', { case: id });
    }
  }

  private by(person: string, name: Command['name'], payload: object): Command {
    this.commandNumber += 1;
    const roles = {
      dispatcher: 'dispatcher',
      officer: 'safetyOfficer',
      leader: 'leader',
      verifier: 'verifier',
    };
    const role = roles[person as keyof typeof roles];
    return {
      name,
      by: { id: person, name: person, grants: [{ role, site: 'm' }] },
      payload: { commandId: `c${this.commandNumber}`, ...payload },
    } as unknown as Command; // name and payload belong together by the callers above
  }
}

/** An input and the events that the record has of it. */
export interface RecordedInput {
  readonly input: Input;
  readonly events: readonly Event[];
}

/**
 * What a journal holds whose events another software recorded: some may be lost at its end, and it may go on with
 * events that no replay gives. The documents in it are those of the software that recovers.
 */
export function differingRecord(random: Random, story: Story, length: number): RecordedInput[] {
  const engine = new Engine({ sha256: plainDigest });
  const recorded: { input: Input; events: Event[] }[] = [];
  const take = (input: Input): void => {
    const kept = recoveringInput(input);
    recorded.push({ input: kept, events: [...engine.step(recorded.length + 1, copyOf(input)).events] });
  };
  for (const input of story.opening('recording')) take(input);
  while (recorded.length < length) take(story.next(engine, 'recording'));
  breakOff(recorded, random.pick([0, 0, 1, 2, 5, 12]));
  goOn(random, recorded, story.now, random.pick([0, 0, 2, 6]));
  return recorded;
}

function recoveringInput(input: Input): Input {
  if (input.kind !== 'configured') return input;
  const hasFinding = (input.documents.findings ?? []).length > 0;
  return { ...input, documents: recoveryDocuments('recovering', hasFinding) };
}

/** The last events are lost; a level goes with its announcement (they are one act). */
function breakOff(recorded: readonly { events: Event[] }[], count: number): void {
  let left = count;
  for (const { events } of recorded.toReversed()) {
    while (events.length > 0 && (left > 0 || events.at(-1)!.type === 'AlarmLevelRaised')) {
      events.pop();
      left -= 1;
    }
    if (events.length > 0) return;
  }
}

/** Ticks to which the record has alarms that come, go and are lost from sight. */
function goOn(
  random: Random,
  recorded: { input: Input; events: Event[] }[],
  now: number,
  count: number,
): void {
  const fold = foldOf(recorded);
  const documents = recoveryDocuments('recording');
  const index = new DocumentIndex(documents);
  const desk = new Desk({ fold, documents: () => index, sha256: plainDigest });
  for (let i = 0; i < count; i += 1) {
    desk.begin(recorded.length + 1, now);
    const rule = random.pick(['GAS-01', 'GAS-04', 'DQ-04', 'TMP-05', 'GONE-01']);
    const { id: scope, mine, place } = random.pick(documents.points as [Point, ...Point[]]);
    const alarm = fold.livingAlarm(rule, scope);
    if (alarm !== undefined && isActive(alarm.base)) desk.condition(changeOf(random, alarm, now));
    else {
      const n = fold.lastAlarmNumber(rule, scope) + 1;
      const measured = { marks: [], delayedS: null, peak: null, samples: 1, quantity: null, limit: null };
      const level = random.pick<Level>(['blue', 'yellow', 'red']);
      const raised = { rule, scope, n, mine, place, level, since: now, raisedAt: now, ...measured };
      desk.condition({ kind: 'raised', ...raised });
    }
    recorded.push({ input: { kind: 'tick', now }, events: [...desk.end()] });
  }
}

function changeOf(random: Random, { rule, scope, id }: AlarmState, now: number) {
  const n = Number(id.split('#').at(-1));
  if (random.chance(0.4)) return { kind: 'unknown', rule, scope, n, at: now } as const;
  const measured = { peak: null, samples: 1, marks: [], delayedS: null };
  return { kind: 'cleared', rule, scope, n, clearedAt: now, reason: 'cleared', ...measured } as const;
}

export function foldOf(recorded: readonly RecordedInput[]): LogFold {
  const fold = new LogFold({ sha256: plainDigest });
  for (const { events } of recorded) {
    for (const event of events) {
      fold.keepArchivedMs = recoveryDocuments('recovering').times.reopenMs;
      fold.apply(event);
    }
  }
  return fold;
}

/** A step writes outcomes into the frame it is given. */
export function copyOf(input: Input): Input {
  return structuredClone(input);
}
