// Settings and bounds of the client of an outside broker, each bound with its reason.

export interface ClientOptions {
  /** mqtt://host:1883 or mqtts://host:8883. */
  readonly url: string;
  /** Fixed: the broker keeps our session, and what we have not acknowledged, under it. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly topicFilter?: string;
  readonly sessionExpiryS?: number;
  readonly keepaliveS?: number;
  readonly connectTimeoutMs?: number;
  readonly reconnectMsMin?: number;
  readonly reconnectMsMax?: number;
  readonly receiveMaximum?: number;
  readonly heldBytesMax?: number;
  /** 0 ≤ x < 1; for the jitter of reconnecting. */
  readonly random?: () => number;
  readonly events?: Partial<ClientEvents>;
}

export const clientCounters = [
  'connects',
  /** A connection that was up went down. */
  'disconnects',
  'connectFailures',
  /** The broker did not have our session. At any but the first start ever: what it held for us is lost. */
  'sessionsNew',
  'subscriptionsRefused',
  'messages',
  'messagesRedelivered',
  'acknowledgementsSent',
  /** Their connection was gone: the broker delivers the message again. */
  'acknowledgementsDropped',
  'readingPaused',
] as const;

export type ClientCounter = (typeof clientCounters)[number];

export interface ClientEvents {
  count(counter: ClientCounter, detail: string): void;
}

export const clientDefaults = {
  topicFilter: 'mine/v1/#',
  /** A week: longer than any outage of ours that somebody still wants the readings of. */
  sessionExpiryS: 7 * 86_400,
  keepaliveS: 30,
  connectTimeoutMs: 10_000,
  reconnectMsMin: 250,
  /** Readings are late by this much at most once the broker is back. */
  reconnectMsMax: 10_000,
  /** Unacknowledged messages the broker may send: at 1 ms per commit no limit, at a stall a bound. */
  receiveMaximum: 4_000,
  /** Above this nothing more is read; not every broker keeps to the receive maximum (mosquitto 2.0 does not). */
  heldBytesMax: 64 * 1024 * 1024,
} as const;

/** Larger ones the broker drops; decoding refuses above 1 MiB, so this leaves room to see and say so. */
export const packetBytesMax = 8 * 1024 * 1024;

/** Beside the payload a held message costs its topic and a few objects. */
export const heldOverheadBytes = 256;
