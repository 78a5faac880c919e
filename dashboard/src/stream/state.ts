// What a screen knows, as a pure fold of stream messages: `reduce(state, message)` gives the next state and whether
// the server must be asked again. No socket, no clock, no browser. A hole in the sequence is never stepped over.

import { assertNever } from '#alarms/kernel/result.ts';
import type {
  GatewayStatus,
  QuarantineSample,
  StreamMessage,
  UnrecordedAlarm,
  ValueColumns,
} from '#gateway/protocol/stream.ts';
import type { AlarmState, CaseState, Event, EventEntry, SiteView, Snapshot } from './contract.ts';

export interface Reading {
  /** Source time and received time of the newest sample. */
  readonly t: number;
  readonly r: number;
  readonly v: number | null;
  readonly s: number;
  /** The last sample with a number, as far as this screen saw one. */
  readonly lastNumber: { readonly t: number; readonly v: number; readonly s: number } | null;
}

export interface StreamState {
  readonly isReady: boolean;
  readonly epoch: string;
  readonly lastSeq: number;
  readonly viewer: Snapshot['viewer'] | null;
  readonly site: SiteView;
  /** Those that are up, or ended and not yet acknowledged. */
  readonly alarms: ReadonlyMap<string, AlarmState>;
  /** The newest that ended while this screen looked, newest first. */
  readonly ended: readonly AlarmState[];
  readonly cases: ReadonlyMap<string, CaseState>;
  readonly values: ReadonlyMap<number, Reading>;
  readonly status: GatewayStatus | null;
  readonly quarantine: readonly QuarantineSample[];
  readonly unrecorded: readonly UnrecordedAlarm[];
  /** The newest events, ascending. */
  readonly events: readonly Event[];
  /** A hole was seen; the server has been asked to fill it. */
  readonly isAsking: boolean;
  /** Grows by one when a connection was taken up again: by sequence, or by a whole new snapshot. */
  readonly resumption: {
    readonly count: number;
    readonly missed: number;
    readonly isWhole: boolean;
  };
  readonly closing: 'SESSION_ENDED' | 'SLOW_CONSUMER' | 'SHUTTING_DOWN' | null;
}

export interface Reduced {
  readonly state: StreamState;
  /** Say hello again with what is held. */
  readonly mustAsk: boolean;
}

/** A timeline asks the API; these bridge the time until its answer and what comes after. */
const eventsKept = 500;
const endedKept = 100;
/** As many as the server keeps for a screen. */
const quarantineKept = 200;
/** Archived cases a desk that runs for weeks still holds. */
const closedCasesKept = 200;

export const emptyState: StreamState = {
  isReady: false,
  epoch: '',
  lastSeq: 0,
  viewer: null,
  site: { sites: [], places: [], points: [], rules: [], calmMs: 0 },
  alarms: new Map(),
  ended: [],
  cases: new Map(),
  values: new Map(),
  status: null,
  quarantine: [],
  unrecorded: [],
  events: [],
  isAsking: false,
  resumption: { count: 0, missed: 0, isWhole: false },
  closing: null,
};

export function reduce(state: StreamState, message: StreamMessage): Reduced {
  switch (message.type) {
    case 'snapshot':
      return settled(fromSnapshot(state, message));
    case 'resumed':
      return settled({
        ...state,
        isAsking: false,
        closing: null,
        values: mergeValues(state.values, message.values),
        status: message.status,
        resumption: { count: state.resumption.count + 1, missed: message.missed, isWhole: false },
      });
    case 'events':
      return applyEntries(state, message.events);
    case 'values':
      return settled({ ...state, values: mergeValues(state.values, message.values) });
    case 'status':
      return settled({ ...state, status: message.status });
    case 'quarantine':
      return settled({
        ...state,
        quarantine: [...state.quarantine, ...message.samples].slice(-quarantineKept),
      });
    case 'unrecorded':
      return settled({ ...state, unrecorded: message.alarms });
    case 'site':
      return settled({ ...state, site: message.site });
    case 'closing':
      return settled({ ...state, closing: message.code });
    default:
      return assertNever(message, 'stream message');
  }
}

function settled(state: StreamState): Reduced {
  return { state, mustAsk: false };
}

function fromSnapshot(before: StreamState, message: Snapshot): StreamState {
  return {
    isReady: true,
    epoch: message.epoch,
    lastSeq: message.seq,
    viewer: message.viewer,
    site: message.site,
    alarms: new Map(message.alarms.filter(isLive).map((alarm) => [alarm.id, alarm])),
    ended: [],
    cases: new Map(message.cases.map((one) => [one.id, one])),
    values: mergeValues(new Map(), message.values),
    status: message.status,
    quarantine: message.quarantine.slice(-quarantineKept),
    unrecorded: [],
    events: [],
    isAsking: false,
    resumption: before.isReady
      ? { count: before.resumption.count + 1, missed: 0, isWhole: true }
      : before.resumption,
    closing: null,
  };
}

export function isLive(alarm: AlarmState): boolean {
  return alarm.base !== 'normal' && alarm.supersededBy === null;
}

/** Events in order; one seen before is left out, one after a hole is not taken and all is asked for again. */
function applyEntries(before: StreamState, entries: readonly EventEntry[]): Reduced {
  let lastSeq = before.lastSeq;
  const taken: EventEntry[] = [];
  let hasHole = false;
  for (const entry of entries) {
    if (entry.seq <= lastSeq) continue;
    if (entry.prevSeq > lastSeq) {
      hasHole = true;
      break;
    }
    lastSeq = entry.seq;
    taken.push(entry);
  }
  const mustAsk = hasHole && !before.isAsking;
  if (taken.length === 0) {
    return { state: mustAsk ? { ...before, isAsking: true } : before, mustAsk };
  }
  const alarms = new Map(before.alarms);
  const cases = new Map(before.cases);
  const ended = [...before.ended];
  for (const entry of taken) applyStates(entry, alarms, cases, ended);
  return {
    state: {
      ...before,
      lastSeq,
      alarms,
      cases: forgetClosed(cases),
      ended: ended.slice(0, endedKept),
      events: [...before.events, ...taken.map((entry) => entry.event)].slice(-eventsKept),
      isAsking: before.isAsking || hasHole,
    },
    mustAsk,
  };
}

function applyStates(
  entry: EventEntry,
  alarms: Map<string, AlarmState>,
  cases: Map<string, CaseState>,
  ended: AlarmState[],
): void {
  const { alarm } = entry;
  if (alarm !== undefined) {
    if (isLive(alarm)) alarms.set(alarm.id, alarm);
    else if (alarms.delete(alarm.id)) ended.unshift(alarm);
  }
  if (entry.case !== undefined) cases.set(entry.case.id, entry.case);
}

function forgetClosed(cases: Map<string, CaseState>): Map<string, CaseState> {
  const closed = [...cases.values()].filter((one) => isClosed(one));
  if (closed.length <= closedCasesKept) return cases;
  closed.sort((a, b) => a.changedAt - b.changedAt);
  for (const one of closed.slice(0, closed.length - closedCasesKept)) cases.delete(one.id);
  return cases;
}

export function isClosed(one: CaseState): boolean {
  return one.stage === 'archived' || one.stage === 'merged';
}

export function mergeValues(
  before: ReadonlyMap<number, Reading>,
  columns: ValueColumns,
): ReadonlyMap<number, Reading> {
  const values = new Map(before);
  for (let i = 0; i < columns.slots.length; i++) {
    const slot = columns.slots[i];
    const t = columns.t[i];
    const r = columns.r[i];
    if (slot === undefined || t === undefined || r === undefined || r === 0) continue;
    const v = columns.v[i] ?? null;
    const s = columns.s[i] ?? 0;
    const lastNumber = v === null ? (values.get(slot)?.lastNumber ?? null) : { t, v, s };
    values.set(slot, { t, r, v, s, lastNumber });
  }
  return values;
}
