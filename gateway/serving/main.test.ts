// The threads for real: the serving thread as a worker with its accounts and query threads, told by a fake core.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFirstUsers, demoPeople } from './accounts/people.ts';
import type { ServingToParent, ServingWorkerData } from './main.ts';
import { FakeCore } from './testing/serving-kit.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-serving-thread-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function startThread(port: number): { worker: Worker; core: FakeCore; told: Promise<ServingToParent> } {
  const { port1, port2 } = new MessageChannel();
  const workerData: ServingWorkerData = {
    logLevel: 'error',
    options: {
      port: port1,
      http: { host: '127.0.0.1', port },
      dataFolder: folder,
      dashboardFolder: null,
      demo: true,
      insecure: false,
      counters: [{ subject: 'core', names: ['frames'], memory: new SharedArrayBuffer(8) }],
    },
  };
  const worker = new Worker(new URL('./main.ts', import.meta.url), { workerData, transferList: [port1] });
  const told = new Promise<ServingToParent>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, core: new FakeCore(port2), told };
}

function ended(worker: Worker): Promise<number> {
  return new Promise((resolve) => {
    worker.once('exit', resolve);
  });
}

it('listens, takes the state of the core, exports counters, says that there is no record yet, and ends when told', async () => {
  const first = await createFirstUsers(folder, demoPeople('group'), { forcesChange: false });
  const { worker, core, told } = startThread(0);
  const message = await told;
  if (message.type !== 'listening') throw new Error(message.message);
  core.live();
  let isReady = false;
  while (!isReady) isReady = (await fetch(`${message.url}/readyz`)).status === 200;
  expect(await (await fetch(`${message.url}/metrics`)).text()).toContain(
    'fengsui_core_total{name="frames"} 0',
  );
  const origin = { origin: message.url, 'x-requested-with': 'fengsui' };
  const login = await fetch(`${message.url}/api/v1/session`, {
    method: 'POST',
    headers: { ...origin, 'content-type': 'application/json' },
    body: JSON.stringify({ user: 'leader', password: first?.[2]?.password }),
  });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0]!;
  const alarms = await fetch(`${message.url}/api/v1/alarms`, { headers: { cookie } });
  expect([alarms.status, await alarms.json()]).toMatchObject([503, { code: 'STARTING' }]);
  const exit = ended(worker);
  worker.postMessage({ type: 'close' });
  expect(await exit).toBe(0);
  core.close();
});

it('says which failure it was when the port is taken, and ends', async () => {
  const holder = await new Promise<Server>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
  const { worker, core, told } = startThread((holder.address() as AddressInfo).port);
  const exit = ended(worker);
  expect(await told).toMatchObject({ type: 'failed', code: 'EADDRINUSE' });
  expect(await exit).toBe(0);
  core.close();
  holder.close();
});
