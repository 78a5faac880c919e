// Numbered lists of points over real MQTT: what a source has bound is known after a kill -9, from a checkpoint or from the
// journal, and is nobody else's.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, firstPassword } from './api-client.ts';
import { Sender } from './sender.ts';
import { makeTwoMines } from './two-mines.ts';

const folder = temporaryFolder('numbered-lists');
const dataFolder = join(folder.path, 'data');
let gateway: GatewayProcess | null = null;

afterAll(async () => {
  await gateway?.kill();
  folder.remove();
});

test('a list bound before a kill -9 stands for its names after it', async () => {
  const environment = { FENGSUI_SITE: makeTwoMines(folder.path) };
  const first = await GatewayProcess.start({ dataFolder, environment });
  gateway = first;
  const password = await firstPassword(first, 'admin');
  const t = Date.now() - 60_000;
  const topic = 'mine/v1/demo/safety/numbered/data';
  const before = await Sender.connect(first.run.mqttPort, 'before');
  await before.send(topic, { v: 1, seq: 1, t, p: ['MM261', 'MM263'], pv: 5, x: [0.1, 0.2] });
  await before.send(topic, { v: 1, seq: 2, t: t + 1_000, pv: 5, x: [0.3, 0.4] });
  before.close();
  await first.kill();

  const second = await GatewayProcess.start({ dataFolder, environment });
  gateway = second;
  const api = await ApiClient.login(second.run.url, 'admin', password);
  const after = await Sender.connect(second.run.mqttPort, 'after');
  await after.send(topic, { v: 1, seq: 3, t: t + 2_000, pv: 5, x: [0.5, 0.6] });
  await after.send(topic, { v: 1, seq: 4, t: t + 3_000, pv: 6, x: [9, 9] });
  await after.send('mine/v1/demo/safety/another/data', { v: 1, seq: 1, t: t + 4_000, pv: 5, x: [9, 9] });
  await after.send(topic, { v: 1, seq: 5, t: t + 5_000, p: ['MM263', 'MM261'], pv: 5, x: [0.7, 0.8] });
  await after.send(topic, { v: 1, seq: 6, t: t + 6_000, pv: 5, x: [0.9, 1] });
  after.close();
  const rowsOf = (point: string) =>
    until(`${point} is in history`, async () => {
      const found = await api.history(point, t, t + 10_000);
      return found.length >= 5 && found.map(([time, value]) => [time - t, value]);
    });
  expect(await rowsOf('MM261')).toEqual([
    [0, 0.1],
    [1_000, 0.3],
    [2_000, 0.5],
    [5_000, 0.8],
    [6_000, 1],
  ]);
  expect(await rowsOf('MM263')).toEqual([
    [0, 0.2],
    [1_000, 0.4],
    [2_000, 0.6],
    [5_000, 0.7],
    [6_000, 0.9],
  ]);
  // The status is told once a second.
  const refused = await until('the refusals are counted', async () => {
    const { refusedByReason } = await api.health();
    return Object.keys(refusedByReason).length > 0 && refusedByReason;
  });
  expect(refused).toEqual({ PV_UNKNOWN: 2 });
}, 60_000);
