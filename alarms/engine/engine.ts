// The pure core as one machine: the only place that knows the order of its parts. An input comes in with its number
// and its time; events come out. Deterministic: the same inputs give the same events, ids and hashes, on any machine.
// It never reads a clock; `nextDeadline` says when it wants a tick.

import { invariant, assertNever } from '../kernel/result.ts';
import type { Level } from '../kernel/level.ts';
import { LogFold, type LogFoldJson } from '../log/fold.ts';
import type { Event } from '../log/event.ts';
import type { Condition, ConditionRaised, StandingCondition } from '../rules/condition.ts';
import { RuleEngine, type OpenAlarm } from '../rules/engine.ts';
import type { HeldSamples } from '../rules/held-samples.ts';
import type { TypedArray } from '../rules/snapshot.ts';
import type { Definition } from '../registry/definition.ts';
import type { Point } from '../registry/site.ts';
import { isActive } from '../lifecycle/standing.ts';
import type { Newest } from '../telemetry/accept.ts';
import type { ReadingsFrame } from '../telemetry/frame.ts';
import type { CommandAnswer } from '../workflow/command.ts';
import { Desk } from '../workflow/desk.ts';
import { DocumentIndex } from '../workflow/document-index.ts';
import type { SiteDocuments } from './documents.ts';
import type { Input, RoomState } from './input.ts';
import { DocumentState, type Defined, type StoredDocuments } from './document-state.ts';
import { IntrinsicAlarms, type Scope } from './intrinsic-alarms.ts';
import { SourceTable } from './sources.ts';

export interface StepResult {
  readonly events: readonly Event[];
  readonly answer: CommandAnswer | null;
}

export interface EngineSnapshot {
  readonly arrays: Readonly<Record<string, TypedArray>>;
  readonly json: unknown;
}

/** Everything but the columns; never changed in place. */
export interface EngineState {
  readonly now: number;
  readonly documents: StoredDocuments;
  readonly rules: unknown;
  readonly sources: unknown;
  readonly fold: LogFoldJson;
  readonly intrinsic: unknown;
}

/** The same, with columns that are copied later, while steps go on. */
export interface EngineSnapshotInPieces extends EngineSnapshot {
  readonly json: EngineState;
  readonly late: Readonly<Record<string, HeldSamples>>;
}

/** Of the checkpoint: another number is another layout, and an older checkpoint is then not read. */
export const stateLayoutVersion = 2;

export class Engine {
  private readonly sha256: (text: string) => string;
  readonly fold: LogFold;
  readonly sources = new SourceTable();
  private readonly state = new DocumentState();
  private index = new DocumentIndex(this.state.merged);
  private rules: RuleEngine;
  private desk: Desk;
  private readonly intrinsic = new IntrinsicAlarms((rule, scope) => this.fold.lastAlarmNumber(rule, scope));
  private now = 0;
  /** Conditions of the step under way (also what an unrecorded step shows). */
  private readonly conditions: Condition[] = [];
  /** How many of them the desk has been told. */
  private told = 0;

  constructor(options: { sha256: (text: string) => string; fold?: LogFold }) {
    this.sha256 = options.sha256;
    this.fold = options.fold ?? new LogFold({ sha256: options.sha256 });
    this.rules = this.ruleEngineOf(this.state.merged);
    this.desk = this.deskOf();
  }

  /** Those of the site folder with what definitions added: slots are of these. */
  get documents(): SiteDocuments {
    return this.state.merged;
  }

  /** As of the last `configured`: what the site folder is compared with. */
  get siteDocuments(): SiteDocuments {
    return this.state.site;
  }

  /** What a `defined` of this source would do; without an effect on the registry it is not to be journalled. */
  previewDefined(source: number, definitions: readonly Definition[]): Defined & { readonly isNew: boolean } {
    const { mine } = this.sources.counts(source).name;
    const defined = this.state.preview({ mine, source }, definitions);
    return { ...defined, isNew: defined.registry !== this.state.registry };
  }

  /** The points of definitions behind those of these documents, would they be configured now. */
  definedBehind(documents: SiteDocuments): readonly Point[] {
    return this.state.definedBehind(documents);
  }

  get lastTime(): number {
    return this.now;
  }

  /** Rules that guard nothing, with the reason: a dispatcher must see what is not watched. */
  get notArmed(): RuleEngine['notArmed'] {
    return this.rules.notArmed;
  }

  nextDeadline(): number {
    return this.rules.nextDeadline();
  }

  /** Newest accepted sample of a point, or null. */
  newest(slot: number): Newest | null {
    return this.rules.newest(slot);
  }

  /** One input. `sequence` is its number in the journal; event ids derive from it. */
  step(sequence: number, input: Input): StepResult {
    const now = input.kind === 'readings' ? input.frame.received : input.now;
    invariant(now >= this.now, `time of inputs never falls (${now} after ${this.now})`);
    this.now = now;
    this.conditions.length = 0;
    this.told = 0;
    this.desk.begin(sequence, now);
    let answer: CommandAnswer | null = null;
    switch (input.kind) {
      case 'readings':
        this.readings(input.frame);
        break;
      case 'tick':
        this.rules.advanceTo(now);
        break;
      case 'command':
        this.rules.advanceTo(now);
        this.tellConditions();
        answer = this.desk.command(input.command);
        break;
      case 'configured':
        this.configure(now, input.documents);
        break;
      case 'started':
        this.started(now, input.blindFrom);
        break;
      case 'sourceSeen':
        this.sources.add(input.source, input.name);
        break;
      case 'listBound':
        this.sources.bindList(input.source, input.list, input.points);
        break;
      case 'defined':
        this.define(now, input.source, input.definitions);
        break;
      case 'reported':
        this.rules.advanceTo(now);
        this.sources.heard(input.source, now);
        break;
      case 'quarantined':
        break;
      case 'roomChanged':
        this.roomChanged(now, input.state);
        break;
      case 'recoveryDiffered':
        this.recoveryDiffered(now);
        break;
      default:
        assertNever(input, 'input');
    }
    this.tellConditions();
    return { events: this.desk.end(), answer };
  }

  /** Conditions of the last step, in their order: for a back-test. Valid until the next step. */
  conditionsOfLastStep(): readonly Condition[] {
    return this.conditions;
  }

  /** Alarms of rules that are up, with their peak and samples so far. */
  openAlarms(): readonly OpenAlarm[] {
    return this.rules.openAlarms();
  }

  /** Conditions of the last step that raised: for a copy that runs while nothing can be recorded. */
  raisedInLastStep(): readonly ConditionRaised[] {
    return this.conditions.filter((c): c is ConditionRaised => c.kind === 'raised');
  }

  snapshot(): EngineSnapshot {
    const rules = this.rules.snapshot();
    const sources = this.sources.snapshot();
    return {
      arrays: { ...rules.arrays, ...sources.arrays },
      json: this.snapshotJson(rules.json, sources.json),
    };
  }

  snapshotInPieces(): EngineSnapshotInPieces {
    const rules = this.rules.snapshotInPieces();
    const sources = this.sources.snapshot();
    return {
      arrays: { ...rules.arrays, ...sources.arrays },
      late: rules.late,
      json: this.snapshotJson(rules.json, sources.json),
    };
  }

  static restore(snapshot: EngineSnapshot, sha256: (text: string) => string): Engine {
    const json = snapshot.json as EngineState;
    const engine = new Engine({ sha256, fold: LogFold.fromJson(json.fold, { sha256 }) });
    engine.state.restore(json.documents);
    engine.index = new DocumentIndex(engine.documents);
    engine.rules = engine.ruleEngineOf(engine.documents);
    engine.rules.restore({ arrays: { ...snapshot.arrays }, json: json.rules });
    engine.sources.restore(snapshot.arrays, json.sources);
    engine.intrinsic.fromJson(json.intrinsic);
    engine.now = json.now;
    return engine;
  }

  /**
   * The recorded events are the truth when a replay differs: everything but the fold goes on from here. Refusals leave
   * no event, so those of the replay are all there are. The next input must be `recoveryDiffered`: until then
   * conditions and record may not fit.
   */
  withFold(fold: LogFold): Engine {
    const snapshot = this.snapshot();
    const json = snapshot.json as Record<string, unknown>;
    const { refused } = this.fold.toJson();
    return Engine.restore(
      { arrays: snapshot.arrays, json: { ...json, fold: { ...fold.toJson(), refused } } },
      this.sha256,
    );
  }

  private snapshotJson(rules: unknown, sources: unknown): EngineState {
    const { now } = this;
    return {
      now,
      documents: this.state.stored,
      rules,
      sources,
      fold: this.fold.toJson(),
      intrinsic: this.intrinsic.toJson(),
    };
  }

  private readings(frame: ReadingsFrame): void {
    this.rules.frame(frame);
    this.sources.frameAccepted(
      frame.source,
      frame.sequence,
      frame.base + frame.shift,
      frame.count,
      frame.received,
    );
  }

  private configure(now: number, documents: SiteDocuments): void {
    this.state.configure(documents);
    this.changeRules(now);
  }

  /** Rules bind to points by what these are: with new points, or changed ones, they are bound anew, as at a start. */
  private define(now: number, source: number, definitions: readonly Definition[]): void {
    const { points, findings } = this.documents;
    const { mine } = this.sources.counts(source).name;
    this.state.define({ mine, source }, definitions);
    this.sources.heard(source, now);
    const { documents } = this;
    if (!isSamePoints(points, documents.points) || findings?.length !== documents.findings?.length)
      return this.changeRules(now);
    this.rules.advanceTo(now);
    this.index = new DocumentIndex(documents);
  }

  private changeRules(now: number): void {
    const old = this.rules;
    old.advanceTo(now);
    this.index = new DocumentIndex(this.documents);
    this.rules = this.ruleEngineOf(this.documents);
    this.rules.migrateFrom(old);
    this.tellFindings(now);
  }

  /** A gas point without limits is never unguarded and never unseen: DEF-01 stands while the document says so. */
  private tellFindings(now: number): void {
    const findings = this.documents.findings ?? [];
    for (const { rule, point: id } of findings) {
      const point = this.index.point(id);
      if (point === undefined || this.intrinsic.isUp(rule, id)) continue;
      this.onCondition(this.intrinsic.raise(rule, scopeOf(point), 'orange', now, now));
    }
    for (const scope of this.intrinsic.scopesUp('DEF-01')) {
      if (!findings.some((finding) => finding.point === scope))
        this.onCondition(this.intrinsic.clear('DEF-01', scope, now));
    }
  }

  /**
   * The record won over the replay. A condition that is up takes the number of the alarm that stands for it in the
   * record, or the next one; then the desk brings the record in line with what is up. The alarm about it all is
   * momentary: there is nothing to repair, but somebody has to look.
   */
  private recoveryDiffered(now: number): void {
    const { fold, rules } = this;
    const numberOf = (rule: string, scope: string, isUp: boolean): number => {
      const isHeld = isActive(fold.livingAlarm(rule, scope)?.base ?? 'normal');
      return fold.lastAlarmNumber(rule, scope) + (isUp && !isHeld ? 1 : 0);
    };
    rules.adoptNumbers(numberOf, fold.numberedPairs());
    this.intrinsic.adoptNumbers(numberOf);
    this.desk.settle([...rules.standing(now), ...this.standingIntrinsic(now)]);
    for (const { rule, scope, n } of this.desk.falseAlarms()) rules.excludeFalseAlarm(rule, scope, n);
    this.raiseForEveryMine('SYS-RECOVERY', 'orange', now, now);
  }

  private standingIntrinsic(now: number): StandingCondition[] {
    return this.intrinsic.up().map(([rule, scope]) => {
      const point = this.index.point(scope);
      const where = point === undefined ? gatewayScope(scope) : scopeOf(point);
      return { condition: this.intrinsic.standing(rule, where, 'orange', now), unknownAt: null };
    });
  }

  private started(now: number, blindFrom: number | null): void {
    this.rules.started(now);
    for (const mine of this.index.mines()) {
      this.desk.record({ type: 'GatewayStarted', mine, data: { blindFrom, to: now } });
    }
    if (blindFrom !== null) {
      // A blind span is over when it is known: raised and returned at once, it waits for an acknowledgement only.
      this.raiseForEveryMine('LNK-START', 'blue', blindFrom, now);
    }
  }

  private roomChanged(now: number, state: RoomState): void {
    const tight = state !== 'ok';
    for (const mine of this.index.mines()) {
      const up = this.intrinsic.isUp('SYS-ROOM', mine);
      if (tight && !up)
        this.onCondition(this.intrinsic.raise('SYS-ROOM', gatewayScope(mine), 'orange', now, now));
      if (!tight && up) this.onCondition(this.intrinsic.clear('SYS-ROOM', mine, now));
    }
  }

  private raiseForEveryMine(rule: string, level: Level, since: number, clearedAt: number): void {
    for (const mine of this.minesKnown()) {
      if (this.intrinsic.isUp(rule, mine)) continue;
      this.onCondition(this.intrinsic.raise(rule, gatewayScope(mine), level, since, this.now));
      this.onCondition(this.intrinsic.clear(rule, mine, clearedAt));
    }
  }

  /** Those of the record when there are no documents: they may have been lost with a part of the journal. */
  private minesKnown(): readonly string[] {
    const mines = this.index.mines();
    return mines.length > 0 ? mines : [...this.fold.chainHeads().keys()];
  }

  private onCondition(condition: Condition): void {
    this.conditions.push(condition);
  }

  private tellConditions(): void {
    for (; this.told < this.conditions.length; this.told += 1)
      this.desk.condition(this.conditions[this.told]!);
  }

  private ruleEngineOf(documents: SiteDocuments): RuleEngine {
    return new RuleEngine({
      points: documents.points,
      rules: documents.rules,
      sink: (condition) => this.onCondition(condition),
      live: true,
    });
  }

  private deskOf(): Desk {
    const desk = new Desk({
      fold: this.fold,
      documents: () => this.index,
      sha256: this.sha256,
      isUnknownNow: (rule, scope) => this.rules.isUnknown(rule, scope),
    });
    desk.onFalseAlarmVerified = (rule, scope, n) => this.rules.excludeFalseAlarm(rule, scope, n);
    return desk;
  }
}

function scopeOf({ id, mine, place }: Point): Scope {
  return { scope: id, mine, place };
}

function gatewayScope(mine: string): Scope {
  return { scope: mine, mine, place: '' };
}

function isSamePoints(before: readonly Point[], after: readonly Point[]): boolean {
  return (
    before.length === after.length &&
    before.every((point, slot) => {
      const now = after[slot]!;
      return point === now || JSON.stringify(point) === JSON.stringify(now);
    })
  );
}
