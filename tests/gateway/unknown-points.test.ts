// A sensor that speaks before anybody registered it loses nothing: its readings wait, journalled, through a kill -9 and
// restarts, and are in its history as soon as the site folder names the point. From then on it is judged.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GatewayProcess, temporaryFolder, type RunFile } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, printedPassword } from './api-client.ts';
import { linesOf, readEvents } from './live-alarms.ts';
import { Sender } from './sender.ts';
import { addPoint, makeTwoMines } from './two-mines.ts';

const folder = temporaryFolder('unknown-points');
const dataFolder = join(folder.path, 'data');
const site = makeTwoMines(folder.path);
const topic = 'mine/v1/demo/safety/new-substation/data';
afterAll(() => folder.remove());

const start = () => GatewayProcess.start({ dataFolder, environment: { FENGSUI_SITE: site } });
async function send(gateway: { run: RunFile }, message: object): Promise<void> {
  const sender = await Sender.connect(gateway.run.mqttPort, 'new-substation');
  await sender.send(topic, message);
  sender.close();
}

test('readings of a point nobody registered are kept and are its history once it is registered', async () => {
  const t = Date.now() - 10_000;
  const readings = [
    [t, 0.1, 0],
    [t + 1_000, null, 128],
    [t + 2_000, 0.3, 1],
  ] as const;
  const named = (point: string) =>
    readings.map(([time, value, status]) => ({ point, time, value, status: status & 127 }));

  const first = await start();
  let last: (GatewayProcess & { run: RunFile }) | null = null;
  try {
    const password = await until('the passwords are printed', () =>
      first.output.includes('  admin ') ? printedPassword(first.output, 'admin') : null,
    );
    await send(first, named('NEW-CH4'));
    await send(first, named('STRANGER'));
    await first.kill();

    const second = await start();
    await send(second, { point: 'NEW-CH4', time: t + 3_000, value: 0.4 });
    expect(await second.stop()).toBe(0);

    addPoint(site, { id: 'NEW-CH4', name: '新测点' });
    last = await start();
    const api = await ApiClient.login(last.run.url, 'admin', password);
    const kept = await until('all four are in history', async () => {
      const found = await api.history('NEW-CH4', t, t + 4_000);
      return found.length >= 4 && found;
    });
    expect(kept).toEqual([...readings, [t + 3_000, 0.4, 0]]);

    await send(last, { point: 'NEW-CH4', time: Date.now(), value: 1.2 });
    await until('it is judged from now on', () =>
      linesOf(readEvents(dataFolder)).find(({ id }) => id === 'GAS-01/NEW-CH4#1'),
    );
    await expect(api.history('STRANGER', t, t + 4_000)).rejects.toThrow(/404/);
    expect(await last.stop()).toBe(0);
  } finally {
    await first.kill();
    await last?.kill();
  }
}, 60_000);
