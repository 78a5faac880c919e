// Which case an alarm belongs to: by its cause key, first match wins (docs/case-workflow.md). Several alarms of one
// cause share a case, so that people handle an event and not its echoes. Gives event drafts; records nothing.

import { levelNeedsOnSite } from '../log/evolve-case.ts';
import type { CaseStage, EventDraft } from '../log/event.ts';
import type { LogFold } from '../log/fold.ts';
import type { AlarmState, CaseState } from '../log/state.ts';
import { isHighValue } from '../lifecycle/high-value.ts';
import { levelRank } from '../kernel/level.ts';
import type { DocumentIndex } from './document-index.ts';
import { countsForClean } from './guards.ts';

export interface GroupingContext {
  readonly fold: LogFold;
  readonly documents: DocumentIndex;
  readonly now: number;
}

const handledOrLater: readonly CaseStage[] = ['handled', 'dismissed', 'verified', 'fedBack'];
const dismissedOrLater: readonly CaseStage[] = ['dismissed', 'verified', 'fedBack'];

/**
 * mine | place | hazard family; trouble goes by its substation, since one dead substation silences many places;
 * a count (`occurrences`) is a matter of its own. Kept in CaseOpened: the form is for ever.
 */
export function causeKey(alarm: AlarmState, documents: DocumentIndex): string {
  const { mine, rule, ruleClass, ruleKind, scope } = alarm;
  const place = alarm.place === '' ? scope : alarm.place;
  if (ruleKind === 'occurrences') return `${mine}|occurrences|${scope}|${rule}`;
  if (ruleClass !== 'trouble') return `${mine}|${ruleClass}|${place}`;
  const station = documents.point(scope)?.station;
  return station === undefined ? `${mine}|trouble|${place}` : `${mine}|trouble|station ${station}`;
}

/** A new alarm (or one that begins to need a case): joins one or opens one. `peakValue` of its condition so far. */
export function caseEvents(
  context: GroupingContext,
  alarm: AlarmState,
  superseded: AlarmState | undefined,
  peakValue: number | null,
): readonly EventDraft[] {
  const key = causeKey(alarm, context.documents);
  const state = caseToJoin(context, key, superseded);
  return state === undefined
    ? openEvents(context, alarm, key, peakValue)
    : joinEvents(alarm, state, peakValue);
}

/** A higher level of an alarm of an open case. */
export function levelEvents(alarm: AlarmState, state: CaseState): readonly EventDraft[] {
  return [...caseLevelEvents(alarm, state), ...fallBackEvents(state, 'levelRaised')];
}

/** What the open case of a living alarm lacks, when the record broke off between the alarm and its case. */
export function lackingEvents(alarm: AlarmState, state: CaseState): readonly EventDraft[] {
  const isPastDismissal = dismissedOrLater.includes(state.stage) && countsForClean(alarm);
  return [
    ...caseLevelEvents(alarm, state),
    ...(isPastDismissal ? fallBackEvents(state, 'newAlarm') : []),
    ...(state.hazard === 'none' ? hazardEvents(alarm, state.id, 'none') : []),
  ];
}

function caseToJoin(
  { fold, documents, now }: GroupingContext,
  key: string,
  superseded: AlarmState | undefined,
): CaseState | undefined {
  const before = superseded?.case == null ? undefined : fold.cases.get(superseded.case);
  if (before !== undefined && isOpen(before)) return before;
  return fold.casesOfKey(key).findLast((state) => takesAnother(state, documents.times.regroupMs, now));
}

/** Before 消警, or shortly after the last return: the same cause has come again. */
function takesAnother(state: CaseState, regroupMs: number, now: number): boolean {
  if (!isOpen(state)) return false;
  if (!dismissedOrLater.includes(state.stage)) return true;
  return state.lastReturnAt !== null && now - state.lastReturnAt <= regroupMs;
}

export function isOpen(state: CaseState): boolean {
  return state.stage !== 'archived' && state.stage !== 'merged';
}

function openEvents(
  { fold }: GroupingContext,
  alarm: AlarmState,
  key: string,
  peakValue: number | null,
): readonly EventDraft[] {
  const { mine } = alarm;
  const id = `${mine}/C${fold.lastCaseNumber(mine) + 1}`;
  const opened: EventDraft = {
    type: 'CaseOpened',
    mine,
    case: id,
    alarm: alarm.id,
    data: {
      level: alarm.level,
      place: alarm.place,
      placeName: alarm.placeName,
      causeKey: key,
      alarms: [alarm.id],
      manual: false,
      gas: alarm.overLimit,
      onSiteRequired: needsOnSite(alarm, peakValue),
      previous: fold.casesOfKey(key).at(-1)?.id ?? null,
      firstOut: alarm.id,
    },
  };
  return [opened, ...hazardEvents(alarm, id, 'none')];
}

function joinEvents(alarm: AlarmState, state: CaseState, peakValue: number | null): readonly EventDraft[] {
  const joined: EventDraft = {
    type: 'AlarmJoinedCase',
    mine: alarm.mine,
    case: state.id,
    alarm: alarm.id,
    data: { gas: alarm.overLimit, onSiteRequired: needsOnSite(alarm, peakValue) },
  };
  return [
    joined,
    ...caseLevelEvents(alarm, state),
    ...fallBackEvents(state, 'newAlarm'),
    ...hazardEvents(alarm, state.id, state.hazard),
  ];
}

function caseLevelEvents(alarm: AlarmState, state: CaseState): readonly EventDraft[] {
  if (levelRank(alarm.level) <= levelRank(state.level)) return [];
  const data = { from: state.level, to: alarm.level };
  return [{ type: 'CaseLevelRaised', mine: state.mine, case: state.id, alarm: alarm.id, data }];
}

function fallBackEvents(state: CaseState, reason: 'newAlarm' | 'levelRaised'): readonly EventDraft[] {
  if (!handledOrLater.includes(state.stage)) return [];
  const data = { from: state.stage, reason, attempt: state.attempt + 1 };
  return [{ type: 'CaseFellBack', mine: state.mine, case: state.id, data }];
}

/** Response L: a suspected major hazard. Once confirmed the ledger has it, and a further alarm adds nothing. */
function hazardEvents(alarm: AlarmState, caseId: string, hazard: CaseState['hazard']): readonly EventDraft[] {
  if (!isHazardCandidate(alarm) || hazard === 'confirmed') return [];
  const { mine, id } = alarm;
  return [{ type: 'HazardCandidateListed', mine, case: caseId, alarm: id, data: { alarm: id } }];
}

function isHazardCandidate(alarm: AlarmState): boolean {
  return alarm.respond.includes('L');
}

function needsOnSite(alarm: AlarmState, peakValue: number | null): boolean {
  return levelNeedsOnSite(alarm.level) || isHighValue(alarm, peakValue) || isHazardCandidate(alarm);
}
