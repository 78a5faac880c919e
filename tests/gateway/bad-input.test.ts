// Bad input over real MQTT to a real gateway: each kind is refused for its own reason, counted, shown in both
// languages, acknowledged, and takes nothing good with it. What is odd but not bad is judged: nulls, stamps ahead.

import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statusBit } from '#alarms/kernel/quality.ts';
import { intakeRefusals, type IntakeRefusal } from '#gateway/protocol/refusals.ts';
import type { GatewayStatus, QuarantineSample } from '#gateway/protocol/stream.ts';
import { GatewayProcess, temporaryFolder, type RunFile } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, firstPassword } from './api-client.ts';
import { badInputs, type BadInput, type GoodReading } from './bad-input-cases.ts';
import { linesOf, readEvents } from './live-alarms.ts';
import { Sender } from './sender.ts';
import { makeTwoMines } from './two-mines.ts';

const folder = temporaryFolder('bad-input');
const dataFolder = join(folder.path, 'data');
let gateway: GatewayProcess & { run: RunFile };
let api: ApiClient;
let sender: Sender;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    dataFolder,
    environment: { FENGSUI_SITE: makeTwoMines(folder.path) },
  });
  const password = await firstPassword(gateway, 'admin');
  api = await ApiClient.login(gateway.run.url, 'admin', password);
  sender = await Sender.connect(gateway.run.mqttPort, 'bad-input');
}, 60_000);

afterAll(async () => {
  sender?.close();
  await gateway?.kill(); // that it ended well is a test of its own, the last one
  folder.remove();
});

const ownTopic = (source: string) => `mine/v1/demo/safety/${source}/data`;
const topicOf = ({ topic }: BadInput, index: number) => (topic ?? ((own) => own))(ownTopic(`bad-${index}`));
/** Status as it is when `holds`; it is told once a second. */
const statusWhen = (what: string, holds: (status: GatewayStatus) => boolean) =>
  until(what, async () => {
    const status = await api.health();
    return holds(status) && status;
  });
const sampleOf = async (topic: string, what: string): Promise<QuarantineSample> =>
  until(what, async () => (await api.quarantine()).find((sample) => sample.topic === topic));

describe('each kind of bad input', () => {
  // One second apart and rising: nothing here is late, and nothing is a gap.
  const base = Date.now() - badInputs.length * 1_000;
  const goodOf = (index: number): GoodReading => ({
    point: 'TP1721',
    time: base + index * 1_000,
    value: 20 + index / 4,
  });

  beforeAll(async () => {
    for (const [index, bad] of badInputs.entries()) {
      const good = goodOf(index);
      // Awaited: each is acknowledged, the refused ones too.
      await sender.send(topicOf(bad, index), bad.payload(good));
      if (bad.isBeside !== true) await sender.send(ownTopic(`bad-${index}`), good);
    }
  }, 30_000);

  test('there are more than twenty of them, and they give nearly every reason there is', () => {
    expect(badInputs.length).toBeGreaterThan(20);
    expect(new Set(badInputs.map(({ reason }) => reason)).size).toBeGreaterThan(17);
  });

  test.each(badInputs.map((bad, index) => [bad.name, bad, index] as const))(
    '%s: is shown with its reason in both languages',
    async (_, bad, index) => {
      const topic = topicOf(bad, index);
      const { reason, zh, en, sample } = await sampleOf(topic, bad.name);
      expect({ reason, zh, en }).toEqual({ reason: bad.reason, ...intakeRefusals[bad.reason] });
      expect(sample === '').toBe(bad.payload(goodOf(index)) === '');
      expect((await api.quarantine()).filter((one) => one.topic === topic)).toHaveLength(1);
    },
  );

  test('is counted under its reason, once', async () => {
    const expected: Partial<Record<IntakeRefusal, number>> = {};
    for (const { reason, count = 1 } of badInputs) expected[reason] = (expected[reason] ?? 0) + count;
    const { refusedByReason } = await statusWhen(
      'all are counted',
      (status) => status.refusedByReason['WRONG_MINE'] === 1,
    );
    expect(refusedByReason).toEqual(expected);
  });

  test('takes no good reading with it', async () => {
    const expected = badInputs.map((_, index) => [goodOf(index).time, goodOf(index).value, 0]);
    const kept = await until('all are in history', async () => {
      const found = await api.history('TP1721', base, base + badInputs.length * 1_000);
      return found.length >= expected.length && found;
    });
    expect(kept).toEqual(expected);
  });

  test('is counted to its source where it has one', async () => {
    const index = badInputs.findIndex(({ reason }) => reason === 'UNKNOWN_POINT');
    const { sources } = await api.health();
    expect(sources.find(({ source }) => source === `bad-${index}`)).toMatchObject({
      refused: 2,
      readings: 1,
    });
  });
});

test('a packet above 8 MiB costs its sender the connection and nobody else, and is counted', async () => {
  const rude = await connectAsync(`mqtt://127.0.0.1:${gateway.run.mqttPort}`, {
    protocolVersion: 4,
    clientId: 'rude',
    reconnectPeriod: 0,
  });
  rude.on('error', () => undefined); // the connection is reset while it still writes
  const closed = new Promise<void>((resolve) => rude.once('close', () => resolve()));
  rude.publish(ownTopic('rude'), Buffer.alloc(9 * 1024 * 1024, 0x20), { qos: 1 }, () => undefined);
  await closed;
  rude.end(true);
  const { zh } = await sampleOf('', 'it is shown');
  expect(zh).toBe(intakeRefusals.FRAME_TOO_LARGE.zh);
  await statusWhen('it is counted', (status) => status.refusedByReason['FRAME_TOO_LARGE'] === 2);
  await sender.send(ownTopic('polite'), { point: 'TP1711', time: Date.now(), value: 3 });
});

test('a frame that is sent again is dropped whole, acknowledged and counted', async () => {
  const t = Date.now();
  const frame = { v: 1, seq: 4, t, p: ['RH1712'], x: [51] };
  const topic = ownTopic('repeats');
  await sender.send(topic, frame);
  await sender.send(topic, frame);
  await sender.send(topic, { ...frame, seq: 5, t: t + 1, x: [52] });
  const { sources } = await statusWhen(
    'it is counted',
    ({ sources }) => sources.find(({ source }) => source === 'repeats')?.duplicateFrames === 1,
  );
  expect(sources.find(({ source }) => source === 'repeats')).toMatchObject({
    frames: 2,
    readings: 2,
    refused: 0,
  });
  await until(
    'both readings are there, once',
    async () => (await api.history('RH1712', t, t + 2)).length === 2,
  );
});

test('QoS 0 is taken in as well, and what is marked to be retained is not retained', async () => {
  const t = Date.now();
  const reading = { point: 'BA1713', time: t, value: 991 };
  await sender.send(ownTopic('loose'), reading, { qos: 0 });
  await sender.send(ownTopic('retains'), { ...reading, time: t + 1 }, { retain: true });
  await until('both are in history', async () => (await api.history('BA1713', t, t + 2)).length === 2);
  const reader = await Sender.connect(gateway.run.mqttPort, 'reader');
  const heard: string[] = [];
  reader.client.on('message', (topic) => heard.push(topic));
  // The refused subscription is answered after anything retained would have been sent.
  await expect(reader.client.subscribeAsync(ownTopic('retains'), { qos: 1 })).rejects.toThrow();
  reader.close();
  expect(heard).toEqual([]);
});

test('null is a sample without a number: it is kept with status 128', async () => {
  const t = Date.now();
  await sender.send(ownTopic('nulls'), { v: 1, seq: 1, t, p: ['CM861'], x: [null] });
  await sender.send(ownTopic('nulls'), { point: 'CM861', time: t + 1 });
  await until('it is in history', async () => (await api.history('CM861', t, t + 2)).length === 2);
  const sensorFault = statusBit.sensorFault;
  expect(sensorFault).toBe(128);
  expect(await api.history('CM861', t, t + 2)).toEqual([
    [t, null, sensorFault],
    [t + 1, null, sensorFault],
  ]);
});

describe('stamps that lie ahead', () => {
  const raised = (id: string) => linesOf(readEvents(dataFolder)).find((line) => line.id === id);

  test('by more than 30 s take the received time with the spacing kept, and gas stays judged', async () => {
    const sentAt = Date.now();
    const t = sentAt + 3_600_000;
    const frame = { v: 1, seq: 1, t, p: ['MM264', 'TC862', 'TC862'], d: [0, -2_000, -500], x: [1.2, 4, 5] };
    await sender.send(ownTopic('ahead'), frame);
    const alarm = await until('GAS-01 is raised', () => raised('GAS-01/MM264#1'));
    const receivedAt = Date.parse(alarm.raisedAt);
    expect(receivedAt).toBeGreaterThanOrEqual(sentAt);
    expect(receivedAt).toBeLessThanOrEqual(Date.now());
    expect(raised('DQ-08/MM264#1')).toMatchObject({ level: 'B', clearedAt: null });
    expect(raised('DQ-08/TC862#1')).toBeDefined();
    const ahead = statusBit.clockAhead;
    await until(
      'they are in history',
      async () => (await api.history('MM264', sentAt, Date.now() + 1)).length === 1,
    );
    expect(await api.history('MM264', sentAt, Date.now() + 1)).toEqual([[receivedAt, 1.2, ahead]]);
    const spaced = await api.history('TC862', receivedAt - 2_000, receivedAt);
    expect(spaced).toEqual([
      [receivedAt - 2_000, 4, ahead],
      [receivedAt - 500, 5, ahead],
    ]);
  });

  test('by less than 30 s are believed', async () => {
    const t = Date.now() + 20_000;
    await sender.send(ownTopic('little-ahead'), { point: 'MM256', time: t, value: 1.3 });
    const alarm = await until('GAS-01 is raised', () => raised('GAS-01/MM256#1'));
    expect(Date.parse(alarm.raisedAt)).toBe(t);
    expect(raised('DQ-08/MM256#1')).toBeUndefined();
  });
});

test('a flood of unknown points is kept up to a bound, and what is over it is counted', async () => {
  const before = (await api.health()).refusedByReason['UNKNOWN_POINT'] ?? 0;
  const names = Array.from({ length: 10_000 }, (_, i) => `FLOOD-${i}`);
  for (let seq = 1; seq <= 3; seq += 1)
    await sender.send(ownTopic('flood'), { v: 1, seq, t: Date.now(), p: names, x: names.map(() => 1) });
  const { refusedByReason, counters } = await statusWhen(
    'all are counted',
    (status) => status.refusedByReason['UNKNOWN_POINT'] === before + 30_000,
  );
  const kept = counters['readingsQuarantined'] ?? 0;
  expect(kept).toBeGreaterThan(19_000);
  expect((refusedByReason['QUARANTINE_FULL'] ?? 0) + kept).toBe(before + 30_000);
  expect(refusedByReason['QUARANTINE_FULL'] ?? 0).toBeGreaterThan(0);
  expect((await fetch(`${gateway.run.url}/readyz`)).status).toBe(200);
});

test('after all of it the gateway still ends in order', async () => {
  sender.close();
  expect(await gateway.stop()).toBe(0);
});
