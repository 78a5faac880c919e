// All measurements by name, each with the goals it is held against. Sizes come as a plan: the whole bench, or the small
// one that only shows that everything runs (its figures mean nothing).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Measured } from './case.ts';
import { measureDemo, measureFirstLoad } from './footprint.ts';
import { measureHttp, measureLatencyBesideHttp } from './http.ts';
import {
  measureCpu,
  measureLatency,
  measureLatencyUnderStress,
  measureResident,
  measureRestart,
} from './live.ts';
import { measurePipeline } from './pipeline.ts';

export interface Plan {
  readonly points: number;
  readonly warmPasses: number;
  readonly passes: number;
  readonly slowRate: number;
  readonly fastRate: number;
  readonly warmMs: number;
  readonly measuredMs: number;
  readonly latencyRuns: number;
  /** Seconds of history behind the report that runs meanwhile: a report of about a second. */
  readonly pastSeconds: number;
  /** After a checkpoint, just below the span to the next at this rate: the longest suffix there is. */
  readonly beforeKillMs: number;
  readonly killsAfterCheckpoint: boolean;
  readonly demoMs: number;
}

export const wholePlan: Plan = {
  points: 10_000,
  warmPasses: 100,
  passes: 300,
  slowRate: 50_000,
  fastRate: 500_000,
  warmMs: 4_000,
  measuredMs: 10_000,
  latencyRuns: 3,
  pastSeconds: 160_000,
  beforeKillMs: 10_000,
  killsAfterCheckpoint: true,
  demoMs: 40_000,
};

export const smallPlan: Plan = {
  points: 1_000,
  warmPasses: 10,
  passes: 20,
  slowRate: 5_000,
  fastRate: 20_000,
  warmMs: 300,
  measuredMs: 700,
  latencyRuns: 1,
  pastSeconds: 1_000,
  beforeKillMs: 300,
  killsAfterCheckpoint: false,
  demoMs: 1_000,
};

export interface Measurement {
  readonly name: string;
  readonly run: (plan: Plan, note: (line: string) => void) => Promise<readonly Measured[]>;
}

/** Some 80 alarms a second raised or returned: a flood in any mine, and what the first spike had. */
const slowAlarmEvery = 13;
const fastAlarmEvery = 131;

/** Sources that send over HTTP at once, each waiting for its answer. */
const httpConnections = 16;

export const measurements: readonly Measurement[] = [
  { name: 'pipeline', run: pipeline },
  {
    name: 'gateway-50k',
    run: (plan, note) => gatewayCpu('50k', plan.slowRate, 6, slowAlarmEvery, plan, note),
  },
  {
    name: 'gateway-500k',
    run: (plan, note) => gatewayCpu('500k', plan.fastRate, 2, fastAlarmEvery, plan, note),
  },
  { name: 'latency', run: latency },
  { name: 'latency-stress', run: latencyStress },
  { name: 'http', run: http },
  { name: 'restart', run: restart },
  { name: 'memory', run: memory },
  { name: 'demo', run: demo },
  { name: 'dashboard', run: dashboard },
];

async function pipeline(plan: Plan, note: (line: string) => void): Promise<readonly Measured[]> {
  const { points, warmPasses, passes } = plan;
  const figures = await inFolder((folder) => measurePipeline({ folder, points, warmPasses, passes }));
  note(`${figures.readings} readings, ${figures.events} events`);
  return [
    {
      name: 'pipeline cpu per reading',
      unit: 'µs',
      value: figures.usPerReading,
      better: 'lower',
      goal: null,
      isCpu: true,
    },
    {
      name: 'recovery re-step rate',
      unit: 'readings/s',
      value: figures.recoveredPerSecond,
      better: 'higher',
      goal: 1_000_000,
    },
  ];
}

async function gatewayCpu(
  label: string,
  rate: number,
  goal: number,
  alarmEvery: number,
  plan: Plan,
  note: (line: string) => void,
): Promise<readonly Measured[]> {
  const { points, warmMs, measuredMs } = plan;
  const figures = await inFolder((folder) =>
    measureCpu({ folder, points, readingsPerSecond: rate, perFrame: 100, alarmEvery, warmMs, measuredMs }),
  );
  note(
    `RSS ${Math.round(figures.residentMb)} MB, history behind by ${Math.round(figures.historyLagMs)} ms; µs by thread: ` +
      figures.threads
        .slice(0, 10)
        .map(({ thread, us }) => `${thread} ${us.toFixed(3)}`)
        .join(', '),
  );
  return [
    {
      name: `gateway cpu per reading at ${label}/s`,
      unit: 'µs',
      value: figures.usPerReading,
      better: 'lower',
      goal,
      isCpu: true,
    },
    {
      name: `gateway rate at ${label}/s`,
      unit: 'readings/s',
      value: figures.readingsPerSecond,
      better: 'higher',
      // A hundredth less is the edges of the span.
      goal: 0.99 * rate,
    },
    {
      // What is not stored yet has not cost its CPU yet either.
      name: `history behind at ${label}/s`,
      unit: 'ms',
      value: figures.historyLagMs,
      better: 'lower',
      goal: null,
    },
  ];
}

async function latency(plan: Plan, note: (line: string) => void): Promise<readonly Measured[]> {
  const runs = [];
  for (let run = 0; run < plan.latencyRuns; run += 1)
    runs.push(await inFolder((folder) => measureLatency(latencyOptions(folder, plan))));
  note(
    runs
      .map(({ alarms, p50Ms, p99Ms }) => `${alarms} alarms ${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}`)
      .join('; '),
  );
  return [
    {
      name: 'alarm latency p50',
      unit: 'ms',
      value: median(runs.map(({ p50Ms }) => p50Ms)),
      better: 'lower',
      goal: 2,
    },
    {
      name: 'alarm latency p99',
      unit: 'ms',
      value: median(runs.map(({ p99Ms }) => p99Ms)),
      better: 'lower',
      goal: 8,
    },
  ];
}

async function latencyStress(plan: Plan, note: (line: string) => void): Promise<readonly Measured[]> {
  const runs = [];
  for (let run = 0; run < plan.latencyRuns; run += 1)
    runs.push(
      await inFolder((folder) => measureLatencyUnderStress(latencyOptions(folder, plan), plan.pastSeconds)),
    );
  note(
    runs
      .map(
        ({ alarms, p50Ms, p99Ms, logins, reports, reportMs }) =>
          `${alarms} alarms ${p50Ms.toFixed(2)} / ${p99Ms.toFixed(2)}, ${logins} logins, ${reports} reports of ${Math.round(reportMs)} ms`,
      )
      .join('; '),
  );
  return [
    {
      name: 'alarm latency p99, 8 logins at once and a report',
      unit: 'ms',
      value: median(runs.map(({ p99Ms }) => p99Ms)),
      better: 'lower',
      goal: 20,
    },
  ];
}

/** The rate of the latency goal: a mine of 5 000 points at 1 s, in small frames. */
function latencyOptions(folder: string, { points, warmMs, measuredMs }: Plan) {
  return { folder, points, readingsPerSecond: 5_000, perFrame: 10, alarmEvery: 7, warmMs, measuredMs };
}

async function http(plan: Plan, note: (line: string) => void): Promise<readonly Measured[]> {
  const { points, warmMs, measuredMs } = plan;
  const figures = await inFolder((folder) =>
    measureHttp({ folder, points, connections: httpConnections, warmMs, measuredMs }),
  );
  const beside = await inFolder((folder) =>
    measureLatencyBesideHttp(latencyOptions(folder, plan), httpConnections, 2 * plan.slowRate),
  );
  note(
    `p50 ${figures.p50Ms} ms over ${httpConnections} connections; alarms beside it p50 ${beside.p50Ms.toFixed(2)} ms`,
  );
  return [
    {
      name: 'http ingest rate, frames of 100',
      unit: 'readings/s',
      value: figures.readingsPerSecond,
      better: 'higher',
      goal: 100_000,
    },
    { name: 'http ingest latency p99', unit: 'ms', value: figures.p99Ms, better: 'lower', goal: 50 },
    {
      name: 'alarm latency p99, http ingest at 100k/s',
      unit: 'ms',
      value: beside.p99Ms,
      better: 'lower',
      goal: null,
    },
  ];
}

async function restart(
  { points, slowRate, warmMs, beforeKillMs, killsAfterCheckpoint }: Plan,
  note: (line: string) => void,
): Promise<readonly Measured[]> {
  const { ms, pauseMs } = await inFolder((folder) =>
    measureRestart(
      {
        folder,
        points,
        readingsPerSecond: slowRate,
        perFrame: 100,
        alarmEvery: slowAlarmEvery,
        warmMs,
        measuredMs: beforeKillMs,
      },
      killsAfterCheckpoint,
    ),
  );
  note(`the checkpoint before held the core up for ${pauseMs.toFixed(2)} ms at most`);
  return [{ name: 'kill to first new alarm', unit: 's', value: ms / 1000, better: 'lower', goal: 3 }];
}

/** Each at ten passes a second, so that both have had as many readings per point. */
async function memory({ points, warmMs, measuredMs }: Plan): Promise<readonly Measured[]> {
  const few = 100;
  const at = (folder: string, count: number) =>
    measureResident({
      folder,
      points: count,
      readingsPerSecond: count,
      perFrame: 100,
      alarmEvery: 7,
      warmMs,
      measuredMs,
    });
  const large = await inFolder((folder) => at(folder, points));
  const small = await inFolder((folder) => at(folder, few));
  return [
    {
      name: 'memory per 10 000 points',
      unit: 'MB',
      value: ((large - small) * 10_000) / (points - few),
      better: 'lower',
      goal: null,
    },
  ];
}

async function demo({ demoMs }: Plan): Promise<readonly Measured[]> {
  const { gatewayMb, bothMb } = await inFolder((folder) => measureDemo(join(folder, 'data'), demoMs));
  return [
    { name: 'demo memory, gateway process', unit: 'MB', value: gatewayMb, better: 'lower', goal: 250 },
    { name: 'demo memory, with replay process', unit: 'MB', value: bothMb, better: 'lower', goal: null },
  ];
}

function dashboard(): Promise<readonly Measured[]> {
  const value = measureFirstLoad();
  return Promise.resolve([
    { name: 'dashboard first load, gzip without fonts', unit: 'kB', value, better: 'lower', goal: 300 },
  ]);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
