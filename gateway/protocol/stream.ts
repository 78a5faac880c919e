// The WebSocket contract of `/stream` (docs/protocol.md §stream). JSON text messages. Alarms and cases are never
// dropped; values are coalesced to the latest. Portable: no Node, no DOM.

import type { Level } from '#alarms/kernel/level.ts';
import type { Event, RoleName } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { PlaceDocument, Point, SiteNode } from '#alarms/registry/site.ts';
import type { Rule } from '#alarms/rules/rule.ts';

/** First message of a client. With `epoch` and `lastSeq` of what it holds, the server fills the gap if it can. */
export interface StreamHello {
  readonly type: 'hello';
  readonly epoch?: string;
  readonly lastSeq?: number;
}

/** Client → server after painting alarms: closes the latency ledger (counted only). */
export interface StreamPainted {
  readonly type: 'painted';
  readonly seq: number;
}

export type StreamRequest = StreamHello | StreamPainted;

/**
 * Latest values, columns of equal length; `r` received, `t` source time; v null = no number. `s` status bits as recorded:
 * those of the source and our own (256 clock ahead, 512 simulated), the same as in history.
 */
export interface ValueColumns {
  readonly slots: readonly number[];
  readonly t: readonly number[];
  readonly r: readonly number[];
  readonly v: readonly (number | null)[];
  readonly s: readonly number[];
}

export interface SourceStatus {
  readonly mine: string;
  readonly system: string;
  readonly source: string;
  readonly connected: boolean;
  readonly lastReceived: number;
  readonly frames: number;
  readonly readings: number;
  readonly sequenceGaps: number;
  readonly duplicateFrames: number;
  readonly refused: number;
}

export interface GatewayStatus {
  readonly serverTime: number;
  readonly startedAt: number;
  readonly demo: boolean;
  readonly insecure: boolean;
  readonly room: 'ok' | 'low' | 'sacrificing' | 'full';
  readonly freeBytes: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly sources: readonly SourceStatus[];
  readonly projectionLagMs: number;
  readonly historyLagMs: number;
  readonly historyPaused: boolean;
  /** 'embedded' or the state of the client connection to an outside broker. */
  readonly broker: 'embedded' | 'connected' | 'disconnected';
}

export interface QuarantineSample {
  readonly at: number;
  readonly topic: string;
  readonly source: string;
  readonly reason: string;
  readonly zh: string;
  readonly en: string;
  readonly sample: string;
}

/** 未记录: seen by a throw-away copy while nothing can be recorded; shown with sound, never a case. */
export interface UnrecordedAlarm {
  readonly rule: string;
  readonly scope: string;
  readonly level: Level;
  readonly at: number;
  readonly quantity: number | null;
}

export interface SiteView {
  readonly sites: readonly SiteNode[];
  readonly places: readonly PlaceDocument[];
  /** Index = slot, as in ValueColumns; null where the viewer's scope ends. */
  readonly points: readonly (Point | null)[];
  readonly rules: readonly Rule[];
  /** How long it must be calm since the last return before a case may be verified. */
  readonly calmMs: number;
}

export interface EventEntry {
  readonly seq: number;
  /** seq of the event before it in this subscription (0 = first): a hole is seen by the client. */
  readonly prevSeq: number;
  readonly event: Event;
  /** State after the event. */
  readonly alarm?: AlarmState;
  readonly case?: CaseState;
}

export type StreamMessage =
  | {
      readonly type: 'snapshot';
      readonly epoch: string;
      readonly seq: number;
      readonly viewer: { readonly id: string; readonly name: string; readonly roles: readonly RoleName[] };
      readonly site: SiteView;
      readonly alarms: readonly AlarmState[];
      readonly cases: readonly CaseState[];
      readonly values: ValueColumns;
      readonly status: GatewayStatus;
      readonly quarantine: readonly QuarantineSample[];
    }
  | {
      readonly type: 'resumed';
      readonly epoch: string;
      readonly missed: number;
      readonly values: ValueColumns;
      readonly status: GatewayStatus;
    }
  | { readonly type: 'events'; readonly events: readonly EventEntry[] }
  | { readonly type: 'values'; readonly serverTime: number; readonly values: ValueColumns }
  | { readonly type: 'status'; readonly status: GatewayStatus }
  | { readonly type: 'quarantine'; readonly samples: readonly QuarantineSample[] }
  | { readonly type: 'unrecorded'; readonly alarms: readonly UnrecordedAlarm[] }
  | { readonly type: 'site'; readonly site: SiteView }
  | { readonly type: 'closing'; readonly code: 'SESSION_ENDED' | 'SLOW_CONSUMER' | 'SHUTTING_DOWN' };
