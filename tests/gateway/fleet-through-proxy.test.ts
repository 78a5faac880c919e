// A fleet sends through a network that cuts its connections again and again: every reading that the gateway has
// acknowledged is in history exactly once, with its value, and nothing is there that was never sent. The readings are
// made again from the seed; nobody has kept them.

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { planDefaults, type FleetPlan } from '#simulators/fleet/plan.ts';
import { defaultStartMs, runFleet, type FleetFigures } from '#simulators/fleet/run.ts';
import { writeFleetSite } from '#simulators/fleet/site.ts';
import { shiftOfStages, type StageName } from '#simulators/fleet/stages.ts';
import { verifyBook, type ReadHistory, type Verification } from '#simulators/fleet/verify.ts';
import { FaultProxy } from '#simulators/proxy/proxy.ts';
import { GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { historyRows, lateRows } from '../support/history-rows.ts';
import { until } from '../support/wait.ts';

const folder = temporaryFolder('fleet');
afterAll(() => folder.remove());

const rate = 4_000;
const durationS = 3;
const cuts = 5;

/** Two mines of 50 points, a hundred seconds and more of each, sent in three. */
function makePlan(seed: number): FleetPlan {
  const plan = {
    ...planDefaults,
    mines: 2,
    points: 50,
    perFrame: 10,
    seed,
    absentShare: 0.1,
    stuckShare: 0.1,
  };
  return { ...plan, startMs: defaultStartMs(plan, durationS, rate, Date.now()) };
}

async function runThroughCuts(
  name: string,
  plan: FleetPlan,
  stages: readonly StageName[],
): Promise<{ figures: FleetFigures; verification: Verification }> {
  const site = join(folder.path, `site-${name}`);
  const dataFolder = join(folder.path, `data-${name}`);
  writeFleetSite(site, plan);
  const gateway = await GatewayProcess.start({ dataFolder, environment: { FENGSUI_SITE: site } });
  const proxy = await FaultProxy.listen({ target: { host: '127.0.0.1', port: gateway.run.mqttPort } });
  try {
    const running = runFleet({
      plan,
      host: '127.0.0.1',
      port: proxy.port,
      rate,
      durationS,
      processes: 2,
      stages,
    });
    for (let cut = 0; cut < cuts; cut += 1) {
      // Frames have come through since the last cut. Every other one takes PUBACKs that are on their way: the gateway
      // has recorded what they are for, and gets it again.
      await forwarded(proxy, 10_000);
      if (cut % 2 === 0) proxy.freeze('down');
      await forwarded(proxy, 10_000);
      expect(proxy.cut(cut < 3 ? 'reset' : 'fin')).toBe(2);
      proxy.thaw('down');
    }
    const outcome = await running;
    // History follows the acknowledgement. A reading that never comes is told by the comparison, with others of its kind.
    const shiftOf = shiftOfStages(stages, plan.seed);
    const verify = () =>
      verifyBook(plan, outcome.pages, readerOf(dataFolder), shiftOf === undefined ? {} : { shiftOf });
    await until('history has caught up', () => verify().faults.missing === 0).catch(() => {});
    expect(await gateway.stop()).toBe(0);
    return { figures: outcome.figures, verification: verify() };
  } finally {
    await proxy.close();
    await gateway.kill();
  }
}

function forwarded(proxy: FaultProxy, bytes: number): Promise<boolean> {
  const before = proxy.counts.up.forwarded;
  return until(
    'frames are under way',
    () => proxy.connections === 2 && proxy.counts.up.forwarded > before + bytes,
  );
}

function readerOf(dataFolder: string): ReadHistory {
  const late = lateRows(dataFolder);
  return (points, from, to) => {
    const wanted = new Set(points);
    return [
      ...historyRows(dataFolder, points, { from, to }),
      ...late.filter(({ point, time }) => wanted.has(point) && time >= from && time < to),
    ];
  };
}

test('through five cuts every acknowledged reading is in history exactly once', async () => {
  const plan = makePlan(7);
  const { figures, verification } = await runThroughCuts('cuts', plan, []);
  expect(figures).toMatchObject({
    sent: rate * durationS,
    acknowledged: rate * durationS,
    unacknowledgedPackets: 0,
  });
  // One connection may be cut before it is open; both never are.
  expect(figures.reconnects).toBeGreaterThan(cuts);
  expect(figures.resentPackets).toBeGreaterThan(50);
  const { expected, found, faults, findings } = verification;
  expect(findings).toEqual([]);
  expect({ expected, found }).toEqual({ expected: rate * durationS, found: rate * durationS });
  expect(Object.values(faults).every((count) => count === 0)).toBe(true);
}, 90_000);

test('and so with frames out of order, repeated, skewed, missing, stale and broken besides', async () => {
  const plan = makePlan(8);
  const stages = ['clock-skew', 'stale', 'gaps', 'broken', 'duplicates', 'disorder'] as const;
  const { figures, verification } = await runThroughCuts('stages', plan, stages);
  expect(figures.unacknowledgedPackets).toBe(0);
  expect(figures.acknowledged).toBeGreaterThan(0.9 * rate * durationS);
  expect(figures.acknowledged).toBeLessThan(rate * durationS);
  for (const count of [figures.brokenFrames, figures.repeatedFrames]) expect(count).toBeGreaterThan(20);
  const { expected, found, findings } = verification;
  expect(findings).toEqual([]);
  expect({ expected, found }).toEqual({ expected: figures.acknowledged, found: figures.acknowledged });
}, 90_000);
