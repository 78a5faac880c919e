// The proxy on real sockets, with a clock that the tests move: what is delayed comes when its time has come and not
// before, in order; what is frozen stays, and presses back; what is cut ends as it was told to. The proxy's counters say
// what it has taken, so that "nothing came" is a fact and not a hope.

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '../test/manual-clock.ts';
import { until } from '../test/until.ts';
import { heldBytesMax } from './pipe.ts';
import { FaultProxy, type ProxyOptions } from './proxy.ts';

/** One end, with everything it has received and how it ended. */
class End {
  readonly socket: Socket;
  private readonly pieces: Buffer[] = [];
  bytes = 0;
  hasEnded = false;
  error: string | null = null;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece) => {
      this.pieces.push(piece);
      this.bytes += piece.length;
    });
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code ?? error.message));
  }

  get received(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function network(options: Partial<ProxyOptions> = {}) {
  const clock = new ManualClock();
  const ends: End[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => ends.push(new End(socket)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const proxy = await FaultProxy.listen({ target, clock, ...options });
  open.push(
    () => server.close(),
    () => ends.forEach(({ socket }) => socket.destroy()),
    () => proxy.close(),
  );
  const client = async () => {
    const before = ends.length;
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    open.push(() => socket.destroy());
    const end = new End(socket);
    await until('the target is connected', () => ends.length > before);
    return { near: end, far: ends[before]! };
  };
  return { proxy, clock, client };
}

const taken = (proxy: FaultProxy, bytes: number) =>
  until('the proxy has taken it', () => proxy.counts.up.taken === bytes);
const has = (end: End, text: string) => until(`${text} has come`, () => end.received.toString() === text);

test('without faults bytes and ends pass both ways, in order', async () => {
  const { proxy, client } = await network();
  const { near, far } = await client();
  const much = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));
  near.socket.write(much);
  near.socket.end('!');
  await until('all has come', () => far.hasEnded);
  expect(far.received.equals(Buffer.concat([much, Buffer.from('!')]))).toBe(true);
  // The other way is still open.
  far.socket.end('answer');
  await until('the answer has come', () => near.hasEnded);
  expect(near.received.toString()).toBe('answer');
  await until('nothing is left of it', () => proxy.connections === 0);
  expect(proxy.counts).toMatchObject({ accepted: 1, cut: 0, down: { taken: 6, forwarded: 6 } });
});

test.each([
  ['reset', 'ECONNRESET', false],
  ['fin', null, true],
] as const)(
  'a cut by %s ends every connection at both ends, and the next is good',
  async (kind, error, hasEnded) => {
    const { proxy, client } = await network();
    const pairs = [await client(), await client()];
    const ends = pairs.flatMap(({ near, far }) => [near, far]);
    expect(proxy.cut(kind)).toBe(2);
    if (kind === 'fin') {
      await until('all have heard the end', () => ends.every((end) => end.hasEnded));
      for (const { socket } of ends) socket.end();
    }
    await until('all are closed', () => ends.every(({ socket }) => socket.closed));
    for (const end of ends) expect([end.error, end.hasEnded]).toEqual([error, hasEnded]);
    await until('the proxy has forgotten them', () => proxy.connections === 0);
    expect(proxy.counts.cut).toBe(2);
    const { near, far } = await client();
    near.socket.write('again');
    await has(far, 'again');
  },
);

test('a cut loses what was held', async () => {
  const { proxy, clock, client } = await network();
  proxy.freeze();
  const { near, far } = await client();
  near.socket.write('lost');
  await taken(proxy, 4);
  proxy.cut('fin');
  await until('the end has come', () => far.hasEnded);
  proxy.thaw();
  clock.advance(10_000);
  expect(far.received).toHaveLength(0);
  expect(proxy.counts.up.forwarded).toBe(0);
});

test('who does not answer a FIN is closed after the grace', async () => {
  const { proxy, clock, client } = await network();
  const { near } = await client();
  proxy.cut('fin');
  await until('the end has come', () => near.hasEnded);
  clock.advance(4_999);
  expect(proxy.connections).toBe(1);
  clock.advance(1);
  await until('the proxy has forgotten it', () => proxy.connections === 0);
});

test('a delay holds each piece for its time, one way only', async () => {
  const { proxy, clock, client } = await network();
  proxy.delay('up', 100);
  const { near, far } = await client();
  near.socket.write('a');
  await taken(proxy, 1);
  clock.advance(60);
  near.socket.write('b');
  await taken(proxy, 2);
  expect(proxy.counts.up.forwarded).toBe(0);
  far.socket.write('down');
  await has(near, 'down');
  clock.advance(39);
  expect(proxy.counts.up.forwarded).toBe(0);
  clock.advance(1);
  await has(far, 'a');
  clock.advance(59);
  expect(proxy.counts.up.forwarded).toBe(1);
  clock.advance(1);
  await has(far, 'ab');
});

test('jitter is within its bound, from the seed, and changes no order', async () => {
  const cameAt = async (seed: number) => {
    const { proxy, clock, client } = await network({ seed });
    proxy.delay('up', 50, 100);
    const { near, far } = await client();
    const times: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      near.socket.write(String(n));
      await taken(proxy, n + 1);
    }
    for (let ms = 0; ms <= 150; ms += 1) {
      while (times.length < proxy.counts.up.forwarded) times.push(ms);
      clock.advance(1);
    }
    await has(far, '0123456789');
    return times;
  };
  const first = await cameAt(1);
  expect(Math.min(...first)).toBeGreaterThanOrEqual(50);
  expect(Math.max(...first)).toBeLessThanOrEqual(150);
  expect(first).toEqual(first.toSorted((a, b) => a - b));
  expect(new Set(first).size).toBeGreaterThan(1);
  expect(await cameAt(1)).toEqual(first);
  expect(await cameAt(2)).not.toEqual(first);
});

test('frozen, it accepts and takes up to its bound, then presses back; thawed, all comes', async () => {
  const { proxy, client } = await network();
  proxy.freeze('up');
  const { near, far } = await client();
  const much = Buffer.alloc(32 * 1024 * 1024, 7);
  let isWritten = false;
  near.socket.write(much, () => (isWritten = true));
  await until('the proxy has stopped reading', () => proxy.counts.up.stops === 1);
  // At most one read more than the bound, and the sender's socket still holds the most of it.
  expect(proxy.counts.up.taken).toBeLessThan(heldBytesMax + 128 * 1024);
  expect(proxy.counts.up.forwarded).toBe(0);
  far.socket.write('the other way');
  await has(near, 'the other way');
  expect([isWritten, far.bytes]).toEqual([false, 0]);
  proxy.thaw('up');
  await until('all has come', () => far.bytes === much.length);
  expect(isWritten).toBe(true);
});

test('a frozen connection keeps its end back until it thaws', async () => {
  const { proxy, client } = await network();
  proxy.freeze();
  const { near, far } = await client();
  near.socket.end('last');
  await taken(proxy, 4);
  expect(far.hasEnded).toBe(false);
  proxy.thaw();
  await until('the end has come', () => far.hasEnded);
  expect(far.received.toString()).toBe('last');
});

test('a limit lets through what it grants as time goes on, and is lifted', async () => {
  const { proxy, clock, client } = await network();
  proxy.limit('up', 1_000);
  const { near, far } = await client();
  near.socket.write(Buffer.alloc(5_000));
  await taken(proxy, 5_000);
  const start = proxy.counts.up.forwarded;
  expect(start).toBeLessThanOrEqual(100);
  for (const seconds of [1, 2, 3]) {
    for (let ms = 0; ms < 1_000; ms += 1) clock.advance(1);
    expect(Math.abs(proxy.counts.up.forwarded - start - seconds * 1_000)).toBeLessThanOrEqual(20);
  }
  proxy.limit('up', null);
  await until('the rest has come', () => far.bytes === 5_000);
});

test('where no target is, the connection is reset', async () => {
  const gone = await FaultProxy.listen({ target: { host: '127.0.0.1', port: await freePort() } });
  open.push(() => gone.close());
  const socket = connect({ port: gone.port, host: '127.0.0.1' });
  const end = new End(socket);
  await until('it is closed', () => socket.closed);
  expect(end.error).toBe('ECONNRESET');
  await until('nothing is left', () => gone.connections === 0);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
