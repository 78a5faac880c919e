// Alarms, cases, events and snapshots for tests, built from the wire's own types. Never part of the dashboard.

import type { ValueColumns } from '#gateway/protocol/stream.ts';
import type { AlarmState, CaseState, Event, EventEntry, Level, Point, Snapshot } from './contract.ts';

export const t0 = Date.UTC(2026, 2, 18, 6, 32, 8);

export function alarmOf(id: string, level: Level, change: Partial<AlarmState> = {}): AlarmState {
  return {
    id,
    mine: 'm1',
    base: 'unacknowledged',
    unknown: false,
    level,
    peakLevel: level,
    case: null,
    clearedAt: null,
    peak: null,
    samples: null,
    acknowledgedBy: null,
    acknowledgedAt: null,
    silencedUntil: null,
    supersededBy: null,
    at: t0,
    changedAt: t0,
    seqRaised: 1,
    seq: 1,
    rule: 'GAS-01',
    ruleName: { zh: '甲烷报警', en: 'Methane alarm' },
    ruleVersion: '1',
    ruleKind: 'threshold',
    ruleClass: 'gas',
    overLimit: true,
    latching: false,
    clause: '煤矿安全规程',
    mark: 'K',
    respond: ['N'],
    scope: 'p1',
    scopeName: '上隅角甲烷 T0',
    place: 'corner',
    placeName: '上隅角',
    since: t0,
    raisedAt: t0,
    announced: true,
    planned: false,
    causedBy: null,
    marks: [],
    delayedS: null,
    unit: '%CH4',
    quantity: 1.02,
    limit: 1,
    op: '>=',
    limitSource: 'point.alarmHigh',
    onDelayS: 0,
    samplesNeeded: 1,
    ...change,
  };
}

export function caseOf(id: string, change: Partial<CaseState> = {}): CaseState {
  return {
    id,
    mine: 'm1',
    stage: 'opened',
    level: 'yellow',
    place: 'corner',
    placeName: '上隅角',
    causeKey: 'corner',
    alarms: [],
    firstOut: null,
    gas: true,
    manual: false,
    onSiteRequired: false,
    hazard: 'none',
    previous: null,
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
    openedAt: t0,
    changedAt: t0,
    lastReturnAt: null,
    version: 1,
    seq: 1,
    ...change,
  };
}

export function pointOf(id: string, change: Partial<Point> = {}): Point {
  return {
    id,
    name: id,
    measurand: 'CH4',
    unit: '%CH4',
    periodS: 1,
    place: 'corner',
    mine: 'm1',
    limits: { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1.5, restoreHigh: 1 },
    range: [0, 4],
    ...change,
  };
}

export function columns(
  rows: readonly (readonly [slot: number, t: number, v: number | null, s?: number])[],
): ValueColumns {
  return {
    slots: rows.map((row) => row[0]),
    t: rows.map((row) => row[1]),
    r: rows.map((row) => row[1] + 100),
    v: rows.map((row) => row[2]),
    s: rows.map((row) => row[3] ?? 0),
  };
}

export function snapshotOf(change: Partial<Snapshot> = {}): Snapshot {
  return {
    type: 'snapshot',
    epoch: 'e1',
    seq: 10,
    viewer: { id: 'han', name: '韩立川', roles: ['dispatcher'] },
    site: { sites: [], places: [], points: [pointOf('p1'), pointOf('p2')], rules: [], calmMs: 60_000 },
    alarms: [],
    cases: [],
    values: columns([]),
    status: {
      serverTime: t0,
      startedAt: t0,
      demo: false,
      insecure: false,
      room: 'ok',
      freeBytes: 1,
      counters: {},
      refusedByReason: {},
      sources: [],
      projectionLagMs: 0,
      historyLagMs: 0,
      historyPaused: false,
      broker: 'embedded',
    },
    quarantine: [],
    ...change,
  };
}

export function entryOf(
  seq: number,
  prevSeq: number,
  state: { readonly alarm?: AlarmState; readonly case?: CaseState } = {},
): EventEntry {
  const event: Event = {
    v: 1,
    id: `${seq}.0`,
    seq,
    type: 'CaseReceived',
    at: t0 + seq,
    mine: 'm1',
    data: { acknowledged: [], remark: '' },
    prevHash: '',
  };
  return { seq, prevSeq, event, ...state };
}
