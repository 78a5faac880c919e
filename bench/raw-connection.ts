// One MQTT 3.1.1 connection by hand, QoS 1 only: cheap enough that the sender leaves the machine to the gateway. Frames
// stay in order; after a broken connection all unacknowledged ones are sent again, oldest first.

import { connect, type Socket } from 'node:net';

const retryMs = 20;
const packetIds = 65_535;

interface Sent {
  readonly id: number;
  readonly topic: Buffer;
  readonly payload: Buffer;
  readonly readings: number;
}

export class RawConnection {
  acknowledgedFrames = 0;
  acknowledgedReadings = 0;
  resent = 0;
  private readonly port: number;
  private readonly clientId: string;
  private readonly unacknowledged: Sent[] = [];
  private socket: Socket | null = null;
  private isOpen = false;
  private isClosed = false;
  private nextId = 1;
  private rest: Buffer = Buffer.alloc(0);
  private tellOpen: () => void = () => {};
  readonly opened = new Promise<void>((resolve) => (this.tellOpen = resolve));

  constructor(port: number, clientId: string) {
    this.port = port;
    this.clientId = clientId;
    this.connect();
  }

  get waiting(): number {
    return this.unacknowledged.length;
  }

  send(topic: Buffer, payload: Buffer, readings: number): void {
    const sent = { id: this.nextId, topic, payload, readings };
    this.nextId = (this.nextId % packetIds) + 1;
    this.unacknowledged.push(sent);
    if (this.isOpen) this.socket?.write(publishPacket(sent, false));
  }

  close(): void {
    this.isClosed = true;
    this.socket?.destroy();
  }

  private connect(): void {
    if (this.isClosed) return;
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    this.rest = Buffer.alloc(0);
    socket.on('connect', () => socket.write(connectPacket(this.clientId)));
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isOpen = false;
      if (!this.isClosed) setTimeout(() => this.connect(), retryMs);
    });
  }

  private take(data: Buffer): void {
    const bytes = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let at = 0;
    // CONNACK and PUBACK are four bytes each, and nothing else comes.
    for (; at + 4 <= bytes.length; at += 4) {
      const type = bytes[at]! >> 4;
      if (type === 2) this.open();
      else if (type === 4) this.acknowledged(bytes.readUInt16BE(at + 2));
      else throw new Error(`an MQTT packet of type ${type} was not expected`);
    }
    this.rest = bytes.subarray(at);
  }

  private open(): void {
    this.isOpen = true;
    this.tellOpen();
    for (const sent of this.unacknowledged) this.socket?.write(publishPacket(sent, true));
    this.resent += this.unacknowledged.length;
  }

  private acknowledged(id: number): void {
    const first = this.unacknowledged.shift();
    if (first?.id !== id) throw new Error(`PUBACK ${id} is out of turn (${first?.id})`);
    this.acknowledgedFrames += 1;
    this.acknowledgedReadings += first.readings;
  }
}

function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const head = Buffer.from([0x10, 12 + id.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, id.length]);
  return Buffer.concat([head, id]);
}

function publishPacket({ id, topic, payload }: Sent, isAgain: boolean): Buffer {
  const length = 2 + topic.length + 2 + payload.length;
  const size: number[] = [];
  for (let rest = length; ;) {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    size.push(rest > 0 ? byte | 0x80 : byte);
    if (rest === 0) break;
  }
  const packet = Buffer.allocUnsafe(1 + size.length + length);
  packet[0] = isAgain ? 0x3a : 0x32;
  packet.set(size, 1);
  let at = packet.writeUInt16BE(topic.length, 1 + size.length);
  at += topic.copy(packet, at);
  at = packet.writeUInt16BE(id, at);
  payload.copy(packet, at);
  return packet;
}
