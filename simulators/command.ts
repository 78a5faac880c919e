// `fengsui simulate fleet | site | proxy`: the load and the bad network for trials, from the command line. Figures go to
// standard output as one JSON line; each ends by itself. Exit codes: 0 all acknowledged, 1 not, or it failed, 2 the call is wrong.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { planDefaults, planFault, type FleetPlan } from './fleet/plan.ts';
import { defaultStartMs, runFleet } from './fleet/run.ts';
import { writeFleetSite } from './fleet/site.ts';
import { isStageName, stageNames, type StageName } from './fleet/stages.ts';
import { realClock } from './proxy/clock.ts';
import { FaultProxy } from './proxy/proxy.ts';
import { makeSchedule, runSchedule } from './proxy/schedule.ts';

export interface SimulateOutput {
  out(line: string): void;
  error(line: string): void;
}

const standard: SimulateOutput = {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

const usage = `usage: fengsui simulate site DIR [--mines N] [--points N] [--period-ms N]
       fengsui simulate fleet [--url mqtt://127.0.0.1:1883] [--mines N] [--points N] [--period-ms N] [--rate N]
         [--duration-s N] [--per-frame N] [--seed N] [--start-ms N] [--processes N] [--drain-s N]
         [--stuck SHARE] [--absent SHARE] [--blast-every-s N] [--stages ${stageNames.join(',')}]
         [--site DIR] [--book FILE]
       fengsui simulate proxy --target HOST:PORT [--port N] [--seed N] [--duration-s N] [--cut-every-s N]
         [--freeze-every-s N] [--freeze-s N] [--delay-ms N] [--jitter-ms N] [--bytes-per-s N]`;

const siteNumbers = ['mines', 'points', 'period-ms'];
const fleetNumbers = [
  ...siteNumbers,
  ...'rate duration-s per-frame seed start-ms processes drain-s stuck absent blast-every-s'.split(' '),
];
const proxyNumbers =
  'port seed duration-s cut-every-s freeze-every-s freeze-s delay-ms jitter-ms bytes-per-s'.split(' ');

/** What the call says wrongly; everything else went wrong on the way. */
class CallFault extends Error {}

export async function simulateCommand(
  args: readonly string[],
  output: SimulateOutput = standard,
): Promise<number> {
  const [what, ...rest] = args;
  try {
    switch (what) {
      case 'site':
        return site(rest);
      case 'fleet':
        return await fleet(rest, output);
      case 'proxy':
        return await proxy(rest, output);
      default:
        throw new CallFault(what === undefined ? 'site, fleet or proxy?' : `no ${what} to simulate`);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isCallFault = error instanceof CallFault;
    output.error(isCallFault ? `${error.message}\n${usage}` : error.message);
    return isCallFault ? 2 : 1;
  }
}

function site(args: readonly string[]): number {
  const { numbers, positionals } = read(args, siteNumbers, []);
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new CallFault('site wants one folder');
  writeFleetSite(folder, { ...planOf(numbers), startMs: 0 });
  return 0;
}

async function fleet(args: readonly string[], output: SimulateOutput): Promise<number> {
  const { numbers, texts } = read(args, fleetNumbers, ['url', 'stages', 'site', 'book']);
  const rate = numbers['rate'];
  const durationS = numbers['duration-s'] ?? 60;
  const processes = numbers['processes'] ?? 1;
  if (!((rate ?? 1) > 0 && durationS > 0)) throw new CallFault('rate and duration are above 0');
  if (!(Number.isInteger(processes) && processes > 0))
    throw new CallFault('processes is a whole number above 0');
  const free = planOf(numbers);
  const startMs = numbers['start-ms'] ?? defaultStartMs(free, durationS, rate, Date.now());
  const plan = checked({ ...free, startMs });
  if (texts['site'] !== undefined) writeFleetSite(texts['site'], plan);
  const { figures, pages } = await runFleet({
    plan,
    ...addressOf(texts['url'] ?? 'mqtt://127.0.0.1:1883', 'mqtt:'),
    durationS,
    processes,
    stages: stagesOf(texts['stages']),
    ...(rate === undefined ? {} : { rate }),
    ...(numbers['drain-s'] === undefined ? {} : { drainS: numbers['drain-s'] }),
  });
  if (texts['book'] !== undefined) writeFileSync(texts['book'], JSON.stringify({ plan, pages }));
  output.out(JSON.stringify(figures));
  return figures.unacknowledgedPackets === 0 && figures.unsent === 0 ? 0 : 1;
}

async function proxy(args: readonly string[], output: SimulateOutput): Promise<number> {
  const { numbers, texts } = read(args, proxyNumbers, ['target']);
  if (texts['target'] === undefined) throw new CallFault('proxy wants --target HOST:PORT');
  const target = addressOf(`tcp://${texts['target']}`, 'tcp:');
  const seed = numbers['seed'] ?? 1;
  const durationS = numbers['duration-s'] ?? 60;
  const running = await FaultProxy.listen({ target, port: numbers['port'] ?? 0, seed });
  output.error(`listening on 127.0.0.1:${running.port}`);
  try {
    running.delay('both', numbers['delay-ms'] ?? 0, numbers['jitter-ms'] ?? 0);
    running.limit('both', numbers['bytes-per-s'] ?? null);
    const day = makeSchedule({
      seed,
      durationS,
      cutEveryS: numbers['cut-every-s'] ?? 0,
      freezeEveryS: numbers['freeze-every-s'] ?? 0,
      freezeS: numbers['freeze-s'] ?? 5,
    });
    await Promise.all([
      runSchedule(running, day, realClock),
      new Promise<void>((resolve) => realClock.after(durationS * 1_000, resolve)),
    ]);
    output.out(JSON.stringify({ seed, ...running.counts }));
  } finally {
    await running.close();
  }
  return 0;
}

function planOf(numbers: Readonly<Record<string, number>>): Omit<FleetPlan, 'startMs'> {
  const plan = {
    mines: numbers['mines'] ?? 1,
    points: numbers['points'] ?? 100,
    periodMs: numbers['period-ms'] ?? planDefaults.periodMs,
    perFrame: numbers['per-frame'] ?? planDefaults.perFrame,
    seed: numbers['seed'] ?? planDefaults.seed,
    stuckShare: numbers['stuck'] ?? planDefaults.stuckShare,
    absentShare: numbers['absent'] ?? planDefaults.absentShare,
    blastEveryS: numbers['blast-every-s'] ?? planDefaults.blastEveryS,
  };
  checked({ ...plan, startMs: 0 });
  return plan;
}

function checked(plan: FleetPlan): FleetPlan {
  const fault = planFault(plan);
  if (fault !== null) throw new CallFault(fault);
  return plan;
}

function stagesOf(text: string | undefined): StageName[] {
  return (text ?? '')
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      if (!isStageName(name)) throw new CallFault(`no stage ${name}: ${stageNames.join(' ')}`);
      return name;
    });
}

function addressOf(text: string, protocol: string): { host: string; port: number } {
  const url = URL.parse(text);
  if (url === null || url.protocol !== protocol || url.hostname === '')
    throw new CallFault(`no address: ${text}`);
  if (url.port === '' && protocol === 'tcp:') throw new CallFault(`no port: ${text}`);
  return { host: url.hostname, port: Number(url.port === '' ? 1883 : url.port) };
}

function read(args: readonly string[], numberNames: readonly string[], textNames: readonly string[]) {
  const options = Object.fromEntries(
    [...numberNames, ...textNames].map((name) => [name, { type: 'string' as const }]),
  );
  const { values, positionals } = parsed(args, options);
  const numbers: Record<string, number> = {};
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') continue;
    if (!numberNames.includes(name)) texts[name] = value;
    else if (value.trim() === '' || !Number.isFinite(Number(value)) || Number(value) < 0)
      throw new CallFault(`--${name} wants a number, not ${value}`);
    else numbers[name] = Number(value);
  }
  return { numbers, texts, positionals };
}

function parsed(args: readonly string[], options: Record<string, { type: 'string' }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CallFault(error instanceof Error ? error.message : String(error));
  }
}
