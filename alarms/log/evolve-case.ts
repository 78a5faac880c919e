// How one event changes the state of its case. Pure and total. Every event that names the case counts in its version,
// so that a person who decided on an older picture is told so.
// A new attempt voids the actions and what came after them; a fall-back voids the measures as well.

import { higherLevel, levelRank, type Level } from '../kernel/level.ts';
import { invariant } from '../kernel/result.ts';
import type { Actor, Event, EventOf, MeasureKind } from './event.ts';
import type { ActionEntry, AlarmState, CaseState, MeasureEntry } from './state.ts';
import { isHighValue } from '../lifecycle/high-value.ts';

export function openedCase(event: EventOf<'CaseOpened'>): CaseState {
  const { case: id, data } = event;
  invariant(id !== undefined, `CaseOpened ${event.id} names no case`);
  return {
    id,
    mine: event.mine,
    stage: 'opened',
    level: data.level,
    place: data.place,
    placeName: data.placeName,
    causeKey: data.causeKey,
    alarms: data.alarms,
    firstOut: data.firstOut,
    gas: data.gas,
    manual: data.manual,
    onSiteRequired: data.onSiteRequired,
    hazard: 'none',
    previous: data.previous,
    attempt: 1,
    received: false,
    actions: [],
    measures: [],
    completed: null,
    dismissed: null,
    verified: null,
    fedBack: null,
    archived: null,
    handlers: [],
    openedAt: event.at,
    changedAt: event.at,
    lastReturnAt: null,
    version: 1,
    seq: event.seq,
  };
}

/** Orange and red are verified on site (WORKFLOW, on site). */
export function levelNeedsOnSite(level: Level): boolean {
  return levelRank(level) >= levelRank('orange');
}

/** `alarm`: state after the event of the alarm it names, if any. */
export function evolveCase(before: CaseState, event: Event, alarm: AlarmState | undefined): CaseState {
  const state: CaseState = {
    ...before,
    version: before.version + 1,
    changedAt: event.at,
    seq: event.seq,
  };
  switch (event.type) {
    case 'AlarmReturned': {
      const isHigh = alarm !== undefined && isHighValue(alarm, event.data.peak?.value ?? null);
      return { ...state, lastReturnAt: event.at, onSiteRequired: state.onSiteRequired || isHigh };
    }
    case 'AlarmLevelRaised': {
      const isHigh = alarm !== undefined && isHighValue({ ...alarm, quantity: event.data.quantity }, null);
      return { ...state, onSiteRequired: state.onSiteRequired || isHigh };
    }
    case 'AlarmWithdrawn':
      // Nobody saw it return: the calm is counted from here, as if it had.
      return { ...state, lastReturnAt: event.at };
    case 'AlarmJoinedCase':
      invariant(event.alarm !== undefined, `AlarmJoinedCase ${event.id} names no alarm`);
      return {
        ...state,
        alarms: [...state.alarms, event.alarm],
        gas: state.gas || event.data.gas,
        onSiteRequired: state.onSiteRequired || event.data.onSiteRequired,
      };
    case 'CaseLevelRaised': {
      const level = higherLevel(state.level, event.data.to);
      return { ...state, level, onSiteRequired: state.onSiteRequired || levelNeedsOnSite(level) };
    }
    case 'CaseReceived':
      return { ...state, received: true, stage: state.stage === 'opened' ? 'received' : state.stage };
    case 'ActionRecorded': {
      const action: ActionEntry = { ...event.data, by: actorOf(event) };
      return withHandler({ ...state, stage: 'handling', actions: [...state.actions, action] }, action.by);
    }
    case 'MeasureRecorded':
      return measureRecorded(state, { ...event.data, at: event.at, by: actorOf(event) });
    case 'HandlingCompleted': {
      const completed = { by: actorOf(event), at: event.at, ...event.data };
      return withHandler({ ...state, stage: 'handled', completed }, completed.by);
    }
    case 'CaseDismissed': {
      const dismissed = { by: actorOf(event), at: event.at, ...event.data };
      return withHandler({ ...state, stage: 'dismissed', dismissed }, dismissed.by);
    }
    case 'CaseVerified':
      return { ...state, stage: 'verified', verified: { by: actorOf(event), at: event.at, ...event.data } };
    case 'CaseFedBack': {
      const fedBack = { by: actorOf(event), at: event.at, text: event.data.text };
      return { ...state, stage: 'fedBack', fedBack };
    }
    case 'CaseArchived':
      return {
        ...state,
        stage: 'archived',
        archived: { by: actorOf(event), at: event.at, text: event.data.text },
      };
    case 'VerificationFailed':
    case 'CaseReturned':
    case 'CaseReopened':
      return newAttempt(state, event.data.attempt);
    case 'CaseFellBack':
      return { ...newAttempt(state, event.data.attempt), measures: [] };
    case 'HazardCandidateListed':
      return { ...state, hazard: 'candidate', onSiteRequired: true };
    case 'HazardDecided':
      return { ...state, hazard: event.data.decision };
    default:
      // Events of its alarms that move the case's version only.
      return state;
  }
}

/** 追究责任 may follow the verification and makes no handler; the first three measures do. */
export function makesHandler(kind: MeasureKind): boolean {
  return kind !== 'holdResponsible';
}

function measureRecorded(state: CaseState, measure: MeasureEntry): CaseState {
  const next = { ...state, measures: [...state.measures, measure] };
  return makesHandler(measure.kind) ? withHandler(next, measure.by) : next;
}

function newAttempt(state: CaseState, attempt: number): CaseState {
  return {
    ...state,
    stage: 'handling',
    attempt,
    actions: [],
    completed: null,
    dismissed: null,
    verified: null,
    fedBack: null,
    archived: null,
  };
}

function withHandler(state: CaseState, actor: Actor): CaseState {
  return state.handlers.includes(actor.id) ? state : { ...state, handlers: [...state.handlers, actor.id] };
}

function actorOf(event: Event): Actor {
  invariant(event.by !== undefined, `${event.type} ${event.id} names no person`);
  return event.by;
}
