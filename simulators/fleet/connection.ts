// One MQTT 3.1.1 connection by hand, QoS 1 only: cheap enough that the machine is left to the gateway. Packets stay in
// order; after a broken connection all unacknowledged ones are sent again, oldest first, with DUP set, before anything
// new. What is unacknowledged is bounded by who sends: it asks `mayTake`.

import { connect, type Socket } from 'node:net';

const retryMsFirst = 20;
const retryMsMax = 1_000;
const packetIds = 65_535;
/** What the socket has not taken yet: above it the sender waits. */
const socketBytesMax = 1024 * 1024;
const dupBit = 0x08;

export interface Sent {
  readonly packet: Buffer;
  readonly id: number;
  /** When it first went to the socket; NaN: not yet. */
  sentAtMs: number;
  readonly onAcknowledged: (tookMs: number) => void;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  /** Unacknowledged packets at most. */
  readonly window: number;
  /** What the other side must not do: nothing after it is to be trusted. */
  readonly onBroken: (error: Error) => void;
}

export class Connection {
  /** Packets that went out once more after a reconnect. */
  resent = 0;
  connects = 0;
  private readonly options: ConnectionOptions;
  private readonly unacknowledged: Sent[] = [];
  private socket: Socket | null = null;
  private isOpen = false;
  private isClosed = false;
  private nextId = 1;
  private retryMs = retryMsFirst;
  private rest: Buffer = Buffer.alloc(0);
  private retry: NodeJS.Timeout | null = null;
  private tellOpen: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => (this.tellOpen = resolve));

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.connect();
  }

  get waiting(): number {
    return this.unacknowledged.length;
  }

  get mayTake(): boolean {
    const held = this.isOpen ? (this.socket?.writableLength ?? 0) : 0;
    return this.unacknowledged.length < this.options.window && held < socketBytesMax;
  }

  /** `isTwice`: the same packet follows at once with DUP set; each of the two is acknowledged. */
  send(topic: Buffer, payload: Buffer, onAcknowledged: (tookMs: number) => void, isTwice = false): void {
    const id = this.nextId;
    this.nextId = (id % packetIds) + 1;
    const packet = publishPacket(topic, payload, id);
    this.write({ packet, id, sentAtMs: NaN, onAcknowledged });
    if (!isTwice) return;
    const again = Buffer.from(packet);
    again[0]! |= dupBit;
    this.write({ packet: again, id, sentAtMs: NaN, onAcknowledged: () => {} });
  }

  close(): void {
    this.isClosed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    if (this.isOpen) this.socket?.end(Buffer.from([0xe0, 0])); // DISCONNECT
    else this.socket?.destroy();
  }

  private write(sent: Sent): void {
    this.unacknowledged.push(sent);
    if (!this.isOpen) return;
    sent.sentAtMs = performance.now();
    this.socket?.write(sent.packet);
  }

  private connect(): void {
    if (this.isClosed) return;
    const { host, port, clientId } = this.options;
    const socket = connect({ host, port, noDelay: true });
    this.socket = socket;
    this.rest = Buffer.alloc(0);
    socket.on('connect', () => socket.write(connectPacket(clientId)));
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.lost());
  }

  private lost(): void {
    this.isOpen = false;
    if (this.isClosed) return;
    this.retry = setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, retryMsMax);
  }

  private take(data: Buffer): void {
    const bytes = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let at = 0;
    // CONNACK and PUBACK are four bytes each, and nothing else comes: we subscribe to nothing and ping nobody.
    for (; at + 4 <= bytes.length; at += 4) {
      const type = bytes[at]! >> 4;
      if (type === 2) this.open(bytes[at + 3]!);
      else if (type === 4) this.acknowledged(bytes.readUInt16BE(at + 2));
      else this.broken(`an MQTT packet of type ${type} was not expected`);
      if (this.isClosed) return;
    }
    this.rest = bytes.subarray(at);
  }

  private open(code: number): void {
    if (code !== 0) return this.broken(`the connection was refused with code ${code}`);
    this.isOpen = true;
    this.connects += 1;
    this.retryMs = retryMsFirst;
    const now = performance.now();
    for (const sent of this.unacknowledged) {
      if (Number.isNaN(sent.sentAtMs)) {
        sent.sentAtMs = now;
      } else {
        sent.packet[0]! |= dupBit;
        this.resent += 1;
      }
      this.socket?.write(sent.packet);
    }
    this.tellOpen();
  }

  private acknowledged(id: number): void {
    const first = this.unacknowledged.shift();
    if (first?.id !== id) return this.broken(`PUBACK ${id} is out of turn (${first?.id ?? 'none'})`);
    first.onAcknowledged(performance.now() - first.sentAtMs);
  }

  private broken(why: string): void {
    this.close();
    this.options.onBroken(new Error(`${this.options.clientId}: ${why}`));
  }
}

/** A clean session: what is unacknowledged is kept here. Keep-alive 0: a station that sends nothing is no fault. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const head = Buffer.from([0x10, 12 + id.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, id.length]);
  return Buffer.concat([head, id]);
}

function publishPacket(topic: Buffer, payload: Buffer, id: number): Buffer {
  const length = 2 + topic.length + 2 + payload.length;
  const lengthBytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  const packet = Buffer.allocUnsafe(1 + lengthBytes + length);
  packet[0] = 0x32;
  let rest = length;
  for (let place = 1; place <= lengthBytes; place += 1) {
    packet[place] = (rest & 0x7f) | (place < lengthBytes ? 0x80 : 0);
    rest >>>= 7;
  }
  let at = packet.writeUInt16BE(topic.length, 1 + lengthBytes);
  at += topic.copy(packet, at);
  at = packet.writeUInt16BE(id, at);
  payload.copy(packet, at);
  return packet;
}
