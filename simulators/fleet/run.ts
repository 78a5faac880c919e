// Runs a fleet: shares its stations among sender processes and puts their results together. The readings are the same
// however many processes there are.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StationPage } from './book.ts';
import { Latencies } from './latencies.ts';
import { planFault, readingsPerSecond, stationsOf, type FleetPlan } from './plan.ts';
import type { SendingJob, SendingResult } from './sender.ts';
import type { StageName } from './stages.ts';
import type { FromWorker } from './worker.ts';

export interface FleetRun {
  readonly plan: FleetPlan;
  readonly host: string;
  readonly port: number;
  readonly durationS: number;
  /** Default: each point once a period. */
  readonly rate?: number;
  readonly processes?: number;
  readonly drainS?: number;
  readonly stages?: readonly StageName[];
}

export interface FleetFigures {
  readonly seed: number;
  readonly startMs: number;
  readonly points: number;
  readonly stations: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Readings sent more than 100 ms after they were due. */
  readonly late: number;
  /** Readings of the plan that were not sent before the deadline. */
  readonly unsent: number;
  readonly unacknowledgedPackets: number;
  readonly resentPackets: number;
  readonly reconnects: number;
  readonly brokenFrames: number;
  readonly repeatedFrames: number;
  readonly pubackMs: { readonly p50: number | null; readonly p99: number | null };
  readonly elapsedS: number;
  readonly readingsPerS: number;
  readonly cpuUsPerReading: number;
}

export interface FleetOutcome {
  readonly figures: FleetFigures;
  readonly pages: readonly StationPage[];
}

const drainSDefault = 30;
const workerFile = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Faster than the points' own period, the stamps begin in the past, so that none lies ahead of its sending. */
export function defaultStartMs(
  plan: Omit<FleetPlan, 'startMs'>,
  durationS: number,
  rate: number | undefined,
  nowMs: number,
): number {
  const speed = (rate ?? 0) / readingsPerSecond({ ...plan, startMs: 0 });
  return Math.floor(nowMs - Math.max(0, speed - 1) * durationS * 1_000 - plan.periodMs);
}

export async function runFleet(run: FleetRun): Promise<FleetOutcome> {
  const { plan } = run;
  const fault = planFault(plan);
  if (fault !== null) throw new Error(fault);
  const stations = stationsOf(plan);
  const processes = Math.min(run.processes ?? 1, stations.length);
  const results = await allOrNone(
    Array.from({ length: processes }, (_, n) => ({
      plan,
      host: run.host,
      port: run.port,
      stations: stations.filter(({ index }) => index % processes === n).map(({ index }) => index),
      readingsPerSecond: run.rate ?? readingsPerSecond(plan),
      durationS: run.durationS,
      drainS: run.drainS ?? drainSDefault,
      stages: run.stages ?? [],
    })),
  );
  const pages = results.flatMap(({ pages }) => pages).sort((a, b) => a.station - b.station);
  return { figures: figuresOf(plan, stations.length, results), pages };
}

/** Where one process fails the others are stopped: half a fleet measures nothing. */
async function allOrNone(jobs: readonly SendingJob[]): Promise<SendingResult[]> {
  const controller = new AbortController();
  try {
    return await Promise.all(jobs.map((job) => inProcess(job, controller.signal)));
  } finally {
    controller.abort();
  }
}

function inProcess(job: SendingJob, signal: AbortSignal): Promise<SendingResult> {
  return new Promise((resolve, reject) => {
    const child = fork(workerFile, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop);
    child.on('message', (message: FromWorker) =>
      'result' in message ? resolve(message.result) : reject(new Error(message.error)),
    );
    child.on('error', reject);
    child.on('exit', (code) => {
      signal.removeEventListener('abort', stop);
      reject(new Error(`a sender process ended with ${code}`)); // nothing, where it has answered
    });
    child.send(job);
  });
}

function figuresOf(plan: FleetPlan, stations: number, results: readonly SendingResult[]): FleetFigures {
  const sum = (of: (result: SendingResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  const latencies = new Latencies();
  for (const { latencyCounts } of results) latencies.add(latencyCounts);
  const elapsedS = Math.max(...results.map(({ elapsedMs }) => elapsedMs)) / 1_000;
  const sent = sum(({ sentFrames }) => sentFrames) * plan.perFrame;
  const acknowledged = sum(({ acknowledgedFrames }) => acknowledgedFrames) * plan.perFrame;
  return {
    seed: plan.seed,
    startMs: plan.startMs,
    points: plan.mines * plan.points,
    stations,
    sent,
    acknowledged,
    late: sum(({ lateFrames }) => lateFrames) * plan.perFrame,
    unsent: sum(({ unsentFrames }) => unsentFrames) * plan.perFrame,
    unacknowledgedPackets: sum(({ unacknowledgedPackets }) => unacknowledgedPackets),
    resentPackets: sum(({ resentPackets }) => resentPackets),
    reconnects: sum(({ reconnects }) => reconnects),
    brokenFrames: sum(({ brokenFrames }) => brokenFrames),
    repeatedFrames: sum(({ repeatedFrames }) => repeatedFrames),
    pubackMs: { p50: latencies.quantileMs(0.5), p99: latencies.quantileMs(0.99) },
    elapsedS: rounded(elapsedS),
    readingsPerS: Math.round(acknowledged / elapsedS),
    cpuUsPerReading: rounded((sum(({ cpuMs }) => cpuMs) * 1_000) / Math.max(1, sent)),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
