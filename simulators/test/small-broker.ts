// A broker of a few lines for tests of the publisher: speaks just enough MQTT 3.1.1 over real TCP to take QoS 1
// publishes, and does to the connection what the test says (withhold PUBACK, cut). Not the gateway's broker.

import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface TakenPublish {
  readonly connection: number;
  readonly topic: string;
  readonly payload: Record<string, unknown>;
  readonly dup: boolean;
}

export class SmallBroker {
  readonly taken: TakenPublish[] = [];
  readonly connects: { readonly clientId: string; readonly clean: boolean; readonly level: number }[] = [];
  /** Called for each publish; true = acknowledge it. */
  acknowledges: (publish: TakenPublish, broker: SmallBroker) => boolean = () => true;
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<() => void>();
  readonly #server: Server;
  /** Also after the server has ended, for the next one on the same port. */
  port = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(port = 0): Promise<SmallBroker> {
    const server = createServer();
    const broker = new SmallBroker(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    broker.port = (server.address() as AddressInfo).port;
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resolves when the condition holds after some packet; rejects after a deadline. */
  until(what: string, condition: () => boolean, deadlineMs = 20_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (finish: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        finish();
      };
      const look = () => condition() && done(resolve);
      const timer = setTimeout(() => done(() => reject(new Error(`never: ${what}`))), deadlineMs);
      this.#watchers.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const connection = this.connects.length + 1;
    let buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      buffer = Buffer.concat([buffer, bytes]);
      for (let size = packetSize(buffer); size !== null; size = packetSize(buffer)) {
        this.#take(socket, connection, buffer.subarray(0, size));
        buffer = buffer.subarray(size);
      }
      for (const look of this.#watchers) look();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #take(socket: Socket, connection: number, packet: Buffer): void {
    const kind = (packet[0] ?? 0) >> 4;
    let at = 1;
    while ((packet[at] ?? 0) >= 128) at += 1;
    const body = packet.subarray(at + 1);
    if (kind === 1) {
      const idLength = body.readUInt16BE(10);
      const clientId = body.toString('utf8', 12, 12 + idLength);
      this.connects.push({ clientId, clean: ((body[7] ?? 0) & 2) !== 0, level: body[6] ?? 0 });
      socket.write(Buffer.from([0x20, 2, 0, 0]));
    }
    if (kind === 12) socket.write(Buffer.from([0xd0, 0]));
    if (kind !== 3) return;
    const topicLength = body.readUInt16BE(0);
    const publish = {
      connection,
      topic: body.toString('utf8', 2, 2 + topicLength),
      payload: JSON.parse(body.toString('utf8', topicLength + 4)) as Record<string, unknown>,
      dup: ((packet[0] ?? 0) & 8) !== 0,
    };
    this.taken.push(publish);
    const id = body.subarray(2 + topicLength, 4 + topicLength);
    if (this.acknowledges(publish, this)) socket.write(Buffer.concat([Buffer.from([0x40, 2]), id]));
  }
}

/** Length of the first whole packet in the buffer, or null. */
function packetSize(buffer: Buffer): number | null {
  let length = 0;
  for (let at = 1; at < Math.min(5, buffer.length); at += 1) {
    const digit = buffer[at] ?? 0;
    length += (digit & 127) * 128 ** (at - 1);
    if (digit < 128) return buffer.length >= at + 1 + length ? at + 1 + length : null;
  }
  return null;
}
