// A TCP proxy that is a bad network: cuts, delays, freezes, limits, each direction for itself. Knows nothing of what it
// carries. `up` is from who connects to the target. Memory is bounded: connections, and bytes held for each.

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomSequence } from '../random.ts';
import { realClock, type Clock } from './clock.ts';
import { Pipe, type DirectionCounts, type DirectionSettings } from './pipe.ts';

export type Direction = 'up' | 'down';
export type Directions = Direction | 'both';
export type CutKind = 'reset' | 'fin';

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  readonly seed?: number;
  readonly clock?: Clock;
}

export interface ProxyCounts {
  readonly up: Readonly<DirectionCounts>;
  readonly down: Readonly<DirectionCounts>;
  readonly accepted: number;
  readonly cut: number;
  /** Connections over the bound, closed at once. */
  readonly refused: number;
}

/** As many as the gateway's own broker takes, twice. */
const connectionsMax = 1_024;
/** A side that does not answer a FIN is closed after this. */
const finGraceMs = 5_000;

export class FaultProxy {
  port = 0;
  private readonly options: ProxyOptions;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly server: Server;
  private readonly links = new Set<Link>();
  private readonly settings: Record<Direction, DirectionSettings> = { up: open(), down: open() };
  private readonly tallies = { up: tally(), down: tally(), accepted: 0, cut: 0, refused: 0 };

  private constructor(options: ProxyOptions) {
    this.options = options;
    this.clock = options.clock ?? realClock;
    this.random = randomSequence(options.seed ?? 1);
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
  }

  static async listen(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject);
      proxy.server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
    });
    proxy.port = (proxy.server.address() as AddressInfo).port;
    return proxy;
  }

  get connections(): number {
    return this.links.size;
  }

  get counts(): ProxyCounts {
    return structuredClone(this.tallies);
  }

  /** Ends every connection that there is, towards both sides; what is held is lost. Gives how many. */
  cut(kind: CutKind): number {
    const links = [...this.links];
    for (const link of links) link.cut(kind);
    this.tallies.cut += links.length;
    return links.length;
  }

  /** Takes and holds up to the bound, forwards nothing; new connections are accepted. */
  freeze(directions: Directions = 'both'): void {
    this.set(directions, { isFrozen: true });
  }

  thaw(directions: Directions = 'both'): void {
    this.set(directions, { isFrozen: false });
  }

  delay(directions: Directions, delayMs: number, jitterMs = 0): void {
    this.set(directions, { delayMs, jitterMs });
  }

  limit(directions: Directions, bytesPerSecond: number | null): void {
    this.set(directions, { bytesPerSecond });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const link of this.links) link.cut('reset');
    await closed;
  }

  private set(directions: Directions, changes: Partial<DirectionSettings>): void {
    for (const direction of directions === 'both' ? (['up', 'down'] as const) : [directions])
      Object.assign(this.settings[direction], changes);
    for (const link of this.links) link.pump();
  }

  private accept(client: Socket): void {
    if (this.links.size >= connectionsMax) {
      this.tallies.refused += 1;
      client.on('error', () => {});
      client.destroy();
      return;
    }
    this.tallies.accepted += 1;
    const { host, port } = this.options.target;
    const target = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const { settings, tallies, clock, random } = this;
    const link = new Link(
      client,
      target,
      {
        up: new Pipe(client, target, settings.up, tallies.up, clock, random),
        down: new Pipe(target, client, settings.down, tallies.down, clock, random),
      },
      clock,
      () => this.links.delete(link),
    );
    this.links.add(link);
  }
}

/** Two sockets that share their fate. */
class Link {
  private readonly sockets: readonly [Socket, Socket];
  private readonly pipes: Readonly<Record<Direction, Pipe>>;
  private readonly clock: Clock;
  private isCut = false;
  private endGrace: () => void = () => {};

  constructor(
    client: Socket,
    target: Socket,
    pipes: Readonly<Record<Direction, Pipe>>,
    clock: Clock,
    onGone: () => void,
  ) {
    this.sockets = [client, target];
    this.pipes = pipes;
    this.clock = clock;
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      // A reset passes as a reset, a target that is not there too.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        if (!client.destroyed || !target.destroyed) return;
        this.endGrace();
        pipes.up.close();
        pipes.down.close();
        onGone();
      });
    }
  }

  pump(): void {
    this.pipes.up.pump();
    this.pipes.down.pump();
  }

  cut(kind: CutKind): void {
    if (this.isCut && kind === 'fin') return;
    this.isCut = true;
    this.pipes.up.close();
    this.pipes.down.close();
    if (kind === 'reset') {
      for (const socket of this.sockets) socket.resetAndDestroy();
      return;
    }
    for (const socket of this.sockets) socket.end();
    this.endGrace = this.clock.after(finGraceMs, () => {
      for (const socket of this.sockets) socket.destroy();
    });
  }
}

function open(): DirectionSettings {
  return { delayMs: 0, jitterMs: 0, bytesPerSecond: null, isFrozen: false };
}

function tally(): DirectionCounts {
  return { taken: 0, forwarded: 0, stops: 0 };
}
