// What a declared simulator sends is marked 模拟 reading by reading, and nobody can send or drop the mark himself: in
// history, in the latest values, after a kill -9, and in readings that waited in quarantine for their point.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { statusBit } from '#alarms/kernel/quality.ts';
import type { PointView } from '#gateway/protocol/api.ts';
import { GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, firstPassword } from './api-client.ts';
import { linesOf, readEvents } from './live-alarms.ts';
import { Sender } from './sender.ts';
import { addPoint, makeTwoMines } from './two-mines.ts';

const folder = temporaryFolder('simulated-values');
const dataFolder = join(folder.path, 'data');
const site = makeTwoMines(folder.path);
afterAll(() => folder.remove());

const start = () => GatewayProcess.start({ dataFolder, environment: { FENGSUI_SITE: site } });
const { simulated, calibration } = statusBit;

test('a reading of a declared simulator keeps its mark wherever it is read, and is judged like any other', async () => {
  const t = Date.now() - 10_000;
  const first = await start();
  let last: Awaited<ReturnType<typeof start>> | null = null;
  try {
    const password = await firstPassword(first, 'admin');
    const send = async (source: string, message: object) => {
      const sender = await Sender.connect(first.run.mqttPort, source);
      await sender.send(`mine/v1/demo/safety/${source}/data`, message);
      sender.close();
    };
    const calm = { p: ['MM264', 'NEW-CH4'], x: [0.2, 0.3], s: [calibration, 0] };
    await send('replay-sim', { v: 1, seq: 1, t, ...calm });
    await send('replay', { v: 1, seq: 1, t: t + 1_000, p: ['MM264', 'NEW-CH4'], x: [0.4, 0.5] });
    // The bit is ours: whoever sends it is refused, not marked.
    await send('replay', { v: 1, seq: 2, t: t + 2_000, p: ['MM264'], x: [0.6], s: [simulated] });
    await send('replay-sim', { v: 1, seq: 2, t: t + 3_000, p: ['MM264'], x: [1.3] });
    await first.kill();

    addPoint(site, { id: 'NEW-CH4', name: '新测点' });
    last = await start();
    const api = await ApiClient.login(last.run.url, 'admin', password);
    const historyOf = (point: string, count: number) =>
      until(`${point} is in history`, async () => {
        const found = await api.history(point, t, t + 4_000);
        return found.length >= count && found;
      });
    expect(await historyOf('MM264', 3)).toEqual([
      [t, 0.2, simulated | calibration],
      [t + 1_000, 0.4, 0],
      [t + 3_000, 1.3, simulated],
    ]);
    expect(await historyOf('NEW-CH4', 2)).toEqual([
      [t, 0.3, simulated],
      [t + 1_000, 0.5, 0],
    ]);
    const latest = (await api.get('/points')) as { points: readonly PointView[] };
    expect(latest.points.find(({ id }) => id === 'MM264')).toMatchObject({
      t: t + 3_000,
      v: 1.3,
      s: simulated,
    });
    const raised = linesOf(readEvents(dataFolder)).find(({ id }) => id === 'GAS-01/MM264#1');
    expect(Date.parse(raised?.raisedAt ?? '')).toBe(t + 3_000);
    expect(await last.stop()).toBe(0);
  } finally {
    await first.kill();
    await last?.kill();
  }
}, 60_000);
