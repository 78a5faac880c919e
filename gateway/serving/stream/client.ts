// One connected screen: its socket, who sits there, and the promise under pressure. Events and alarms are never left
// out: a screen that cannot take them is closed and resumes by sequence. Values are left out while the socket is
// behind, and then sent whole once it has caught up.

import type { RawData, WebSocket } from 'ws';
import type { RoleName } from '#alarms/log/event.ts';
import type { StreamMessage, StreamRequest } from '../../protocol/stream.ts';
import type { Scope } from '../scope.ts';

export interface StreamViewer {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly RoleName[];
}

export interface StreamBounds {
  /** More than this waiting in the socket: no values. A second of values of a mine is some 100 kB. */
  readonly valuesBytes: number;
  /** More than this: closed with SLOW_CONSUMER. Several snapshots; far above any burst of alarms. */
  readonly closeBytes: number;
}

export const streamBounds: StreamBounds = { valuesBytes: 512 * 1024, closeBytes: 16 * 1024 * 1024 };

type ClosingCode = Extract<StreamMessage, { type: 'closing' }>['code'];

const closeCodes: Readonly<Record<ClosingCode, number>> = {
  SESSION_ENDED: 4001,
  SLOW_CONSUMER: 4008,
  SHUTTING_DOWN: 1001,
};

/** A frozen screen never answers the closing handshake. */
const closeGraceMs = 5_000;
/** Between two heartbeats; a screen says hello once and `painted` at most once a frame. */
const requestsMax = 2_000;

export type Sent = 'sent' | 'closed' | 'tooSlow';

export class StreamClient {
  readonly socket: WebSocket;
  readonly viewer: StreamViewer;
  readonly sessionKey: string;
  readonly scope: Scope;
  /** False until its first snapshot or resume: nothing else is sent before. */
  isSubscribed = false;
  /** Values were left out: the next ones are sent whole. */
  needsAllValues = false;
  private readonly bounds: StreamBounds;
  private isAlive = true;
  private isClosing = false;
  private requests = 0;

  constructor(
    socket: WebSocket,
    viewer: StreamViewer,
    sessionKey: string,
    scope: Scope,
    bounds: StreamBounds = streamBounds,
  ) {
    this.socket = socket;
    this.viewer = viewer;
    this.sessionKey = sessionKey;
    this.scope = scope;
    this.bounds = bounds;
    socket.on('pong', () => {
      this.isAlive = true;
    });
  }

  get mayTakeValues(): boolean {
    return !this.isClosing && this.socket.bufferedAmount <= this.bounds.valuesBytes;
  }

  send(text: string): Sent {
    if (this.isClosing || this.socket.readyState !== this.socket.OPEN) return 'closed';
    if (this.socket.bufferedAmount > this.bounds.closeBytes) {
      this.close('SLOW_CONSUMER');
      return 'tooSlow';
    }
    this.socket.send(text);
    return 'sent';
  }

  close(code: ClosingCode): void {
    if (this.isClosing) return;
    this.isClosing = true;
    const message: StreamMessage = { type: 'closing', code };
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
    this.socket.close(closeCodes[code], code);
    setTimeout(() => this.socket.terminate(), closeGraceMs).unref();
  }

  /** False: no answer to the last ping; the socket is ended. */
  beat(): boolean {
    this.requests = 0;
    if (!this.isAlive) {
      this.socket.terminate();
      return false;
    }
    this.isAlive = false;
    this.socket.ping();
    return true;
  }

  /** Null for what is not of the contract, or too much of it. */
  parse(data: RawData): StreamRequest | null {
    this.requests += 1;
    if (this.requests > requestsMax) return null;
    return parseRequest(data);
  }
}

function parseRequest(data: RawData): StreamRequest | null {
  let message: unknown;
  try {
    message = JSON.parse(textOf(data));
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  if (message.type === 'painted') return painted(message);
  return message.type === 'hello' ? hello(message) : null;
}

function hello(message: object): StreamRequest | null {
  const epoch = 'epoch' in message ? message.epoch : undefined;
  const lastSeq = 'lastSeq' in message ? message.lastSeq : undefined;
  if (epoch === undefined || lastSeq === undefined) return { type: 'hello' };
  return typeof epoch === 'string' && isSequence(lastSeq) ? { type: 'hello', epoch, lastSeq } : null;
}

function painted(message: object): StreamRequest | null {
  return 'seq' in message && isSequence(message.seq) ? { type: 'painted', seq: message.seq } : null;
}

function isSequence(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
