// Facts of the machine. Linux tells most of them in /proc; where a system does not, the fact is null.

import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ClockFacts, LimitFacts, MemoryFacts, PortFacts, TlsFacts } from './facts.ts';

/** How long the two clocks are compared. */
const watchMs = 300;

export async function gatherClock(): Promise<ClockFacts> {
  const [day, steady] = [Date.now(), performance.now()];
  const isSynchronised = synchronised();
  await setTimeout(Math.max(0, watchMs - (performance.now() - steady)));
  const watchedMs = performance.now() - steady;
  const now = Date.now();
  return { now, watchedMs, jumpMs: now - day - watchedMs, isSynchronised };
}

function synchronised(): boolean | null {
  const { status, stdout } = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  const answer = status === 0 ? stdout.trim() : '';
  return answer === 'yes' ? true : answer === 'no' ? false : null;
}

export function gatherLimits(): LimitFacts {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(read('/proc/self/limits') ?? '')?.[1];
  const mapCount = Number.parseInt(read('/proc/sys/vm/max_map_count') ?? '', 10);
  return {
    openFiles: soft === undefined ? null : soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft),
    mapCount: Number.isNaN(mapCount) ? null : mapCount,
  };
}

export function gatherMemory(): MemoryFacts {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo') ?? '')?.[1];
  const limit = Number.parseInt(read('/sys/fs/cgroup/memory.max') ?? '', 10);
  const used = Number.parseInt(read('/sys/fs/cgroup/memory.current') ?? '', 10);
  const ofMachine = available === undefined ? freemem() : Number(available) * 1024;
  const isBound = !Number.isNaN(limit) && limit < totalmem();
  return {
    totalBytes: isBound ? limit : totalmem(),
    availableBytes: isBound && !Number.isNaN(used) ? Math.min(ofMachine, limit - used) : ofMachine,
  };
}

export interface WantedPort {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

/** `dataFolder`: whose running gateway counts as ours. Port 0 is any free one: nothing to look at. */
export async function gatherPorts(
  wanted: readonly WantedPort[],
  dataFolder: string | null,
): Promise<PortFacts[]> {
  const ours = dataFolder === null ? [] : portsOfRunning(dataFolder);
  const looked: PortFacts[] = [];
  for (const place of wanted.filter(({ port }) => port !== 0)) {
    const state = await stateOf(place);
    looked.push({ ...place, state: state === 'taken' && ours.includes(place.port) ? 'ours' : state });
  }
  return looked;
}

function stateOf({ host, port }: WantedPort): Promise<PortFacts['state']> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      const code = 'code' in error ? error.code : '';
      resolve(code === 'EACCES' ? 'denied' : code === 'EADDRINUSE' ? 'taken' : 'noSuchAddress');
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

/** What run.json of a gateway says that is still alive. */
function portsOfRunning(dataFolder: string): number[] {
  const text = read(join(dataFolder, 'run.json'));
  if (text === null) return [];
  try {
    const run = JSON.parse(text) as { pid?: unknown; httpPort?: unknown; mqttPort?: unknown };
    if (typeof run.pid !== 'number' || !isAlive(run.pid)) return [];
    return [run.httpPort, run.mqttPort].filter((port) => typeof port === 'number');
  } catch {
    return []; // being written
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export function gatherTls(certificate: string, key: string): TlsFacts {
  const none = { certificate, key, validFrom: 0, validTo: 0 };
  try {
    const parsed = new X509Certificate(readFileSync(certificate));
    const validFrom = parsed.validFromDate.getTime();
    const validTo = parsed.validToDate.getTime();
    const isPair = parsed.checkPrivateKey(createPrivateKey(readFileSync(key)));
    const fault = isPair ? null : `${key} is not the key of ${certificate} 私钥与证书不匹配`;
    return { certificate, key, validFrom, validTo, fault };
  } catch (error) {
    return { ...none, fault: error instanceof Error ? error.message : String(error) };
  }
}

function read(path: string): string | null {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}
