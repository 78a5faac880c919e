// Measurements of a whole gateway process, started on a generated site with one screen logged in, and fed by a sender
// process of its own: CPU per reading, alarm latency from publish to screen, and the time from a kill to the next alarm.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HistoryStore } from '#gateway/adapters/sqlite/history-store.ts';
import type { HealthAnswer } from '#gateway/protocol/api.ts';
import { loadSite } from '#seeds/load.ts';
import { median, quantile } from './case.ts';
import { Gateway, loginPeople, makePeople, Screen, Sender, sleep, type Person } from './children.ts';
import { processCpuUs, residentMb, threadTimes, threadTimesBetween } from './proc.ts';
import type { SenderMark } from './sender.ts';
import { pointId, writeSite } from './site.ts';

export interface LiveOptions {
  readonly folder: string;
  readonly points: number;
  /** Points of the site that the sender leaves to somebody else. */
  readonly morePoints?: number;
  readonly readingsPerSecond: number;
  readonly perFrame: number;
  readonly alarmEvery: number;
  readonly warmMs: number;
  readonly measuredMs: number;
}

export interface LiveRun {
  readonly gateway: Gateway;
  readonly sender: Sender;
  readonly screen: Screen;
  readonly people: readonly Person[];
  readonly cookie: string;
  readonly siteFolder: string;
  readonly dataFolder: string;
}

/** Starts all three, waits until the load has run for `warmMs`, works, ends all three. */
export async function withLoad<T>(
  options: LiveOptions,
  work: (run: LiveRun) => Promise<T>,
  pastSeconds = 0,
): Promise<T> {
  const siteFolder = join(options.folder, 'site');
  const dataFolder = join(options.folder, 'data');
  mkdirSync(dataFolder, { recursive: true });
  writeSite(siteFolder, options.points + (options.morePoints ?? 0));
  const people = await makePeople(dataFolder);
  if (pastSeconds > 0) writePast(dataFolder, siteFolder, pastSeconds);
  const gateway = await Gateway.start('serve', dataFolder, siteFolder);
  let screen: Screen | null = null;
  let sender: Sender | null = null;
  try {
    const cookie = await gateway.logIn(people[0]!);
    screen = await Screen.start({ url: gateway.run.url, cookie });
    sender = await Sender.start({
      port: gateway.run.mqttPort,
      points: options.points,
      perFrame: options.perFrame,
      alarmEvery: options.alarmEvery,
      readingsPerSecond: options.readingsPerSecond,
    });
    await sleep(options.warmMs);
    return await work({ gateway, sender, screen, people, cookie, siteFolder, dataFolder });
  } finally {
    await sender?.end();
    await screen?.end();
    await gateway.discard();
  }
}

export interface CpuFigures {
  readonly usPerReading: number;
  readonly readingsPerSecond: number;
  readonly residentMb: number;
  readonly historyLagMs: number;
  /** By thread, µs per reading. */
  readonly threads: readonly { readonly thread: string; readonly us: number }[];
}

export function measureCpu(options: LiveOptions): Promise<CpuFigures> {
  return withLoad(options, async ({ gateway, sender, cookie }) => {
    const before = await sender.mark();
    const cpuBefore = processCpuUs(gateway.pid);
    const threadsBefore = threadTimes(gateway.pid);
    await sleep(options.measuredMs);
    const after = await sender.mark();
    const cpuAfter = processCpuUs(gateway.pid);
    const threads = threadTimesBetween(threadsBefore, threadTimes(gateway.pid));
    const { status } = (await gateway.get('/health', cookie)) as HealthAnswer;
    refuseLosses(status.counters);
    const readings = after.acknowledgedReadings - before.acknowledgedReadings;
    return {
      usPerReading: (cpuAfter - cpuBefore) / readings,
      readingsPerSecond: rateBetween(before, after),
      residentMb: residentMb(gateway.pid),
      historyLagMs: status.historyLagMs,
      threads: threads.map(({ thread, us }) => ({ thread, us: us / readings })),
    };
  });
}

export interface LatencyFigures {
  readonly alarms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Publish → screen. */
export function measureLatency(options: LiveOptions): Promise<LatencyFigures> {
  return withLoad(options, (run) => latencyDuring(run, options.measuredMs));
}

export interface StressFigures extends LatencyFigures {
  readonly logins: number;
  readonly reports: number;
  readonly reportMs: number;
}

/** The same while eight people log in at once, again and again, and a long report is asked for, again and again. */
export function measureLatencyUnderStress(options: LiveOptions, pastSeconds: number): Promise<StressFigures> {
  return withLoad(
    options,
    async (run) => {
      const stop = new AbortController();
      const counts = { logins: 0, reportsMs: [] as number[] };
      const logins = logInAgainAndAgain(run, stop.signal, counts);
      const reports = reportAgainAndAgain(run, pastSeconds, stop.signal, counts);
      const figures = await latencyDuring(run, options.measuredMs);
      stop.abort();
      await Promise.all([logins, reports]);
      const { logins: done, reportsMs } = counts;
      return { ...figures, logins: done, reports: reportsMs.length, reportMs: median(reportsMs) };
    },
    pastSeconds,
  );
}

/**
 * From kill -9 to the first alarm on the screen that was raised after it; started again at once, as a supervisor does.
 * `fromCheckpoint`: killed so long after a checkpoint; else after the start.
 */
export function measureRestart(
  options: LiveOptions,
  fromCheckpoint: boolean,
): Promise<{ readonly ms: number; readonly pauseMs: number }> {
  return withLoad(options, async ({ gateway, screen, cookie, siteFolder, dataFolder }) => {
    const pauseMs = fromCheckpoint ? await untilCheckpoint(gateway, cookie) : 0;
    await sleep(options.measuredMs);
    const killedAt = Date.now();
    const killedNs = Number(process.hrtime.bigint());
    const first = screen.firstAfter(killedAt);
    await gateway.end('SIGKILL');
    const next = Gateway.start('serve', dataFolder, siteFolder, gateway.run);
    try {
      const { atNs } = await first;
      return { ms: (atNs - killedNs) / 1e6, pauseMs };
    } finally {
      await (await next).end('SIGKILL');
    }
  });
}

/** Waits for the next checkpoint; how long it held the core up at most. */
async function untilCheckpoint(gateway: Gateway, cookie: string): Promise<number> {
  const counters = async () => ((await gateway.get('/health', cookie)) as HealthAnswer).status.counters;
  const before = (await counters())['checkpoints'] ?? 0;
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    await sleep(100);
    const { checkpoints = 0, checkpointPauseUs = 0 } = await counters();
    if (checkpoints > before) return checkpointPauseUs / 1000;
  }
  throw new Error('no checkpoint was taken within a minute');
}

/** Memory of the gateway process with so many points, all of them with values. */
export function measureResident(options: LiveOptions): Promise<number> {
  return withLoad(options, async ({ gateway }) => {
    await sleep(options.measuredMs);
    return residentMb(gateway.pid);
  });
}

export async function latencyDuring({ sender, screen }: LiveRun, ms: number): Promise<LatencyFigures> {
  await sender.alarms();
  await sleep(ms);
  const sent = await sender.alarms();
  await sleep(500); // the last ones are on their way
  const seen = new Map((await screen.alarms()).map(({ key, atNs }) => [key, atNs]));
  const latencies = sent.map(({ key, atNs }) => {
    const at = seen.get(key);
    if (at === undefined) throw new Error(`alarm ${key} was not told within half a second`);
    return (at - atNs) / 1e6;
  });
  if (latencies.length === 0) throw new Error('no alarms were raised');
  return {
    alarms: latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

async function logInAgainAndAgain(
  { gateway, people }: LiveRun,
  signal: AbortSignal,
  counts: { logins: number },
): Promise<void> {
  const eight = people.filter(({ id }) => loginPeople.includes(id));
  while (!signal.aborted) {
    const began = performance.now();
    await Promise.all(eight.map((person) => gateway.logIn(person)));
    counts.logins += eight.length;
    // Once a second: faster and the rate limit of one address answers.
    await sleep(Math.max(0, 1_000 - (performance.now() - began)));
  }
}

const reportPoints = 32;

async function reportAgainAndAgain(
  { gateway, cookie }: LiveRun,
  pastSeconds: number,
  signal: AbortSignal,
  counts: { reportsMs: number[] },
): Promise<void> {
  const points = Array.from({ length: reportPoints }, (_, i) => pointId(0, i)).join(',');
  while (!signal.aborted) {
    const began = performance.now();
    const to = Date.now();
    const from = to - 2 * pastSeconds * 1000;
    await gateway.get(`/history?points=${points}&from=${from}&to=${to}&maxSamples=2000`, cookie);
    counts.reportsMs.push(performance.now() - began);
  }
}

/** Some hours of the report's points, so that the report has something to read. */
function writePast(dataFolder: string, siteFolder: string, pastSeconds: number): void {
  const { documents } = loadSite(siteFolder);
  const store = new HistoryStore(join(dataFolder, 'history.db'));
  const first = Math.floor(Date.now() / 1000) * 1000 - (pastSeconds + 60) * 1000;
  store.configure(documents.points);
  const slots = Uint32Array.from({ length: reportPoints }, (_, slot) => slot);
  for (let second = 0; second < pastSeconds; second += 1) {
    store.addFrame({
      received: first + second * 1000,
      source: 0,
      count: reportPoints,
      slots,
      times: new Float64Array(reportPoints).fill(first + second * 1000),
      values: Float64Array.from(slots, (slot) => 0.4 + ((second * 7 + slot * 3) % 100) / 1000),
      status: new Uint16Array(reportPoints),
      outcomes: new Uint8Array(reportPoints),
    });
    if (second % 1_000 === 999) store.commit({ position: 0, inputSequence: 0 });
  }
  store.commit({ position: 0, inputSequence: 0 });
  store.close();
}

function rateBetween(before: SenderMark, after: SenderMark): number {
  return (after.acknowledgedReadings - before.acknowledgedReadings) / ((after.atNs - before.atNs) / 1e9);
}

/** A reading that was refused costs less than one that was taken. */
function refuseLosses(counters: Readonly<Record<string, number>>): void {
  for (const name of ['readingsRefused', 'framesRefused', 'readingsLate', 'framesDuplicate']) {
    if ((counters[name] ?? 0) > 0) throw new Error(`the gateway counts ${counters[name]} ${name}`);
  }
}
