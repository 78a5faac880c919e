// SenML over real MQTT to a real gateway: a methane ratio raises the alarm that its percentage would, a unit that does
// not fit is refused and shown in both languages, and what is good beside it is in history.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { intakeRefusals, type IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { GatewayProcess, temporaryFolder, type RunFile } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, firstPassword } from './api-client.ts';
import { linesOf, readEvents } from './live-alarms.ts';
import { Sender } from './sender.ts';
import { makeTwoMines } from './two-mines.ts';

const folder = temporaryFolder('senml');
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
  sender = await Sender.connect(gateway.run.mqttPort, 'senml');
}, 60_000);

afterAll(async () => {
  sender?.close();
  await gateway?.kill();
  folder.remove();
});

const topicOf = (source: string) => `mine/v1/demo/safety/${source}/data`;
const kept = (point: string, from: number, to: number, rows: number) =>
  until(`${rows} of ${point} are in history`, async () => {
    const found = await api.history(point, from, to);
    return found.length >= rows && found;
  });

test('a methane ratio of 0.012 is 1.2 % and raises the alarm, whatever order the records come in', async () => {
  const t = Date.now() - 5_000;
  await sender.send(topicOf('ratio'), [
    { bn: 'MM', bt: t / 1000, bu: '/', n: '264', v: 0.012, t: 2 },
    { n: '264', v: 0.0029 },
    { n: '264', v: 0.7, u: '%CH4', t: 1 },
  ]);
  const alarm = await until('GAS-01 is raised', () =>
    linesOf(readEvents(dataFolder)).find(({ id }) => id === 'GAS-01/MM264#1'),
  );
  expect(Date.parse(alarm.since)).toBe(t + 2_000);
  expect(await kept('MM264', t, t + 3_000, 3)).toEqual([
    [t, 0.29, 0],
    [t + 1_000, 0.7, 0],
    [t + 2_000, 1.2, 0],
  ]);
});

test('a time relative to now counts from the arrival', async () => {
  const sentAt = Date.now();
  await sender.send(topicOf('relative'), [{ n: 'TP1721', u: 'Cel', v: 21.5, t: -2 }]);
  const [row] = await kept('TP1721', sentAt - 2_000, Date.now(), 1);
  expect(row).toEqual([expect.any(Number), 21.5, 0]);
  expect(row?.[0]).toBeGreaterThanOrEqual(sentAt - 2_000);
  expect(row?.[0]).toBeLessThanOrEqual(Date.now() - 2_000);
});

test('a switch takes a truth value; each bad record is refused for its reason and takes no other with it', async () => {
  const t = Date.now();
  const time = { t: t / 1000 };
  const refused: readonly (readonly [object, IntakeRefusal])[] = [
    [{ n: 'MM256', u: '%', v: 0.5 }, 'UNIT_MISMATCH'],
    [{ n: 'MM256', vb: true }, 'UNIT_MISMATCH'],
    [{ n: 'NOBODY', u: '/', v: 0.01 }, 'UNIT_OF_UNKNOWN_POINT'],
    [{ n: 'MM256', vs: 'high' }, 'VALUE_KIND_UNSUPPORTED'],
    [{ n: 'MM256', v: 1, scale_: 100 }, 'FIELD_NOT_UNDERSTOOD'],
    [{ n: 'MM256' }, 'BAD_VALUE'],
  ];
  const records = refused.flatMap(([record]) => [{ ...record, ...time }]);
  await sender.send(topicOf('mixed'), [...records, { n: 'F_SIDE', vb: true, ...time }]);
  expect(await kept('F_SIDE', t, t + 1, 1)).toEqual([[t, 1, 0]]);
  const reasons = new Set(refused.map(([, reason]) => reason));
  const samples = await until('all are shown', async () => {
    const found = (await api.quarantine()).filter(({ topic }) => topic === topicOf('mixed'));
    return found.length >= reasons.size && found;
  });
  expect(new Set(samples.map(({ reason }) => reason))).toEqual(reasons);
  const unit = samples.find(({ reason }) => reason === 'UNIT_MISMATCH');
  expect(unit).toMatchObject({
    ...intakeRefusals.UNIT_MISMATCH,
    sample: 'MM256: %, %CH4 MM256: true/false, %CH4',
  });
  const refusedByReason = await until('all are counted', async () => {
    const counts = (await api.health()).refusedByReason;
    return counts['BAD_VALUE'] === 1 && counts;
  });
  expect(refusedByReason).toEqual({
    UNIT_MISMATCH: 2,
    UNIT_OF_UNKNOWN_POINT: 1,
    VALUE_KIND_UNSUPPORTED: 1,
    FIELD_NOT_UNDERSTOOD: 1,
    BAD_VALUE: 1,
  });
  expect(await api.history('MM256', t, t + 1)).toEqual([]);
});

test('the gateway ends in order', async () => {
  sender.close();
  expect(await gateway.stop()).toBe(0);
});
