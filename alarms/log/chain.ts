// The hash chain of the event log, one per mine: head = sha256(previous head + the event's JSON in schema key order).
// The digest is passed in (no Node here). An event carries the head before it, so that any prefix can be proved.

import { assertNever } from '../kernel/result.ts';
import type { Event, EventOf, EventType } from './event.ts';

/** Text (UTF-8) → lower-case hex of its sha256. */
export type Digest = (text: string) => string;

type DataKeys = { readonly [T in EventType]: Readonly<Record<keyof EventOf<T>['data'], 1>> };

/** Keys of each event's data in the order of event.ts; the order here is the order in the hashed text. */
const dataKeys: DataKeys = {
  AlarmRaised: {
    rule: 1,
    ruleName: 1,
    ruleVersion: 1,
    ruleKind: 1,
    ruleClass: 1,
    overLimit: 1,
    latching: 1,
    clause: 1,
    mark: 1,
    respond: 1,
    scope: 1,
    scopeName: 1,
    place: 1,
    placeName: 1,
    level: 1,
    since: 1,
    raisedAt: 1,
    announced: 1,
    planned: 1,
    causedBy: 1,
    marks: 1,
    delayedS: 1,
    unit: 1,
    quantity: 1,
    limit: 1,
    op: 1,
    limitSource: 1,
    onDelayS: 1,
    samplesNeeded: 1,
  },
  AlarmSuperseded: { by: 1 },
  AlarmReturned: { to: 1, clearedAt: 1, peak: 1, samples: 1, reason: 1 },
  AlarmWithdrawn: { reason: 1 },
  AlarmLevelRaised: { from: 1, to: 1, quantity: 1, limit: 1 },
  AlarmLevelLowered: { from: 1, to: 1 },
  AlarmAcknowledged: { to: 1, phrase: 1 },
  AlarmReset: { to: 1 },
  AlarmConditionLost: { lastUsableAt: 1 },
  AlarmConditionRegained: { lostAt: 1 },
  AlarmReannounced: { reason: 1 },
  AlarmSilenced: { until: 1, level: 1 },
  CaseOpened: {
    level: 1,
    place: 1,
    placeName: 1,
    causeKey: 1,
    alarms: 1,
    manual: 1,
    gas: 1,
    onSiteRequired: 1,
    previous: 1,
    firstOut: 1,
  },
  AlarmJoinedCase: { gas: 1, onSiteRequired: 1 },
  CaseLevelRaised: { from: 1, to: 1 },
  CaseReceived: { acknowledged: 1, remark: 1 },
  ActionRecorded: { kind: 1, attempt: 1, at: 1, place: 1, n: 1, of: 1, text: 1, evidence: 1 },
  MeasureRecorded: { kind: 1, attempt: 1, text: 1, person: 1, evidence: 1 },
  HandlingCompleted: { cause: 1, text: 1, evidence: 1 },
  CaseDismissed: { disposition: 1, text: 1, evidence: 1 },
  CaseVerified: { mode: 1, place: 1, text: 1, evidence: 1 },
  VerificationFailed: { mode: 1, place: 1, text: 1, evidence: 1, attempt: 1 },
  CaseFedBack: { text: 1, to: 1, evidence: 1 },
  CaseArchived: { text: 1 },
  CaseFellBack: { from: 1, reason: 1, attempt: 1 },
  CaseReturned: { from: 1, text: 1, attempt: 1 },
  CaseReopened: { text: 1, attempt: 1 },
  HazardCandidateListed: { alarm: 1 },
  HazardDecided: { decision: 1, text: 1 },
  GatewayStarted: { blindFrom: 1, to: 1 },
};

/** Objects inside `data`, by the key that holds them. */
const nestedKeys: Readonly<Record<string, readonly string[]>> = {
  ruleName: ['zh', 'en'],
  peak: ['value', 'at'],
};

export const envelopeKeys = [
  'v',
  'id',
  'seq',
  'type',
  'at',
  'dueAt',
  'mine',
  'case',
  'alarm',
  'by',
  'commandId',
  'data',
  'prevHash',
] as const;

/** The event's JSON, keys in schema order whatever the order in memory; absent keys are left out. */
export function canonicalEvent(event: Event): string {
  const members: string[] = [];
  for (const key of envelopeKeys) {
    const text = envelopeValue(event, key);
    if (text !== null) members.push(`"${key}":${text}`);
  }
  return `{${members.join(',')}}`;
}

export function keysOfData(type: EventType): readonly string[] {
  return Object.keys(dataKeys[type]);
}

export function genesisHash(mine: string, sha256: Digest): string {
  return sha256(`fengsui event log, mine ${mine}`);
}

export function chainHash(prevHash: string, event: Event, sha256: Digest): string {
  return sha256(prevHash + canonicalEvent(event));
}

export type ChainVerdict =
  | { readonly holds: true; readonly heads: ReadonlyMap<string, string> }
  | { readonly holds: false; readonly seq: number; readonly mine: string; readonly reason: string };

/**
 * Proves a list of events in log order: numbers without a gap, each link of each mine. `heads` are the heads before
 * the first event (none for the whole log); `expectedHeads`, when given, catch a log cut short at its end.
 */
export function verifyChain(
  events: readonly Event[],
  sha256: Digest,
  heads: ReadonlyMap<string, string> = new Map(),
  expectedHeads: ReadonlyMap<string, string> = new Map(),
): ChainVerdict {
  const current = new Map(heads);
  let previousSeq = (events[0]?.seq ?? 1) - 1;
  for (const event of events) {
    const { seq, mine } = event;
    if (seq !== previousSeq + 1) {
      return { holds: false, seq, mine, reason: `number ${seq} follows ${previousSeq}` };
    }
    const head = current.get(mine) ?? genesisHash(mine, sha256);
    if (event.prevHash !== head)
      return { holds: false, seq, mine, reason: 'link to the event before is broken' };
    current.set(mine, chainHash(head, event, sha256));
    previousSeq = seq;
  }
  for (const [mine, head] of expectedHeads) {
    if (current.get(mine) !== head) return { holds: false, seq: previousSeq, mine, reason: 'head differs' };
  }
  return { holds: true, heads: current };
}

function envelopeValue(event: Event, key: (typeof envelopeKeys)[number]): string | null {
  switch (key) {
    case 'v':
    case 'id':
    case 'seq':
    case 'type':
    case 'at':
    case 'mine':
    case 'prevHash':
      return JSON.stringify(event[key]);
    case 'dueAt':
    case 'case':
    case 'alarm':
    case 'commandId':
      return event[key] === undefined ? null : JSON.stringify(event[key]);
    case 'by':
      return event.by === undefined ? null : objectText(event.by, ['id', 'name', 'role']);
    case 'data':
      return objectText(event.data, keysOfData(event.type));
    default:
      return assertNever(key, 'envelope key');
  }
}

function objectText(value: object, keys: readonly string[]): string {
  const values = new Map<string, unknown>(Object.entries(value));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${memberText(key, values.get(key))}`).join(',')}}`;
}

function memberText(key: string, value: unknown): string {
  const nested = nestedKeys[key];
  if (nested !== undefined && typeof value === 'object' && value !== null) return objectText(value, nested);
  return JSON.stringify(value) ?? 'null';
}
