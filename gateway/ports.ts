// The gateway's ports: what its threads say to one another and what adapters must offer. Types only.
// Core ↔ serving and core → projector talk over MessagePorts and shared memory; nobody waits for anybody.

import type { Event } from '#alarms/log/event.ts';
import type { AlarmState, CaseState } from '#alarms/log/state.ts';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import type { Command, CommandAnswer } from '#alarms/workflow/command.ts';
import type { IntakeRefusal } from './protocol/refusals.ts';
import type { GatewayStatus, QuarantineSample, UnrecordedAlarm } from './protocol/stream.ts';

/** Latest values by slot, written by the core, read by serving at the screen's pace. */
export interface LatestValuesMemory {
  readonly capacity: number;
  readonly time: Float64Array;
  readonly received: Float64Array;
  readonly value: Float64Array;
  readonly status: Uint16Array;
}

/** What became of a message that came over HTTP. */
export type ReadingsOutcome =
  /** Everything it brought is on disk; it may hold readings that were refused one by one. */
  | { readonly kind: 'recorded' }
  /** It could not be read at all. */
  | { readonly kind: 'refused'; readonly reason: IntakeRefusal }
  /** Too much waits: it was not looked at. */
  | { readonly kind: 'pressed' }
  /** Nothing can be recorded now: it is to come again. */
  | { readonly kind: 'abandoned' };

export interface ReadingsTaken {
  readonly request: number;
  readonly outcome: ReadingsOutcome;
}

export type CoreToServing =
  | {
      /** Once after recovery, and again when the documents change. Slots of `latest` = indexes of documents.points. */
      readonly type: 'live';
      readonly epoch: string;
      readonly seq: number;
      readonly documents: SiteDocuments;
      readonly alarms: readonly AlarmState[];
      readonly cases: readonly CaseState[];
      readonly latest: SharedArrayBuffer;
    }
  /** Durable events, in order, each once. */
  | { readonly type: 'events'; readonly events: readonly Event[]; readonly committedAt: number }
  | {
      readonly type: 'answer';
      readonly request: number;
      readonly answer: CommandAnswer;
      readonly events: readonly Event[];
    }
  /** Answers to `readings`, in the order in which they became durable; those of one batch together. */
  | { readonly type: 'readingsTaken'; readonly taken: readonly ReadingsTaken[] }
  | { readonly type: 'status'; readonly status: GatewayStatus }
  | { readonly type: 'quarantine'; readonly samples: readonly QuarantineSample[] }
  | { readonly type: 'unrecorded'; readonly alarms: readonly UnrecordedAlarm[] };

export type ServingToCore =
  | { readonly type: 'command'; readonly request: number; readonly command: Command }
  /** A message of a source over HTTP; the payload's buffer is handed over. Answered by one `readingsTaken`, always. */
  | {
      readonly type: 'readings';
      readonly request: number;
      readonly topic: string;
      readonly payload: Uint8Array;
    }
  | { readonly type: 'ready' };

/** An intake message as an adapter hands it to the core: bytes and a promise kept by `acknowledge`. */
export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** 0 = no acknowledgement wanted. */
  readonly qos: 0 | 1 | 2;
  /** Called once, when the message is durable (or refused): sends the PUBACK. In order per connection. */
  readonly acknowledge: () => void;
  /** Instead of it: never acknowledged on this connection; what it holds is let go. The sender repeats it later. */
  readonly abandon: () => void;
  /** Called before `acknowledge` when the message is refused whole, for who can tell the sender why (MQTT cannot). */
  readonly refused?: (reason: IntakeRefusal) => void;
  /** Held bytes of one connection are counted by this key. */
  readonly connection: string;
}

export interface IntakeHandler {
  /** Takes a message; never throws, never blocks. */
  message(message: IncomingMessage): void;
  connected(connection: string, description: string): void;
  disconnected(connection: string): void;
}

/** One MQTT intake: the embedded broker, or a client of an outside one. */
export interface Intake {
  /** Stop reading new messages for a while (pressure) and go on again. */
  pause(): void;
  resume(): void;
  readonly state: () => 'embedded' | 'connected' | 'disconnected';
  /** Ends every connection, so that senders repeat what was abandoned. */
  reconnectAll(): void;
  /** Hands a message to whoever has subscribed to its topic; while there is no connection it may be dropped. */
  publish?(topic: string, payload: Uint8Array, options: { qos: 0 | 1; retain: boolean }): void;
  close(): Promise<void>;
}
