// One TCP connection of the embedded broker: hands its bytes to aedes at our pace and counts what it holds.
// aedes asks by `read` and takes whole runs of packets; answering null stops the reading, and TCP slows the sender.
// aedes' own flow control is not used: it stops reading (pings too) while publishes wait for the disk, and completions
// that arrive while it is paused are lost to its bookkeeping.

import type { Socket } from 'node:net';
import { OrderedAcknowledgements } from '../ordered-acknowledgements.ts';
import { type FramingFault, PacketFramer, type PartialBudget } from './framing.ts';
import type { BrokerLimits } from './limits.ts';

export interface Identity {
  /** May publish only under this mine (and source); absent: any. */
  readonly mine?: string;
  readonly source?: string;
}

export interface ConnectionOwner {
  readonly limits: BrokerLimits;
  readonly partials: PartialBudget;
  /** All connections are to stand still. */
  readonly isStopped: () => boolean;
  readonly heldChanged: (bytes: number) => void;
  readonly acknowledged: (connection: BrokerConnection, wasSent: boolean) => void;
  readonly paused: (connection: BrokerConnection) => void;
  readonly faulted: (connection: BrokerConnection, fault: FramingFault) => void;
}

/** What we lean on inside aedes 1.2.0: packets it has not finished; it reads on only when they are none. */
export interface AedesBookkeeping {
  _parsingBatch: number;
}

/** A first byte other than CONNECT's is no MQTT. */
const connectHeader = 0x10;

export class BrokerConnection {
  readonly key: string;
  readonly socket: Socket;
  readonly acknowledgements: OrderedAcknowledgements;
  clientId = '';
  identity: Identity | null = null;
  /** 0 = the client asked for none. */
  keepaliveMs = 0;
  lastReadAt: number;
  /** After CONNACK. */
  isReady = false;
  heldBytes = 0;
  heldMessages = 0;
  private readonly owner: ConnectionOwner;
  private readonly framer: PacketFramer;
  private readonly readSocket: () => Buffer | null;
  private isPaused = false;
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
    const readSize = socket.read.bind(socket) as (size?: number) => Buffer | null;
    this.readSocket = () => readAll(readSize);
    // Node itself calls `read(0)` to fill its buffer.
    socket.read = (size?: number | null) => (typeof size === 'number' ? readSize(size) : this.read());
    // Before aedes' own listener: it shall always ask, and is answered by our bounds.
    socket.on('readable', () => {
      if (this.bookkeeping !== null) this.bookkeeping._parsingBatch = 0;
    });
    socket.on('drain', () => {
      this.wake();
    });
    this.acknowledgements = new OrderedAcknowledgements((bytes, wasSent) => {
      this.release(bytes, wasSent);
    });
  }

  /** Too much of this connection is unacknowledged, or everything stands still: its silence is our doing. */
  get isWaiting(): boolean {
    return this.isPaused || this.owner.isStopped() || this.socket.writableNeedDrain;
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

  dispose(): void {
    this.acknowledgements.drop();
    this.framer.release();
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
      return run;
    }
    return null;
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
