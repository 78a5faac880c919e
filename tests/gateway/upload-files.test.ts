// A system that nobody registered anything of uploads its definitions and readings over MQTT: the point is in the
// registry, has history and an alarm, also through a kill -9; and a back-test of the journal gives the same events.

import { afterAll, expect, test } from 'vitest';
import { join } from 'node:path';
import { backtestJournal } from '#gateway/backtest/journal.ts';
import { encodeUpload } from '#gateway/formats/mtt1201/encode.ts';
import type { Row } from '#gateway/formats/mtt1201/profile.ts';
import { GatewayProcess, temporaryFolder, type RunFile } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { ApiClient, printedPassword } from './api-client.ts';
import { Sender } from './sender.ts';

const folder = temporaryFolder('upload-files');
const dataFolder = join(folder.path, 'data');
const mineCode = '150622004499';
const point = `${mineCode}01MN0001`;
afterAll(() => folder.remove());

function fileOf(kind: 'CDDY' | 'CDSS', uploadedAt: number, row: Row): Uint8Array {
  const system = {
    systemModel: 'KJ95',
    systemName: '安全监控',
    manufacturer: '厂',
    certificateUntil: '2030',
  };
  const header = { mineCode, mineName: '演示矿', uploadedAt, ...(kind === 'CDDY' ? system : {}) };
  const written = encodeUpload(kind, header, [{ point, ...row }], {
    dialect: 'mtt1201',
    encoding: 'gb18030',
  });
  if (!written.ok) throw new Error(written.en);
  return written.bytes;
}

async function send(gateway: { run: RunFile }, kind: string, bytes: Uint8Array): Promise<void> {
  const sender = await Sender.connect(gateway.run.mqttPort, 'kj');
  await sender.send(`mine/v1/demo/safety/kj/file/${kind}`, bytes);
  sender.close();
}

test('definitions and readings in upload files make a point that is watched, through a kill and in a back-test', async () => {
  const t = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  const first = await GatewayProcess.start({ dataFolder });
  const password = await until('the passwords are printed', () =>
    first.output.includes('  admin ') ? printedPassword(first.output, 'admin') : null,
  );
  const definition = {
    typeCode: '0001',
    valueKind: 'MN',
    unit: '%CH4',
    rangeHigh: 4,
    rangeLow: 0,
    place: '新巷',
  };
  await send(first, 'CDDY', fileOf('CDDY', t, { ...definition, alarmHigh: 0.8, clearHigh: 0.8 }));
  await send(first, 'CDSS', fileOf('CDSS', t, { value: '0.3', unit: '%CH4', time: t }));
  await first.kill();

  const second = await GatewayProcess.start({ dataFolder });
  try {
    await send(second, 'CDSS', fileOf('CDSS', t + 1000, { value: '0.9', unit: '%CH4', time: t + 1000 }));
    const api = await ApiClient.login(second.run.url, 'admin', password);
    const read = async (path: string) => (await api.get(`/${path}`)) as { items: { id: string }[] };
    await until('its alarm is in the record', async () => {
      const { items } = await read(`alarms?scope=${point}`);
      return items.some(({ id }) => id === `GAS-01/${point}#1`);
    });
    await until('both readings are in history', async () => {
      const found = await api.history(point, t, t + 2_000);
      return found.length === 2;
    });
    expect((await read('registry/changes')).items).toMatchObject([
      { what: 'point', id: point, source: 'kj' },
    ]);
    const registered = (await read('registry/points?limit=5000')).items.find(({ id }) => id === point);
    expect(registered).toMatchObject({ measurand: 'CH4', limits: { alarmHigh: 0.8 }, mine: 'demo' });
  } finally {
    expect(await second.stop()).toBe(0);
  }
  const again = backtestJournal(dataFolder);
  expect(again.difference).toBe(null);
  expect(again.alarms.filter(({ scope }) => scope === point).length).toBeGreaterThan(0);
}, 60_000);
