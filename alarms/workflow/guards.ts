// The questions that decide whether people may go on: role and scope, clean, calm, four eyes, on site, measures.
// Each answers with the refusal and what lacks, or null. They only read; decide*.ts gives them their order.

import { isActive, isLatched, isOwed } from '../lifecycle/standing.ts';
import { formatTime } from '../kernel/time.ts';
import type { AlarmBase, MeasureKind, RoleName } from '../log/event.ts';
import type { LogFold } from '../log/fold.ts';
import type { AlarmState, CaseState } from '../log/state.ts';
import type { Command, CommandRefusal, Grant, RefusalCode } from './command.ts';
import type { DocumentIndex } from './document-index.ts';
import { measureKinds } from './payload.ts';

/** As many as a person can look after at once; an answer stays small whatever the case holds. */
const missingMax = 20;

export function refuse(code: RefusalCode, missing: readonly string[] = []): CommandRefusal {
  return { refused: true, code, missing: missing.slice(0, missingMax) };
}

/** The role in which the person acts on that mine, with the grants that give it. */
export function actingRole(
  command: Command,
  who: readonly RoleName[],
  mine: string,
  documents: DocumentIndex,
): { readonly refused: false; readonly role: RoleName } | CommandRefusal {
  const able = command.by.grants.filter((grant) => who.includes(grant.role));
  if (able.length === 0) return refuse('ROLE_FORBIDDEN', who);
  const near = able.filter((grant) => documents.isWithin(mine, grant.site));
  const role = who.find((wanted) => near.some((grant) => grant.role === wanted));
  return role === undefined ? refuse('OUT_OF_SCOPE', [mine]) : { refused: false, role };
}

export type SupervisorLevel = 'group' | 'county' | 'city' | 'province';

const supervisorRank = { mine: 0, group: 1, county: 2, city: 3, province: 4 } as const;

/** Highest rank of a supervisor's grants that hold on the mine: g < c < m < p; -1 when there is none. */
export function rankOfSupervisor(grants: readonly Grant[], mine: string, documents: DocumentIndex): number {
  const ranks = grants
    .filter((grant) => grant.role === 'supervisor' && documents.isWithin(mine, grant.site))
    .map((grant) => supervisorRank[documents.site(grant.site)?.kind ?? 'mine']);
  return Math.max(-1, ...ranks);
}

/** Highest supervisor above the mine, given the sites on which somebody is one; null where there is none. */
export function highestSupervisorOf(
  supervisorSites: readonly string[],
  mine: string,
  documents: DocumentIndex,
): SupervisorLevel | null {
  const grants = supervisorSites.map((site) => ({ role: 'supervisor' as const, site }));
  const rank = rankOfSupervisor(grants, mine, documents);
  const levels: readonly SupervisorLevel[] = ['group', 'county', 'city', 'province'];
  return levels.find((level) => supervisorRank[level] === rank) ?? null;
}

/** Least rank of a supervisor who archives at this level; null: the mine's own leader does. */
export function rankToArchive(level: CaseState['level'], highest: SupervisorLevel | null): number | null {
  if (level === 'blue' || level === 'yellow' || highest === null) return null;
  if (level === 'orange') return supervisorRank.mine;
  return Math.min(supervisorRank.county, supervisorRank[highest]);
}

/** Alarms of the case that are still known (ended ones stay while the case is open). */
export function alarmsOf(fold: LogFold, state: CaseState): readonly AlarmState[] {
  return state.alarms.map((id) => fold.alarms.get(id)).filter((alarm) => alarm !== undefined);
}

export function owedAlarms(fold: LogFold, state: CaseState): readonly AlarmState[] {
  return alarmsOf(fold, state).filter((alarm) => isOwed(alarm.base));
}

/** A count cannot be undone: once acknowledged it holds nobody up. */
export function countsForClean(alarm: Pick<AlarmState, 'ruleKind' | 'base'>): boolean {
  return !(alarm.ruleKind === 'occurrences' && alarm.base === 'acknowledged');
}

export type UnknownNow = (rule: string, scope: string) => boolean;

/** 消警, 核查 and 归档 need it: nothing active, unknown, unacknowledged or latched, asked in this order. */
export function whyNotClean(
  fold: LogFold,
  state: CaseState,
  isUnknownNow: UnknownNow,
): CommandRefusal | null {
  const alarms = alarmsOf(fold, state).filter(countsForClean);
  const isUnknown = (alarm: AlarmState): boolean => alarm.unknown || isUnknownNow(alarm.rule, alarm.scope);
  const is = (base: AlarmBase) => (alarm: AlarmState) => alarm.base === base;
  return (
    refuseIfAny(
      'ALARM_ACTIVE',
      alarms.filter((alarm) => isActive(alarm.base) && !isUnknown(alarm)),
    ) ??
    refuseIfAny('CONDITION_UNKNOWN', alarms.filter(isUnknown)) ??
    refuseIfAny('ALARM_UNACKNOWLEDGED', alarms.filter(is('returned'))) ??
    refuseIfAny(
      'ALARM_LATCHED',
      alarms.filter((alarm) => isLatched(alarm.base)),
    )
  );
}

function refuseIfAny(code: RefusalCode, alarms: readonly AlarmState[]): CommandRefusal | null {
  return alarms.length === 0
    ? null
    : refuse(
        code,
        alarms.map((alarm) => alarm.id),
      );
}

/** Names the moment from which it is calm. */
export function whyNotCalm(state: CaseState, calmMs: number, now: number): CommandRefusal | null {
  if (state.lastReturnAt === null || now - state.lastReturnAt >= calmMs) return null;
  return refuse('NOT_CALM_YET', [formatTime(state.lastReturnAt + calmMs)]);
}

/** Level, high value and hazard are kept in the state; a gas case dismissed as false alarm is judged here. */
export function isOnSiteRequired(state: CaseState): boolean {
  return state.onSiteRequired || (state.gas && state.dismissed?.disposition === 'falseAlarm');
}

export function isHandler(state: CaseState, person: string): boolean {
  return state.handlers.includes(person);
}

/** The four measures of a gas over-limit, in their order: the first `count` of them are due. */
export function missingMeasures(state: CaseState, count: number): readonly MeasureKind[] {
  if (!state.gas) return [];
  const recorded = new Set(state.measures.map((measure) => measure.kind));
  return measureKinds.slice(0, count).filter((kind) => !recorded.has(kind));
}
