// The publisher against a real TCP peer: order, resending after lost connections, the bound on what is unacknowledged.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoFolder } from '#seeds/load.ts';
import { type Frame, FramePublisher } from './publish.ts';
import { publishRecording } from './publish-recording.ts';
import { SmallBroker } from './test/small-broker.ts';

let broker: SmallBroker;
beforeEach(async () => {
  broker = await SmallBroker.start();
});
afterEach(() => broker.stop());

const topic = { mine: 'demo', system: 'safety', source: 'replay', stream: 'data' } as const;
const frame = (sequence: number): Frame => ({
  topic,
  sequence,
  time: 1_000 * sequence,
  points: ['A'],
  values: [sequence],
});
const sequences = () => broker.taken.map(({ payload }) => payload['seq']);

test('a frame is a columnar frame v1 on its topic, in a session that outlives the connection', async () => {
  const publisher = new FramePublisher({ url: broker.url, clientId: 'c1' });
  await publisher.publish({ ...frame(7), points: ['A', 'B'], values: [0.5, null] });
  await publisher.drained();
  publisher.close();
  expect(broker.connects).toEqual([{ clientId: 'c1', clean: false, level: 4 }]);
  expect(broker.taken[0]).toMatchObject({
    topic: 'mine/v1/demo/safety/replay/data',
    payload: { v: 1, seq: 7, t: 7_000, p: ['A', 'B'], d: [0, 0], x: [0.5, null], s: [0, 0] },
    dup: false,
  });
});

test('what was not acknowledged before the connection was lost is sent again in order before anything new', async () => {
  broker.acknowledges = ({ payload, connection }) => connection > 1 || Number(payload['seq']) <= 2;
  const acknowledged: number[] = [];
  const lost = Promise.withResolvers<void>();
  const publisher = new FramePublisher({
    url: broker.url,
    clientId: 'c2',
    onConnection: (state) => state === 'lost' && lost.resolve(),
    onAck: ({ sequence }) => acknowledged.push(sequence),
  });
  for (let n = 1; n <= 5; n += 1) await publisher.publish(frame(n));
  await broker.until('five frames', () => broker.taken.length === 5);
  await expect.poll(() => acknowledged, { timeout: 10_000 }).toEqual([1, 2]);
  broker.cut();
  await lost.promise;
  await publisher.publish(frame(6));
  await publisher.drained();
  publisher.close();
  expect(sequences()).toEqual([1, 2, 3, 4, 5, 3, 4, 5, 6]);
  expect(broker.taken.slice(5).map(({ dup }) => dup)).toEqual([true, true, true, false]);
  expect(acknowledged).toEqual([1, 2, 3, 4, 5, 6]);
  expect(publisher.resent).toBe(3);
});

test('with a full window publish waits, and goes on when one is acknowledged', async () => {
  let isOpen = false;
  broker.acknowledges = () => isOpen;
  const publisher = new FramePublisher({ url: broker.url, clientId: 'c3', window: 3 });
  let taken = 0;
  const all = (async () => {
    for (let n = 1; n <= 10; n += 1) {
      await publisher.publish(frame(n));
      taken = n;
    }
  })();
  await broker.until('three frames', () => broker.taken.length === 3);
  expect([taken, publisher.unacknowledged]).toEqual([3, 3]);
  isOpen = true;
  broker.cut();
  await all;
  await publisher.drained();
  publisher.close();
  expect([...new Set(sequences())]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('close ends a publish that waits for ever', async () => {
  broker.acknowledges = () => false;
  const publisher = new FramePublisher({ url: broker.url, clientId: 'c4', window: 1 });
  await publisher.publish(frame(1));
  const second = publisher.publish(frame(2));
  publisher.close();
  await second;
  expect(publisher.unacknowledged).toBe(1);
});

test('the whole recording arrives once in order though the broker cuts every 97 publishes and is restarted on its port', async () => {
  const { port } = broker;
  let publishes = 0;
  const cutting = (_: unknown, self: SmallBroker) => {
    publishes += 1;
    if (publishes % 97 === 0) self.cut();
    return publishes % 97 !== 0;
  };
  broker.acknowledges = cutting;
  const acknowledged: number[] = [];
  const published = publishRecording({
    url: broker.url,
    site: demoFolder,
    speed: Number.POSITIVE_INFINITY,
    shiftMs: 0,
    window: 16,
    onAck: ({ sequence }) => acknowledged.push(sequence),
  });
  await broker.until('a part', () => publishes > 300);
  await broker.stop();
  const before = broker.taken;
  broker = await SmallBroker.start(port);
  broker.acknowledges = cutting;
  const result = await published;
  expect(result).toMatchObject({ frames: 848, readings: 848 * 28, acknowledged: 848, nextSequence: 849 });
  expect(acknowledged).toEqual(Array.from({ length: 848 }, (_, index) => index + 1));
  // Leaving repetitions out, a reader sees rising stamps only: no frame was ever overtaken.
  const firstSeen = [...new Set([...before, ...broker.taken].map(({ payload }) => Number(payload['seq'])))];
  expect(firstSeen).toEqual(acknowledged);
  expect(result.resent).toBeGreaterThan(0);
});
