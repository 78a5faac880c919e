// One TCP connection of the embedded broker: takes its publishes itself, hands all else to aedes, both at our pace, and
// counts what it holds.
// aedes asks by `read` and takes whole runs of packets; answering null stops the reading, and TCP slows the sender.
// aedes' own flow control is not used: it stops reading (pings too) while publishes wait for the disk, and completions
// that arrive while it is paused are lost to its bookkeeping.

import type { Socket } from 'node:net';
import { OrderedAcknowledgements } from '../ordered-acknowledgements.ts';
import type { Identity } from './access.ts';
import { type FramingFault, PacketFramer, packetSize, type PartialBudget } from '../mqtt-wire/framing.ts';
import type { BrokerLimits } from './limits.ts';
import { type PublishPacket, PublishReader, pubacks } from '../mqtt-wire/publish-packet.ts';
import { SourceRate } from './source-rate.ts';

export interface ConnectionOwner {
  readonly limits: BrokerLimits;
  readonly partials: PartialBudget;
  /** All connections are to stand still. */
  readonly isStopped: () => boolean;
  readonly heldChanged: (bytes: number) => void;
  readonly acknowledged: (connection: BrokerConnection, wasSent: boolean) => void;
  readonly paused: (connection: BrokerConnection) => void;
  /** It has sent more than a source may, and is not read for a while. */
  readonly slowed: (connection: BrokerConnection, ms: number) => void;
  readonly faulted: (connection: BrokerConnection, fault: FramingFault) => void;
  readonly published: (connection: BrokerConnection, packet: PublishPacket) => void;
  /** It does not read what we write. */
  readonly stuck: (connection: BrokerConnection) => void;
}

/** What we lean on inside aedes 1.2.0: packets it has not finished; it reads on only when they are none. */
export interface AedesBookkeeping {
  _parsingBatch: number;
}

/** A first byte other than CONNECT's is no MQTT. */
const connectHeader = 0x10;
const disconnectType = 14;
/** Of what was dropped, so many topics are counted by name until the next second tells them. */
const droppedTopicsMax = 64;

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
}

export class BrokerConnection {
  readonly key: string;
  readonly socket: Socket;
  readonly acknowledgements: OrderedAcknowledgements;
  clientId = '';
  identity: Identity | null = null;
  /** Kept here: a closed socket no longer says it. */
  readonly address: string;
  /** Its own until it has a name; then that of the source, with all its connections. */
  rate: SourceRate;
  /** To be handed over when it goes without a DISCONNECT. */
  will: Will | null = null;
  subscriptions = 0;
  /** 0 = the client asked for none. */
  keepaliveMs = 0;
  lastReadAt: number;
  /** After CONNACK. */
  isReady = false;
  heldBytes = 0;
  heldMessages = 0;
  private readonly owner: ConnectionOwner;
  private readonly framer: PacketFramer;
  private readonly publishes = new PublishReader();
  private unsentPubacks: number[] = [];
  private drainTimer: NodeJS.Timeout | null = null;
  private readonly readSocket: () => Buffer | null;
  private isPaused = false;
  private slowTimer: NodeJS.Timeout | null = null;
  private dropped = new Map<string, number>();
  private hasReadAny = false;
  private hasGivenConnect = false;
  /** One run of packets per turn of the event loop while there are more, so that a flood leaves room for others. */
  private hasTurn = true;
  private bookkeeping: AedesBookkeeping | null = null;

  constructor(key: string, socket: Socket, owner: ConnectionOwner) {
    this.key = key;
    this.socket = socket;
    this.owner = owner;
    this.framer = new PacketFramer(owner.partials);
    this.lastReadAt = performance.now();
    this.address = socket.remoteAddress ?? '';
    this.rate = new SourceRate(owner.limits, this.lastReadAt);
    const readSize = socket.read.bind(socket) as (size?: number) => Buffer | null;
    this.readSocket = () => readAll(readSize);
    // Node itself calls `read(0)` to fill its buffer.
    socket.read = (size?: number | null) => (typeof size === 'number' ? readSize(size) : this.read());
    // Before aedes' own listener: it shall always ask, and is answered by our bounds.
    socket.on('readable', () => {
      if (this.bookkeeping !== null) this.bookkeeping._parsingBatch = 0;
    });
    socket.on('drain', () => {
      if (this.drainTimer !== null) clearTimeout(this.drainTimer);
      this.drainTimer = null;
      this.wake();
    });
    this.acknowledgements = new OrderedAcknowledgements((bytes, wasSent) => {
      this.release(bytes, wasSent);
    });
  }

  /** Too much of it is unacknowledged, it sends too fast, or everything stands still: its silence is our doing. */
  get isWaiting(): boolean {
    const { isPaused, slowTimer, socket, owner } = this;
    return isPaused || slowTimer !== null || owner.isStopped() || socket.writableNeedDrain;
  }

  attach(bookkeeping: AedesBookkeeping): void {
    this.bookkeeping = bookkeeping;
  }

  hold(bytes: number): void {
    this.heldBytes += bytes;
    this.heldMessages += 1;
    this.owner.heldChanged(bytes);
    const { heldBytesPerConnectionMax, heldMessagesPerConnectionMax } = this.owner.limits;
    if (this.isPaused) return;
    if (this.heldBytes <= heldBytesPerConnectionMax && this.heldMessages < heldMessagesPerConnectionMax)
      return;
    this.isPaused = true;
    this.owner.paused(this);
  }

  /** Lets aedes ask again. */
  wake(): void {
    if (this.isWaiting) return;
    this.lastReadAt = performance.now();
    if (!this.socket.destroyed) this.socket.emit('readable');
  }

  /** Those of one batch leave in one write. */
  puback(messageId: number): void {
    this.unsentPubacks.push(messageId);
    if (this.unsentPubacks.length === 1) process.nextTick(() => this.sendPubacks());
  }

  /** A message at QoS 0 that its source had no budget for. */
  drop(topic: string): void {
    const known = this.dropped.get(topic);
    const name = known === undefined && this.dropped.size >= droppedTopicsMax ? '' : topic;
    this.dropped.set(name, (this.dropped.get(name) ?? 0) + 1);
  }

  /** Dropped since the last call, by topic. */
  takeDropped(): ReadonlyMap<string, number> {
    const { dropped } = this;
    if (dropped.size > 0) this.dropped = new Map();
    return dropped;
  }

  dispose(): void {
    if (this.drainTimer !== null) clearTimeout(this.drainTimer);
    if (this.slowTimer !== null) clearTimeout(this.slowTimer);
    this.slowTimer = null;
    this.acknowledgements.drop();
    this.framer.release();
  }

  private sendPubacks(): void {
    const ids = this.unsentPubacks;
    this.unsentPubacks = [];
    if (!this.socket.writable || this.socket.write(pubacks(ids))) return;
    this.drainTimer ??= setTimeout(() => this.owner.stuck(this), this.owner.limits.drainTimeoutMs);
  }

  private release(bytes: number, wasSent: boolean): void {
    this.heldBytes -= bytes;
    this.heldMessages -= 1;
    this.owner.heldChanged(-bytes);
    this.owner.acknowledged(this, wasSent);
    const { heldBytesPerConnectionMax, heldMessagesPerConnectionMax } = this.owner.limits;
    if (!this.isPaused) return;
    if (this.heldBytes > heldBytesPerConnectionMax / 2) return;
    if (this.heldMessages > heldMessagesPerConnectionMax / 2) return;
    this.isPaused = false;
    // Not at once: we are inside a flush of acknowledgements.
    setImmediate(() => {
      this.wake();
    });
  }

  /** What stands for `socket.read()`: whole packets, or null while there are none or none are wanted. */
  private read(): Buffer | null {
    if (!this.hasTurn || (this.isReady ? this.isWaiting : this.hasGivenConnect)) return null;
    for (let received = this.readSocket(); received !== null; received = this.readSocket()) {
      this.lastReadAt = performance.now();
      if (!this.hasReadAny && received[0] !== connectHeader) this.framer.fault = 'malformed';
      this.hasReadAny = true;
      this.framer.push(received);
      const run = this.framer.take(this.bounds());
      if (this.framer.fault !== null) {
        this.owner.faulted(this, this.framer.fault);
        return null;
      }
      if (run === null) continue;
      this.hasGivenConnect = true;
      // Back into the socket's buffer, or the end of the stream would come before its last packets.
      const rest = this.framer.takeRest();
      if (rest.length > 0) this.giveBack(rest);
      const others = this.isReady ? this.takePublishes(run) : run;
      if (others !== null) return others;
      if (rest.length > 0 || this.slowTimer !== null) return null;
    }
    return null;
  }

  /** Hands the publishes of `run` over, in order; what is left for aedes, or null. */
  private takePublishes(run: Buffer): Buffer | null {
    const others: Buffer[] = [];
    this.rate.refill(this.lastReadAt);
    for (let at = 0; at < run.length;) {
      const end = at + packetSize(run, at, run.length);
      const packet = this.publishes.read(run, at, end);
      if (packet !== null) this.owner.published(this, packet);
      else {
        // It goes of its own will: there is nothing to be told of its death.
        if (run[at]! >> 4 === disconnectType) this.will = null;
        others.push(run.subarray(at, end));
      }
      at = end;
    }
    this.slow(this.rate.waitMs);
    if (others.length < 2) return others[0] ?? null;
    return Buffer.concat(others);
  }

  /** It alone waits, and its acknowledgements with it; TCP tells the sender. */
  private slow(ms: number): void {
    if (ms < 1 || this.slowTimer !== null || this.socket.destroyed) return;
    this.owner.slowed(this, ms);
    this.slowTimer = setTimeout(() => {
      this.slowTimer = null;
      this.wake();
    }, Math.ceil(ms));
  }

  private giveBack(rest: Buffer): void {
    this.hasTurn = false;
    this.socket.unshift(rest);
    setImmediate(() => {
      this.hasTurn = true;
      this.wake();
    });
  }

  /** Before CONNACK one packet: what a client sends behind its CONNECT waits here, not in aedes' queue. */
  private bounds() {
    const { limits } = this.owner;
    if (this.isReady) return limits;
    return { ...limits, packetBytesMax: limits.connectBytesMax, packetsPerReadMax: 1 };
  }
}

/** Node 26 gives one buffer per `read()`; aedes expects all there is (a 24 does so, and loses nothing by this). */
function readAll(readOne: () => Buffer | null): Buffer | null {
  const first = readOne();
  if (first === null) return null;
  let next = readOne();
  if (next === null) return first;
  const all = [first];
  for (; next !== null; next = readOne()) all.push(next);
  return Buffer.concat(all);
}
