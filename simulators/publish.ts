// Publishes columnar frames over MQTT 3.1.1 with QoS 1 and a session that outlives the connection. Order is kept, also
// over reconnects: after each one all unacknowledged frames are sent again, oldest first, before anything new. At most
// `window` frames are unacknowledged; then `publish` waits, so nothing is dropped and memory stays bounded.

import { connect, type MqttClient } from 'mqtt';
import { formatTopic, type Topic } from '#gateway/protocol/topics.ts';

export interface Frame {
  readonly topic: Topic;
  readonly sequence: number;
  /** Stamp of all readings in the frame, ms. */
  readonly time: number;
  readonly points: readonly string[];
  readonly values: readonly (number | null)[];
}

export interface PublisherOptions {
  readonly url: string;
  readonly clientId: string;
  /** Unacknowledged frames at most: a minute of one source at 1 s, so that a restart of the gateway costs no wait. */
  readonly window?: number;
  readonly onAck?: (frame: Frame) => void;
  /** Each connection made or lost, for a log. */
  readonly onConnection?: (state: 'connected' | 'lost', reason: string) => void;
}

const windowDefault = 64;
const retryMsFirst = 100;
const retryMsMax = 2_000;
const connectTimeoutMs = 5_000;

interface Unacknowledged {
  readonly frame: Frame;
  /** Connection (by number) on which it was last sent; 0 = not yet. */
  sentOn: number;
}

/** Columnar frame v1 (docs/protocol.md). */
export function frameJson(frame: Frame): string {
  return JSON.stringify({
    v: 1,
    seq: frame.sequence,
    t: frame.time,
    p: frame.points,
    d: frame.points.map(() => 0),
    x: frame.values,
    s: frame.points.map(() => 0),
  });
}

export class FramePublisher {
  readonly #options: PublisherOptions;
  readonly #window: number;
  readonly #unacknowledged: Unacknowledged[] = [];
  #waiting: (() => void)[] = [];
  #client: MqttClient | null = null;
  #connection = 0;
  #isConnected = false;
  #isClosed = false;
  #retryMs = retryMsFirst;
  #retry: NodeJS.Timeout | null = null;
  /** Times a frame was sent again after a reconnect. */
  resent = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#window = options.window ?? windowDefault;
    this.#connect();
  }

  get unacknowledged(): number {
    return this.#unacknowledged.length;
  }

  /** Resolves when the frame has its place in the window (not yet: acknowledged), or when the publisher is closed. */
  async publish(frame: Frame): Promise<void> {
    while (this.#unacknowledged.length >= this.#window && !this.#isClosed) await this.#change();
    if (this.#isClosed) return;
    this.#unacknowledged.push({ frame, sentOn: 0 });
    this.#pump();
  }

  /** Resolves when every frame is acknowledged, or when the publisher is closed. */
  async drained(): Promise<void> {
    while (this.#unacknowledged.length > 0 && !this.#isClosed) await this.#change();
  }

  /** Ends at once; whatever is unacknowledged stays so. */
  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#client?.end(true);
    this.#wake();
  }

  #connect(): void {
    if (this.#isClosed) return;
    this.#connection += 1;
    const connection = this.#connection;
    const client = connect(this.#options.url, {
      protocolVersion: 4,
      clean: false,
      clientId: this.#options.clientId,
      reconnectPeriod: 0,
      connectTimeout: connectTimeoutMs,
      keepalive: 10,
    });
    this.#client = client;
    let reason = 'closed';
    client.on('connect', () => {
      if (connection !== this.#connection) return;
      this.#isConnected = true;
      this.#retryMs = retryMsFirst;
      this.#options.onConnection?.('connected', ''); // not the URL: it may hold a password
      this.#pump();
    });
    client.on('error', (error) => {
      reason = error.message;
    });
    client.on('close', () => this.#lost(connection, reason));
  }

  #lost(connection: number, reason: string): void {
    if (connection !== this.#connection || this.#isClosed) return;
    if (this.#isConnected) this.#options.onConnection?.('lost', reason);
    this.#isConnected = false;
    this.#client?.end(true);
    this.#client = null;
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, retryMsMax);
  }

  /** Sends what this connection has not sent yet, in order. The list is bounded by the window. */
  #pump(): void {
    if (!this.#isConnected || this.#client === null) return;
    for (const entry of this.#unacknowledged) {
      if (entry.sentOn === this.#connection) continue;
      const dup = entry.sentOn !== 0;
      if (dup) this.resent += 1;
      entry.sentOn = this.#connection;
      this.#send(this.#client, entry, dup);
    }
  }

  #send(client: MqttClient, entry: Unacknowledged, dup: boolean): void {
    const connection = this.#connection;
    client.publish(formatTopic(entry.frame.topic), frameJson(entry.frame), { qos: 1, dup }, (error) => {
      if (error !== undefined && error !== null) return; // the connection is lost: sent again on the next
      const index = this.#unacknowledged.indexOf(entry);
      if (index < 0 || connection !== this.#connection) return;
      this.#unacknowledged.splice(index, 1);
      this.#options.onAck?.(entry.frame);
      this.#wake();
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
