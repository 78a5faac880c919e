// kill -9 of the gateway at random moments of a fast replay, beside a second gateway with the same replay that nothing
// disturbs. Afterwards: every acknowledged reading is in history once, reading by reading, alarms and cases with their
// ids equal those of the undisturbed run, no event twice, the chain holds.
// FENGSUI_KILLS=100 FENGSUI_REPLAY_SPEED=10 is the long run, of ten minutes.

import { afterAll, expect, test } from 'vitest';
import type { Event } from '#alarms/log/event.ts';
import { checkInvariants } from '#alarms/log/invariants.ts';
import { openQueries } from '#gateway/adapters/sqlite/queries.ts';
import { verifyCommand } from '#gateway/verify/command.ts';
import { loadSite } from '#seeds/load.ts';
import { demoSite } from '../support/gateway-process.ts';
import { historyRows, lateRows } from '../support/history-rows.ts';
import { until } from '../support/wait.ts';
import { FastReplay, ReplayPlan } from './fast-replay.ts';
import { journalContent } from './journal-content.ts';
import { blindSpanFaults, casesOf, recordOf } from './outcome.ts';

const kills = Number(process.env['FENGSUI_KILLS'] ?? 8);
/** The default keeps the test short; nothing but the time between the frames depends on it. */
const speed = Number(process.env['FENGSUI_REPLAY_SPEED'] ?? 50);

const { documents } = loadSite(demoSite);
const points = documents.points.map(({ id }) => id);
const mines = documents.sites.filter(({ kind }) => kind === 'mine').map(({ id }) => id);
const runs: FastReplay[] = [];
afterAll(async () => {
  for (const run of runs) await run.remove();
});

test(
  `${kills} kills of a replay at ${speed} times its speed change no alarm, no case and no reading`,
  async () => {
    const plan = new ReplayPlan(speed, kills);
    const calm = new FastReplay('calm', plan);
    const killed = new FastReplay('killed', plan);
    runs.push(calm, killed);
    await Promise.all([killed.runKilled(), calm.runCalm()]);
    expect(killed.kills).toBe(kills);
    const wanted = await examine(calm);
    const events = await examine(killed);
    expect(killed.frames).toBe(calm.frames);
    expect(recordOf(events)).toEqual(recordOf(wanted));
    expect(casesOf(wanted).length).toBeGreaterThan(10);
    expect(recordOf(wanted).length).toBeGreaterThan(50);
    // A process that has sent a PUBACK has recorded its start; one that was killed in it perhaps not.
    const starts = events.filter(({ type }) => type === 'GatewayStarted').length;
    expect(starts).toBeGreaterThan(killed.killsAt.PUBACK);
    expect(starts).toBeLessThanOrEqual(killed.starts);
    const { passes } = plan;
    const { killsAt, checkpointsTorn, resent, book, frames } = killed;
    console.log(
      JSON.stringify({ kills, speed, passes, ...killsAt, checkpointsTorn, frames, resent }),
      JSON.stringify({ readings: book.rows.length, events: events.length, starts, calm: wanted.length }),
    );
  },
  300_000 + kills * 30_000,
);

/** Everything that must hold of one run by itself; its events. */
async function examine(run: FastReplay): Promise<readonly Event[]> {
  const { folder, book } = run;
  expect(book.frames, 'frames acknowledged, each once').toBe(run.frames);
  expect([...book.points].toSorted()).toEqual(points.toSorted());
  await projected(run);
  expect(await run.stop()).toBe(0);

  expect(book.differences(historyRows(folder, points)), 'history').toEqual([]);
  expect(lateRows(folder), 'a frame that is sent again is no late one').toEqual([]);
  const journal = journalContent(folder, points);
  expect(book.differences(journal.accepted), 'journal').toEqual([]);

  const events = eventsOf(folder);
  expect(journal.events.slice(0, events.length)).toEqual(events);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter(({ alarm }) => alarm?.startsWith('SYS-RECOVERY'))).toEqual([]);
  expect(checkInvariants(events, documents)).toEqual([]);
  expect(blindSpanFaults(events)).toEqual([]);
  expect(await verifyCommand(['--data', folder], { out: () => {}, error: () => {} })).toBe(0);
  return events;
}

/** Waits for the two projections. A reading that never comes is told by the comparison, with others of its kind. */
async function projected({ folder, book }: FastReplay): Promise<void> {
  const last = book.rows.at(-1);
  if (last === undefined) throw new Error('nothing was acknowledged');
  const range = { from: last.time, to: last.time + 1 };
  const isLastThere = () => historyRows(folder, [last.point], range).length > 0;
  await until('history has the last reading', isLastThere).catch(() => {});
  const recorded = journalContent(folder, points).events.length;
  await until('events.db has every event', () => {
    const queries = openQueries(folder);
    const seq = queries.projectedSeq();
    queries.close();
    return seq >= recorded;
  });
}

function eventsOf(dataFolder: string): Event[] {
  const queries = openQueries(dataFolder);
  const events: Event[] = [];
  for (;;) {
    const more = queries.events({ mines, afterSeq: events.length, limit: 1_000 });
    if (more.length === 0) break;
    events.push(...more);
  }
  queries.close();
  return events;
}
