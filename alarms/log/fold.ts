// The fold of the event log: everything that is known about alarms and cases now. Used by the core, by serving and by
// the projector alike; `apply` is its only mutation but for the refusals remembered for repeated commands (which leave
// no event). Deterministic: the same events give the same fold, byte for byte in JSON.
// Forgotten: ended alarms in no open case, and archived cases past `keepArchivedMs` (by the events' own times).

import { invariant } from '../kernel/result.ts';
import { defaultWorkflowTimes } from '../registry/site.ts';
import { pairOf, parseAlarmId } from '../lifecycle/alarm-id.ts';
import type { CommandAnswer, RefusalCode } from '../workflow/command.ts';
import { chainHash, genesisHash, type Digest } from './chain.ts';
import type { Event, EventOf } from './event.ts';
import { evolveAlarm, raisedAlarm } from './evolve-alarm.ts';
import { evolveCase, openedCase } from './evolve-case.ts';
import type { AlarmState, CaseState } from './state.ts';

/** How many commands are remembered for repetition: hours of work of a mine; a client gives up within minutes. */
export const answersMax = 4096;

export interface LogFoldJson {
  readonly v: 1;
  readonly lastSeq: number;
  readonly keepArchivedMs: number;
  readonly alarms: readonly AlarmState[];
  readonly cases: readonly CaseState[];
  readonly caseNumbers: readonly (readonly [string, number])[];
  readonly heads: readonly (readonly [string, string])[];
  readonly alarmNumbers: readonly (readonly [string, number])[];
  readonly lostAt: readonly (readonly [string, number])[];
  readonly evacuations: readonly string[];
  readonly archived: readonly (readonly [string, number])[];
  readonly accepted: readonly (readonly [string, number])[];
  readonly refused: readonly (readonly [string, RefusalCode, readonly string[]])[];
}

export interface Applied {
  readonly alarm?: AlarmState;
  readonly case?: CaseState;
}

export class LogFold {
  /** Living alarms, and ended ones of open cases. */
  readonly alarms = new Map<string, AlarmState>();
  /** Open cases, and archived ones while they may be reopened. */
  readonly cases = new Map<string, CaseState>();
  keepArchivedMs: number;
  private sha256: Digest | undefined;
  private seq = 0;
  private readonly caseNumbers = new Map<string, number>();
  private readonly heads = new Map<string, string>();
  /** Greatest alarm number per (rule, scope): bounded by rules × points; ids never repeat. */
  private readonly alarmNumbers = new Map<string, number>();
  private readonly lostAt = new Map<string, number>();
  /** Cases that ever held an alarm with response E or EE; outlives the alarms, for a reopened case. */
  private readonly evacuations = new Set<string>();
  private readonly archived: (readonly [caseId: string, at: number])[] = [];
  private readonly accepted = new Map<string, number>();
  private readonly refused = new Map<string, { code: RefusalCode; missing: readonly string[] }>();
  /** Case ids per cause key, oldest first. Derived. */
  private readonly byKey = new Map<string, string[]>();

  constructor(options: { readonly sha256?: Digest; readonly keepArchivedMs?: number } = {}) {
    this.sha256 = options.sha256;
    this.keepArchivedMs = options.keepArchivedMs ?? defaultWorkflowTimes.reopenMs;
  }

  /** Without a digest the chain heads are not followed (screens need none). To be set before the first event. */
  useDigest(sha256: Digest): void {
    this.sha256 = sha256;
  }

  get lastSeq(): number {
    return this.seq;
  }

  /** Takes the next event of the log; returns the states after it of the alarm and the case it names. */
  apply(event: Event): Applied {
    invariant(event.seq === this.seq + 1, `event ${event.seq} follows ${this.seq}`);
    this.seq = event.seq;
    this.follow(event);
    const alarm = this.applyToAlarm(event);
    const state = this.applyToCase(event, alarm);
    if (state !== undefined) this.noteEvacuation(state.id, alarm, event);
    this.rememberAccepted(event, state);
    this.forget(event, alarm);
    return { ...(alarm === undefined ? {} : { alarm }), ...(state === undefined ? {} : { case: state }) };
  }

  head(mine: string): string {
    invariant(this.sha256 !== undefined, 'a fold without a digest follows no chain');
    return this.heads.get(mine) ?? genesisHash(mine, this.sha256);
  }

  chainHeads(): ReadonlyMap<string, string> {
    return this.heads;
  }

  /** The alarm of the pair that lives now. */
  livingAlarm(rule: string, scope: string): AlarmState | undefined {
    const alarm = this.newestAlarm(pairOf(rule, scope));
    return alarm === undefined || alarm.base === 'normal' ? undefined : alarm;
  }

  lastAlarmNumber(rule: string, scope: string): number {
    return this.alarmNumbers.get(pairOf(rule, scope)) ?? 0;
  }

  /** Every (rule, scope) that ever raised. */
  *numberedPairs(): Iterable<readonly [rule: string, scope: string]> {
    for (const pair of this.alarmNumbers.keys()) {
      const at = pair.indexOf('/'); // a rule id holds none, a scope may
      yield [pair.slice(0, at), pair.slice(at + 1)];
    }
  }

  lastCaseNumber(mine: string): number {
    return this.caseNumbers.get(mine) ?? 0;
  }

  /** Mine of a case that was archived so long ago that it is forgotten here; null for one that never was. */
  mineOfForgottenCase(id: string): string | null {
    const match = /^(.+)\/C([1-9]\d{0,14})$/.exec(id);
    if (match === null || this.cases.has(id)) return null;
    const [, mine = '', n = ''] = match;
    return Number(n) <= this.lastCaseNumber(mine) ? mine : null;
  }

  casesOfKey(causeKey: string): readonly CaseState[] {
    return (this.byKey.get(causeKey) ?? []).map((id) => this.cases.get(id)!);
  }

  /** When the alarm's data was lost; null while it is known. */
  conditionLostAt(alarm: string): number | null {
    return this.lostAt.get(alarm) ?? null;
  }

  needsEvacuation(caseId: string): boolean {
    return this.evacuations.has(caseId);
  }

  answerOf(person: string, commandId: string): CommandAnswer | undefined {
    const key = answerKey(person, commandId);
    const version = this.accepted.get(key);
    if (version !== undefined) return { refused: false, version };
    const refusal = this.refused.get(key);
    return refusal === undefined ? undefined : { refused: true, ...refusal };
  }

  /** The first answer is the answer, a refusal too; it leaves no event, hence this door. */
  rememberRefusal(person: string, commandId: string, code: RefusalCode, missing: readonly string[]): void {
    this.refused.set(answerKey(person, commandId), { code, missing });
    dropOldest(this.refused, answersMax);
  }

  toJson(): LogFoldJson {
    return {
      v: 1,
      lastSeq: this.seq,
      keepArchivedMs: this.keepArchivedMs,
      alarms: [...this.alarms.values()],
      cases: [...this.cases.values()],
      caseNumbers: [...this.caseNumbers],
      heads: [...this.heads],
      alarmNumbers: [...this.alarmNumbers],
      lostAt: [...this.lostAt],
      evacuations: [...this.evacuations],
      archived: [...this.archived],
      accepted: [...this.accepted],
      refused: [...this.refused].map(([key, { code, missing }]) => [key, code, missing] as const),
    };
  }

  /** What `toJson` gave, from a checkpoint whose checksum held. */
  static fromJson(saved: unknown, options: { readonly sha256?: Digest } = {}): LogFold {
    const json = saved as LogFoldJson;
    invariant(json.v === 1, 'unknown layout of a saved fold');
    const fold = new LogFold({ ...options, keepArchivedMs: json.keepArchivedMs });
    fold.seq = json.lastSeq;
    for (const alarm of json.alarms) fold.alarms.set(alarm.id, alarm);
    for (const state of json.cases) fold.putCase(state);
    fill(fold.caseNumbers, json.caseNumbers);
    fill(fold.heads, json.heads);
    fill(fold.alarmNumbers, json.alarmNumbers);
    fill(fold.lostAt, json.lostAt);
    for (const id of json.evacuations) fold.evacuations.add(id);
    fold.archived.push(...json.archived);
    fill(fold.accepted, json.accepted);
    for (const [key, code, missing] of json.refused) fold.refused.set(key, { code, missing });
    return fold;
  }

  private follow(event: Event): void {
    if (this.sha256 === undefined) return;
    this.heads.set(event.mine, chainHash(event.prevHash, event, this.sha256));
  }

  private applyToAlarm(event: Event): AlarmState | undefined {
    if (event.type === 'AlarmRaised') return this.raise(event);
    if (event.alarm === undefined) return undefined;
    const before = this.alarms.get(event.alarm);
    if (before === undefined) return undefined;
    const after = evolveAlarm(before, event);
    this.alarms.set(after.id, after);
    if (event.type === 'AlarmConditionLost') this.lostAt.set(after.id, event.at);
    else if (!after.unknown) this.lostAt.delete(after.id);
    return after;
  }

  private raise(event: EventOf<'AlarmRaised'>): AlarmState {
    const pair = pairOf(event.data.rule, event.data.scope);
    const newest = this.newestAlarm(pair);
    const superseded = newest?.supersededBy === event.alarm ? newest : undefined;
    const alarm = raisedAlarm(event, superseded?.peakLevel ?? event.data.level);
    const parts = parseAlarmId(alarm.id);
    invariant(parts !== null, `alarm id ${alarm.id} is not <rule>/<scope>#<n>`);
    this.alarms.set(alarm.id, alarm);
    this.alarmNumbers.set(pair, parts.n);
    if (superseded !== undefined) this.forgetAlarm(superseded);
    return alarm;
  }

  private applyToCase(event: Event, alarm: AlarmState | undefined): CaseState | undefined {
    if (event.case === undefined) return undefined;
    const before = this.cases.get(event.case);
    if (event.type === 'CaseOpened') {
      const opened = openedCase(event);
      this.caseNumbers.set(event.mine, this.lastCaseNumber(event.mine) + 1);
      this.putCase(opened);
      for (const id of opened.alarms) this.assign(id, opened.id);
      return opened;
    }
    if (before === undefined) return undefined;
    const after = evolveCase(before, event, alarm);
    this.cases.set(after.id, after);
    if (event.type === 'CaseArchived') this.archived.push([after.id, event.at]);
    return after;
  }

  private assign(alarmId: string, caseId: string): void {
    const alarm = this.alarms.get(alarmId);
    if (alarm !== undefined && alarm.case !== caseId) this.alarms.set(alarmId, { ...alarm, case: caseId });
  }

  private noteEvacuation(caseId: string, alarm: AlarmState | undefined, event: Event): void {
    if (event.type !== 'CaseOpened' && event.type !== 'AlarmJoinedCase') return;
    const respond = alarm?.respond ?? [];
    if (respond.includes('E') || respond.includes('EE')) this.evacuations.add(caseId);
  }

  private rememberAccepted(event: Event, state: CaseState | undefined): void {
    if (event.commandId === undefined || event.by === undefined) return;
    this.accepted.set(answerKey(event.by.id, event.commandId), state?.version ?? 0);
    dropOldest(this.accepted, answersMax);
  }

  private forget(event: Event, alarm: AlarmState | undefined): void {
    // A superseded alarm stays until its successor, the next event, has taken its peak level.
    if (alarm !== undefined && event.type !== 'AlarmSuperseded') this.forgetAlarm(alarm);
    if (event.type === 'CaseArchived' && event.case !== undefined) {
      for (const id of this.cases.get(event.case)?.alarms ?? []) {
        const ended = this.alarms.get(id);
        if (ended !== undefined) this.forgetAlarm(ended);
      }
    }
    this.forgetCases(event.at);
  }

  private forgetAlarm(alarm: AlarmState): void {
    if (alarm.base !== 'normal') return;
    const stage = alarm.case === null ? undefined : this.cases.get(alarm.case)?.stage;
    if (stage !== undefined && stage !== 'archived' && stage !== 'merged') return;
    this.alarms.delete(alarm.id);
    this.lostAt.delete(alarm.id);
  }

  private forgetCases(now: number): void {
    for (let oldest = this.archived[0]; oldest !== undefined; oldest = this.archived[0]) {
      const [id, at] = oldest;
      const state = this.cases.get(id);
      const isStanding = state?.archived?.at === at;
      if (isStanding && now - at <= this.keepArchivedMs) return;
      this.archived.shift();
      if (state !== undefined && isStanding) this.dropCase(state);
    }
  }

  private putCase(state: CaseState): void {
    this.cases.set(state.id, state);
    const ids = this.byKey.get(state.causeKey);
    if (ids === undefined) this.byKey.set(state.causeKey, [state.id]);
    else ids.push(state.id);
  }

  private dropCase(state: CaseState): void {
    this.cases.delete(state.id);
    this.evacuations.delete(state.id);
    const left = (this.byKey.get(state.causeKey) ?? []).filter((id) => id !== state.id);
    if (left.length === 0) this.byKey.delete(state.causeKey);
    else this.byKey.set(state.causeKey, left);
  }

  private newestAlarm(pair: string): AlarmState | undefined {
    const n = this.alarmNumbers.get(pair);
    return n === undefined ? undefined : this.alarms.get(`${pair}#${n}`);
  }
}

/** Ids of commands are the client's choice: one person's never meets another's. */
function answerKey(person: string, commandId: string): string {
  return `${person} ${commandId}`;
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  if (map.size <= max) return;
  for (const key of map.keys()) {
    map.delete(key);
    if (map.size <= max) return;
  }
}

function fill<V>(map: Map<string, V>, entries: readonly (readonly [string, V])[]): void {
  for (const [key, value] of entries) map.set(key, value);
}
