// How a start ends when it cannot be one: a clear sentence, exit code 2, no stack trace, nothing left behind. How the
// demonstration ends at Ctrl-C, how the next start goes on where it was, and a password reset beside a running gateway.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '#alarms/log/event.ts';
import { demoSite, GatewayProcess, projectRoot, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { printedPassword, tryLogin } from './api-client.ts';
import { readEvents } from './live-alarms.ts';

const folder = temporaryFolder('start');
afterAll(() => folder.remove());

/** Ctrl-C to the end of everything. */
const endsWithinMs = 2_000;

function fengsui(args: readonly string[], environment: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectRoot, 'gateway', 'main.ts'), ...args],
    {
      encoding: 'utf8',
      timeout: 20_000,
      env: {
        PATH: process.env['PATH'],
        FENGSUI_HTTP_PORT: '0',
        FENGSUI_MQTT_PORT: '0',
        FENGSUI_JOURNAL_MIB: '32',
        FENGSUI_LOG_LEVEL: 'warn',
        ...environment,
      },
    },
  );
  return { status, stdout, lines: stderr.split('\n').filter((line) => line !== '') };
}

describe('a start that cannot be one ends with one sentence in both languages and exit code 2', () => {
  const blocker: Server = createServer();
  let taken = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    taken = String((blocker.address() as AddressInfo).port);
  });
  afterAll(() => new Promise<void>((resolve) => blocker.close(() => resolve())));

  const chinese = /[\u4e00-\u9fff]/;
  const data = (name: string) => ({ FENGSUI_DATA: join(folder.path, name) });
  type Case = readonly [string, readonly string[], () => Record<string, string>, RegExp];
  const underProc: Case = [
    'the data folder lies where nobody can make one',
    ['serve'],
    () => ({ FENGSUI_DATA: '/proc/fengsui/data' }),
    /data folder .* is not writable/,
  ];
  const cases: readonly Case[] = [
    ['the HTTP port is taken', ['serve'], () => ({ FENGSUI_HTTP_PORT: taken }), /HTTP port .* is in use/],
    ['the MQTT port is taken', ['serve'], () => ({ FENGSUI_MQTT_PORT: taken }), /MQTT port .* is in use/],
    [
      'the HTTP port of the demonstration is taken',
      ['demo'],
      () => ({ FENGSUI_HTTP_PORT: taken, ...data('demo-port') }),
      /HTTP port .* is in use/,
    ],
    [
      'the data folder cannot be made',
      ['serve'],
      () => {
        writeFileSync(join(folder.path, 'file'), '');
        return data('file/below');
      },
      /data folder .* is not writable/,
    ],
    ...(process.platform === 'linux' ? [underProc] : []),
    ['no site folder is set', ['serve'], () => ({ FENGSUI_SITE: '' }), /FENGSUI_SITE is missing/],
    ['no data folder is set', ['serve'], () => ({ FENGSUI_DATA: '' }), /FENGSUI_DATA is missing/],
  ];
  test.each(cases)('%s', (_, args, environment, sentence) => {
    const given = { FENGSUI_SITE: demoSite, ...data('refused'), ...environment() };
    const { status, stdout, lines } = fengsui(args, given);
    expect({ status, stdout, count: lines.length }).toEqual({ status: 2, stdout: '', count: 1 });
    expect(lines[0]).toMatch(sentence);
    expect(lines[0]).toMatch(chinese);
  });

  test('an unknown setting and a wrong one are both named at once', () => {
    const { status, lines } = fengsui(['serve'], { FENGSUI_FOO: '1', FENGSUI_CHECKPOINT_S: '900' });
    expect([status, lines.length]).toEqual([2, 2]);
    expect(lines.join('\n')).toMatch(/FENGSUI_CHECKPOINT_S: /);
    expect(lines.join('\n')).toMatch(/FENGSUI_FOO/);
  });
});

/** Processes below this one, as the system lists them. */
function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const children = rows.flatMap(([id, parent]) => (parent === pid && id !== undefined ? [id] : []));
  return [...children, ...children.flatMap(descendantsOf)];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the demonstration', () => {
  const dataFolder = join(folder.path, 'demo');
  let gateway: GatewayProcess;
  afterEach(async () => {
    if (gateway.child.exitCode === null && gateway.child.signalCode === null) await gateway.kill();
  });
  const start = () => GatewayProcess.start({ dataFolder, command: 'demo' });
  const isReplaying = () =>
    until(
      'readings of the replay come in',
      async () => {
        const text = await (await fetch(`${readRun(dataFolder).url}/metrics`)).text();
        return Number(/fengsui_core_total\{name="readings"\} (\d+)/.exec(text)?.[1] ?? 0) > 0;
      },
      15_000,
    );
  const stop = async () => {
    const below = descendantsOf(gateway.child.pid ?? 0);
    const began = performance.now();
    // Ctrl-C in a terminal goes to every process of the group, and npm passes it on once more.
    for (const pid of below) process.kill(pid, 'SIGINT');
    gateway.child.kill('SIGINT');
    const code = await gateway.stop();
    const tookMs = performance.now() - began;
    return { code, tookMs, below, left: below.filter(isAlive) };
  };

  const replayState = () =>
    JSON.parse(readFileSync(join(dataFolder, 'replay.json'), 'utf8')) as { second: number };

  let first: Event[] = [];
  let firstSecond = 0;
  let password = '';

  test('prints four passwords at its first start, replays, and ends within two seconds of Ctrl-C', async () => {
    gateway = await start();
    await isReplaying();
    for (const name of ['dispatcher', 'officer', 'leader', 'verifier'])
      expect(printedPassword(gateway.output, name)).toMatch(/.{10}/);
    expect(gateway.output).toContain('演示回放 — 非实时数据');
    password = printedPassword(gateway.output, 'dispatcher');
    expect((await tryLogin(readRun(dataFolder).url, 'dispatcher', password)).status).toBe(200);
    const { code, tookMs, below, left } = await stop();
    expect(below.length).toBeGreaterThan(0);
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(tookMs).toBeLessThan(endsWithinMs);
    first = readEvents(dataFolder);
    expect(first.length).toBeGreaterThan(0);
    firstSecond = replayState().second;
    expect(firstSecond).toBeGreaterThan(0);
  }, 60_000);

  test('goes on where it was at the next start: events and people are kept, passwords are not shown again', async () => {
    gateway = await start();
    await isReplaying();
    const { url } = readRun(dataFolder);
    expect(gateway.output).not.toContain(password);
    expect(gateway.output).toContain('user reset dispatcher|officer|leader|verifier');
    expect((await tryLogin(url, 'dispatcher', password)).status).toBe(200);
    expect((await stop()).code).toBe(0);
    expect(replayState().second).toBeGreaterThan(firstSecond);
    const events = readEvents(dataFolder);
    expect(events.slice(0, first.length)).toEqual(first);
    const starts = events.filter(({ type }) => type === 'GatewayStarted');
    expect(starts.map(({ data }) => data)).toEqual([
      { blindFrom: null, to: expect.any(Number) },
      { blindFrom: expect.any(Number), to: expect.any(Number) },
    ]);
  }, 60_000);

  test('says that its replay was killed, and Ctrl-C still ends all within two seconds', async () => {
    gateway = await start();
    await isReplaying();
    expect(gateway.output).not.toContain('回放进程已结束');
    const [replay, ...others] = descendantsOf(gateway.child.pid ?? 0);
    expect(others).toEqual([]);
    process.kill(replay ?? 0, 'SIGKILL');
    await until('the end of the replay is said', () => gateway.output.includes('回放进程已结束（SIGKILL）'));
    const { code, tookMs } = await stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(endsWithinMs);
  }, 60_000);

  test('while it runs: a second instance is refused, and a reset password holds at once', async () => {
    gateway = await start();
    const { url } = readRun(dataFolder);
    const second = fengsui(['demo'], { FENGSUI_DATA: dataFolder });
    expect([second.status, second.lines.length, second.stdout]).toEqual([2, 1, '']);
    expect(second.lines[0]).toMatch(/Another gateway is running on the data folder .*已有网关在运行/);
    const reset = fengsui(['user', 'reset', 'dispatcher'], { FENGSUI_DATA: dataFolder });
    expect([reset.status, reset.lines]).toEqual([0, []]);
    const fresh = /shown once\): (\S+)/.exec(reset.stdout)?.[1] ?? '';
    expect((await tryLogin(url, 'dispatcher', fresh)).status).toBe(200);
    expect((await tryLogin(url, 'dispatcher', password)).status).toBe(401);
    const nobody = fengsui(['user', 'reset', 'nobody'], { FENGSUI_DATA: dataFolder });
    expect([nobody.status, nobody.lines.length]).toEqual([1, 1]);
    const { code, left } = await stop();
    expect({ code, left }).toEqual({ code: 0, left: [] });
  }, 60_000);

  test('has a folder that serve refuses', () => {
    const { status, lines } = fengsui(['serve'], { FENGSUI_DATA: dataFolder, FENGSUI_SITE: demoSite });
    expect([status, lines.length]).toEqual([2, 1]);
    expect(lines[0]).toMatch(/data folder of a demonstration; serve refuses it.*演示数据/);
  });
});

function readRun(dataFolder: string): { readonly url: string } {
  return JSON.parse(readFileSync(join(dataFolder, 'run.json'), 'utf8')) as { url: string };
}
