import { describe, expect, test } from 'vitest';
import { StreamClient } from './client.ts';
import { ServerClock } from './clock.ts';
import { backoffMs, isCutOff, type FromWorker, type LinkState, type ToWorker } from './link.ts';
import { alarmOf, columns, entryOf, snapshotOf, t0 } from './samples.ts';
import type { StreamState } from './state.ts';

function desk() {
  const orders: ToWorker[] = [];
  const seen: { link: LinkState | null; state: StreamState | null; times: number[] } = {
    link: null,
    state: null,
    times: [],
  };
  let take: (message: FromWorker) => void = () => undefined;
  let now = t0;
  const client = new StreamClient(
    {
      post: (order) => orders.push(order),
      onMessage: (handler) => {
        take = handler;
      },
      stop: () => undefined,
    },
    {
      changed: (state) => {
        seen.state = state;
      },
      linkChanged: (link) => {
        seen.link = link;
      },
      serverTimeHeard: (time) => seen.times.push(time),
    },
    () => now,
  );
  return {
    client,
    orders,
    seen,
    give: (message: FromWorker) => take(message),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const requests = (orders: readonly ToWorker[]) =>
  orders.filter((order) => order.kind === 'send').map((order) => order.request);
const message = (inner: Extract<FromWorker, { kind: 'message' }>['message']): FromWorker => ({
  kind: 'message',
  message: inner,
  dropped: 0,
});

describe('stream client', () => {
  test('the first hello asks for all, the one after a break names what is held', () => {
    const { orders, give } = desk();
    give({ kind: 'open' });
    give(message(snapshotOf({ seq: 10 })));
    give(message({ type: 'events', events: [entryOf(11, 10, { alarm: alarmOf('a', 'red') })] }));
    give({ kind: 'closed', attempt: 1, retryAt: t0 + 500, lastHeard: t0, wasOpen: true });
    give({ kind: 'open' });
    expect(requests(orders)).toEqual([{ type: 'hello' }, { type: 'hello', epoch: 'e1', lastSeq: 11 }]);
  });

  test('a hole sends one hello with the last sequence number', () => {
    const { orders, give } = desk();
    give({ kind: 'open' });
    give(message(snapshotOf({ seq: 10 })));
    give(message({ type: 'events', events: [entryOf(13, 12)] }));
    give(message({ type: 'events', events: [entryOf(14, 13)] }));
    expect(requests(orders)).toEqual([{ type: 'hello' }, { type: 'hello', epoch: 'e1', lastSeq: 10 }]);
  });

  test('a hello without an answer makes the link anew', () => {
    const { client, orders, give, pass } = desk();
    give({ kind: 'open' });
    client.check();
    expect(orders.some((order) => order.kind === 'now')).toBe(false);
    pass(8_000);
    client.check();
    expect(orders.at(-1)).toEqual({ kind: 'now' });
  });

  test('the break counts from the last thing heard, over all tries, and ends with the answer', () => {
    const { seen, give } = desk();
    give({ kind: 'open' });
    give(message(snapshotOf()));
    give({ kind: 'closed', attempt: 1, retryAt: 0, lastHeard: t0, wasOpen: true });
    give({ kind: 'closed', attempt: 2, retryAt: 0, lastHeard: t0 + 3000, wasOpen: false });
    expect(seen.link?.downSince).toBe(t0);
    expect(seen.link !== null && isCutOff(seen.link, t0 + 4_999)).toBe(false);
    expect(seen.link !== null && isCutOff(seen.link, t0 + 5_000)).toBe(true);
    give({ kind: 'open' });
    const { status } = snapshotOf();
    give(message({ type: 'resumed', epoch: 'e1', missed: 2, values: columns([]), status }));
    expect(seen.link).toMatchObject({ isOpen: true, downSince: null });
  });

  test('each batch of values is answered with ready, and carries the time of the server', () => {
    const { orders, seen, give } = desk();
    give(message(snapshotOf()));
    give(message({ type: 'values', serverTime: t0 + 77, values: columns([[0, t0, 1]]) }));
    expect(orders).toEqual([{ kind: 'ready' }]);
    expect(seen.times).toEqual([t0, t0 + 77]);
  });
});

test('waiting doubles up to ten seconds, with some chance in it', () => {
  expect(backoffMs(0, 1)).toBe(500);
  expect(backoffMs(3, 1)).toBe(4_000);
  expect(backoffMs(30, 1)).toBe(10_000);
  expect(backoffMs(3, 0)).toBe(3_000);
});

test('the offset of the clock is the one of the fastest message', () => {
  const clock = new ServerClock();
  clock.heard(t0, t0 + 3_000);
  clock.heard(t0 + 1_000, t0 + 3_100);
  clock.heard(t0 + 2_000, t0 + 5_000);
  expect(clock.offsetMs).toBe(-2_100);
});
