// The desk: where conditions of the rules and commands of people become events of the log. One step = one input of the
// journal: `begin`, any number of `condition`, `command`, `record`, then `end`. Events are stamped (id from the input's
// number, hash link, time of the step), folded at once, and handed out in order. Holds no state beyond the fold.

import { assertNever, invariant } from '../kernel/result.ts';
import { levelRank } from '../kernel/level.ts';
import { alarmId, parseAlarmId, type AlarmIdParts } from '../lifecycle/alarm-id.ts';
import {
  clearedEvents,
  knownEvents,
  levelRaisedEvents,
  raiseEvents,
  unheldEvents,
} from '../lifecycle/condition-events.ts';
import { alarmOpensCase } from '../lifecycle/raised-data.ts';
import { isActive, isLiving } from '../lifecycle/standing.ts';
import type { Digest } from '../log/chain.ts';
import type { Event, EventDraft } from '../log/event.ts';
import type { LogFold } from '../log/fold.ts';
import type { AlarmState } from '../log/state.ts';
import type {
  Condition,
  ConditionKnown,
  ConditionLevelRaised,
  ConditionRaised,
  StandingCondition,
} from '../rules/condition.ts';
import type { Command, CommandAnswer } from './command.ts';
import { decide } from './decide.ts';
import type { DocumentIndex } from './document-index.ts';
import { caseEvents, isOpen, lackingEvents, levelEvents } from './grouping.ts';
import { countsForClean, highestSupervisorOf, type SupervisorLevel, type UnknownNow } from './guards.ts';

export interface DeskOptions {
  readonly fold: LogFold;
  readonly documents: () => DocumentIndex;
  readonly sha256: Digest;
  /** Highest supervisor above the mine, who then archives orange and red, for a command that does not say. Default: none. */
  readonly highestSupervisor?: (mine: string) => SupervisorLevel | null;
  /** Whether (rule, scope) is unknown now though its alarm has ended. Default: only what conditions told. */
  readonly isUnknownNow?: UnknownNow;
}

export class Desk {
  /** Told after a case was verified as 误报, once per alarm of it: `occurrences` leave those out. */
  onFalseAlarmVerified: ((rule: string, scope: string, n: number) => void) | undefined;
  /** Conditions about an alarm the fold does not hold (possible only after a recovery that differed). */
  strayConditions = 0;
  private readonly fold: LogFold;
  private readonly documents: () => DocumentIndex;
  private readonly highestSupervisor: (mine: string) => SupervisorLevel | null;
  private readonly isUnknownNow: UnknownNow;
  private inputSequence = 0;
  private now = 0;
  private events: Event[] = [];

  constructor(options: DeskOptions) {
    this.fold = options.fold;
    this.documents = options.documents;
    this.highestSupervisor = options.highestSupervisor ?? (() => null);
    this.isUnknownNow = options.isUnknownNow ?? (() => false);
    this.fold.useDigest(options.sha256);
  }

  begin(inputSequence: number, now: number): void {
    this.inputSequence = inputSequence;
    this.now = now;
    this.events = [];
  }

  condition(condition: Condition): void {
    if (condition.kind === 'raised') return this.raised(condition);
    const { rule, scope, n } = condition;
    const alarm = this.fold.alarms.get(alarmId(rule, scope, n));
    if (alarm === undefined) {
      // An ended alarm whose point comes and goes needs no word; anything else is a stray.
      if (condition.kind !== 'unknown' && condition.kind !== 'known') this.strayConditions += 1;
      return;
    }
    switch (condition.kind) {
      case 'levelRaised':
        return this.levelRaised(condition, alarm);
      case 'cleared':
        return this.recordAll(clearedEvents(condition, alarm));
      case 'unknown':
      case 'known':
        return this.recordAll(knownEvents(condition, alarm, this.momentOf(condition, alarm)));
      default:
        return assertNever(condition, 'condition');
    }
  }

  /**
   * After a recovery that differed, with numbers adopted: whatever the record holds up and no condition does ends, a
   * condition that the record does not hold is raised, and cases get what they lack. Nothing told is taken back: a
   * level that people were told does not fall, a case is not closed.
   */
  settle(standing: readonly StandingCondition[]): void {
    for (const { id, base } of this.fold.alarms.values()) if (isLiving(base)) this.settleCase(id);
    const held = new Set(standing.map(({ condition: { rule, scope, n } }) => alarmId(rule, scope, n)));
    for (const alarm of this.fold.alarms.values()) {
      if (isActive(alarm.base) && !held.has(alarm.id)) this.recordAll(unheldEvents(alarm, this.now));
    }
    for (const { condition, unknownAt } of standing) {
      const { rule, scope, n, level, quantity, limit } = condition;
      const alarm = this.fold.alarms.get(alarmId(rule, scope, n));
      if (alarm === undefined) this.raised(condition);
      else {
        const rise = { rule, scope, n, from: alarm.level, to: level, at: this.now, quantity, limit };
        this.levelRaised({ kind: 'levelRaised', ...rise }, alarm);
      }
      const kind = unknownAt === null ? 'known' : 'unknown';
      this.condition({ kind, rule, scope, n, at: unknownAt ?? this.now });
    }
  }

  /** Alarms of cases that stand verified as 误报. */
  *falseAlarms(): Iterable<AlarmIdParts> {
    for (const { alarms, dismissed, verified } of this.fold.cases.values()) {
      if (verified === null || dismissed?.disposition !== 'falseAlarm') continue;
      for (const id of alarms) {
        const parts = parseAlarmId(id);
        if (parts !== null) yield parts;
      }
    }
  }

  command(command: Command): CommandAnswer {
    const { commandId } = command.payload;
    const first = this.fold.answerOf(command.by.id, commandId);
    if (first !== undefined) return first;
    const decision = decide(
      {
        fold: this.fold,
        documents: this.documents(),
        now: this.now,
        isUnknownNow: this.isUnknownNow,
        highestSupervisor: (mine) =>
          command.supervisorSites === undefined
            ? this.highestSupervisor(mine)
            : highestSupervisorOf(command.supervisorSites, mine, this.documents()),
      },
      command,
    );
    if (decision.refused) {
      const isRememberable = !decision.missing.includes('commandId');
      if (isRememberable)
        this.fold.rememberRefusal(command.by.id, commandId, decision.code, decision.missing);
      return decision;
    }
    this.recordAll(decision.drafts);
    this.tellFalseAlarms(decision.drafts);
    const answer = this.fold.answerOf(command.by.id, commandId);
    invariant(answer !== undefined, `${command.name} was accepted and left no event`);
    return answer;
  }

  /** Stamps, links, folds. The draft's mine decides the chain. */
  record(draft: EventDraft): Event {
    const event: Event = {
      ...draft,
      v: 1,
      id: `${this.inputSequence}.${this.events.length + 1}`,
      seq: this.fold.lastSeq + 1,
      at: this.now,
      prevHash: this.fold.head(draft.mine),
    };
    this.fold.keepArchivedMs = this.documents().times.reopenMs;
    this.fold.apply(event);
    this.events.push(event);
    return event;
  }

  end(): readonly Event[] {
    const { events } = this;
    this.events = [];
    return events;
  }

  private raised(condition: ConditionRaised): void {
    const { rule, scope, n, place } = condition;
    const id = alarmId(rule, scope, n);
    invariant(n > this.fold.lastAlarmNumber(rule, scope), `alarm id ${id} repeats`);
    const living = this.fold.livingAlarm(rule, scope);
    const facts = this.documents().facts(rule, scope, place, condition.raisedAt);
    this.recordAll(raiseEvents(condition, living, facts));
    if (alarmOpensCase(facts.rule, rule, condition.level))
      this.intoCase(id, living, condition.peak?.value ?? null);
  }

  private levelRaised(condition: ConditionLevelRaised, alarm: AlarmState): void {
    // The record may hold it higher after a recovery that differed: what people were told does not fall.
    if (levelRank(condition.to) <= levelRank(alarm.level)) return;
    this.recordAll(levelRaisedEvents({ ...condition, from: alarm.level }, alarm));
    const raised = this.fold.alarms.get(alarm.id)!;
    const state = raised.case === null ? undefined : this.fold.cases.get(raised.case);
    if (state !== undefined && isOpen(state)) return this.recordAll(levelEvents(raised, state));
    const rule = this.documents().rule(raised.rule, raised.raisedAt);
    if (alarmOpensCase(rule, raised.rule, raised.level)) this.intoCase(raised.id, undefined, null);
  }

  private settleCase(id: string): void {
    const alarm = this.fold.alarms.get(id)!;
    const state = alarm.case === null ? undefined : this.fold.cases.get(alarm.case);
    if (state !== undefined && isOpen(state)) return this.recordAll(lackingEvents(alarm, state));
    const rule = this.documents().rule(alarm.rule, alarm.raisedAt);
    if (countsForClean(alarm) && alarmOpensCase(rule, alarm.rule, alarm.level))
      this.intoCase(id, undefined, null);
  }

  private intoCase(id: string, superseded: AlarmState | undefined, peakValue: number | null): void {
    const alarm = this.fold.alarms.get(id);
    invariant(alarm !== undefined, `alarm ${id} is not in the fold`);
    const context = { fold: this.fold, documents: this.documents(), now: this.now };
    this.recordAll(caseEvents(context, alarm, superseded, peakValue));
  }

  private momentOf(condition: ConditionKnown, alarm: AlarmState): number {
    if (condition.kind === 'known') return this.fold.conditionLostAt(alarm.id) ?? condition.at;
    return condition.at - (this.documents().gapMs(alarm.rule, alarm.scope, alarm.raisedAt) ?? 0);
  }

  private tellFalseAlarms(drafts: readonly EventDraft[]): void {
    if (this.onFalseAlarmVerified === undefined) return;
    for (const draft of drafts) {
      if (draft.type !== 'CaseVerified' || draft.case === undefined) continue;
      const state = this.fold.cases.get(draft.case);
      if (state?.dismissed?.disposition !== 'falseAlarm') continue;
      for (const id of state.alarms) {
        const parts = parseAlarmId(id);
        if (parts !== null) this.onFalseAlarmVerified(parts.rule, parts.scope, parts.n);
      }
    }
  }

  private recordAll(drafts: readonly EventDraft[]): void {
    for (const draft of drafts) this.record(draft);
  }
}
