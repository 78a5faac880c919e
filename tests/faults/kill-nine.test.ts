// kill -9 of the gateway at random moments of a fast replay of the ventilation loss, by a sender that repeats what was
// not acknowledged. Afterwards: every acknowledged reading is in history once, alarms and cases with their ids equal
// those of an undisturbed run, no event twice, the chain holds. FENGSUI_KILLS=100 for the long run.

import { createServer, type AddressInfo } from 'node:net';
import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { checkInvariants } from '#alarms/log/invariants.ts';
import type { Event } from '#alarms/log/event.ts';
import { loadSite } from '#seeds/load.ts';
import { randomSequence } from '#simulators/random.ts';
import { publishRecording, shiftBehind } from '#simulators/publish-recording.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { historyContents } from '#gateway/adapters/sqlite/test/history-contents.ts';
import { JournalReader } from '#gateway/journal/reader.ts';
import { verifyCommand } from '#gateway/verify/command.ts';
import { demoSite, GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';
import { alarmsOf, casesOf } from './outcome.ts';

const kills = Number(process.env['FENGSUI_KILLS'] ?? 6);
const speed = 40;
const episodes = [14, 15, 16, 17];
/** The chosen episodes span five days: a later pass begins after the one before. */
const passGapMs = 10 * 86_400_000;

interface Outcome {
  readonly frames: number;
  readonly readings: number;
  readonly alarms: readonly unknown[];
  readonly cases: readonly unknown[];
  readonly stored: number;
  readonly distinct: number;
  readonly events: readonly Event[];
}

const running = new Set<GatewayProcess>();
afterAll(async () => {
  for (const gateway of running) await gateway.kill();
});

test(`${kills} kills change no alarm, no case and no reading`, async () => {
  const shiftMs = shiftBehind(demoSite, Date.now()) - 20 * passGapMs;
  const passes = Math.max(1, Math.ceil(kills / 8));
  const calm = await replay('calm', shiftMs, passes, 0);
  const killed = await replay('killed', shiftMs, passes, kills);
  expect(killed.frames).toBe(calm.frames);
  expect(killed.stored).toBe(calm.stored);
  expect(killed.distinct).toBe(killed.stored);
  expect(killed.alarms).toEqual(calm.alarms);
  expect(killed.cases).toEqual(calm.cases);
  expect(calm.alarms.length).toBeGreaterThan(10);
}, 900_000);

async function replay(name: string, shiftMs: number, passes: number, wanted: number): Promise<Outcome> {
  const folder = temporaryFolder(name);
  const mqttPort = await freePort();
  const environment = {
    FENGSUI_MQTT_PORT: String(mqttPort),
    FENGSUI_CHECKPOINT_S: '1',
    FENGSUI_HISTORY_DAYS: '3650',
  };
  const start = async () => {
    const started = await GatewayProcess.start({ dataFolder: folder.path, environment });
    running.add(started);
    return started;
  };
  const random = randomSequence(20_260_318 + wanted);
  let gateway = await start();
  let isPublishing = true;
  let frames = 0;
  let readings = 0;
  const publishing = (async () => {
    let next = 1;
    for (let pass = 0; pass < passes; pass += 1) {
      const done = await publishRecording({
        url: `mqtt://127.0.0.1:${mqttPort}`,
        site: demoSite,
        speed,
        shiftMs: shiftMs + pass * passGapMs,
        episodes,
        firstSequence: next,
      });
      expect(done.acknowledged).toBe(done.frames);
      next = done.nextSequence;
      frames += done.frames;
      readings += done.readings;
    }
    isPublishing = false;
  })();
  let killed = 0;
  let inCheckpoint = 0;
  while (killed < wanted && isPublishing) {
    const from = performance.now() + 150 + random() * 700;
    // Every third kill comes with the first write of a checkpoint.
    const wantsCheckpoint = killed % 3 === 2;
    const checkpoint = wantsCheckpoint ? new CheckpointWatch(folder.path, gateway) : null;
    await until('the moment to kill', () => {
      if (!isPublishing || performance.now() > from + 2_500) return true;
      return performance.now() > from && !wantsCheckpoint ? true : gateway.child.signalCode !== null;
    });
    if (checkpoint?.hasKilled === true) inCheckpoint += 1;
    checkpoint?.close();
    await gateway.kill();
    killed += 1;
    gateway = await start();
  }
  await publishing;
  const events = await until('events.db has caught up', () => projected(folder.path, readings), 60_000);
  await gateway.stop();
  const [stored, distinct] = historyCounts(folder.path);
  expect(await verifyCommand(['--data', folder.path], { out: () => {}, error: () => {} })).toBe(0);
  expect(journalEvents(folder.path).slice(0, events.length)).toEqual(events);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter(({ alarm }) => alarm?.startsWith('SYS-RECOVERY'))).toEqual([]);
  expect(checkInvariants(events, loadSite(demoSite).documents)).toEqual([]);
  if (wanted > 0)
    console.log(
      `killed ${killed} times (${inCheckpoint} in a checkpoint), ${frames} frames, ${readings} readings, ${events.length} events`,
    );
  folder.remove();
  return { frames, readings, alarms: alarmsOf(events), cases: casesOf(events), stored, distinct, events };
}

/** Kills in the very call that tells of the first change in the checkpoint folder: its file is being written then. */
class CheckpointWatch {
  hasKilled = false;
  private readonly watcher: FSWatcher;

  constructor(dataFolder: string, gateway: GatewayProcess) {
    this.watcher = watch(join(dataFolder, 'checkpoints'), () => {
      this.hasKilled = true;
      gateway.child.kill('SIGKILL');
      this.watcher.close();
    });
  }

  close(): void {
    this.watcher.close();
  }
}

/** The events once history holds every acknowledged reading (duplicates of the recording itself are not stored). */
function projected(dataFolder: string, readings: number): Event[] | null {
  const [stored] = historyCounts(dataFolder);
  if (stored < readings) return null;
  const database = new DatabaseSync(join(dataFolder, 'events.db'), { readOnly: true });
  const rows = database.prepare('SELECT json FROM events ORDER BY seq').all();
  database.close();
  // The events lane runs by itself: history may be ahead of it.
  if (rows.length < journalEvents(dataFolder).length) return null;
  return rows.map((row) => JSON.parse(String(row['json'])) as Event);
}

function historyCounts(dataFolder: string): [number, number] {
  try {
    const { samples } = historyContents(join(dataFolder, 'history.db'));
    return [samples.length, new Set(samples.map((line) => line.split(' ', 2).join(' '))).size];
  } catch {
    return [0, 0]; // no table yet
  }
}

/** Every event of the journal's segments (none is released within a test). */
function journalEvents(dataFolder: string): Event[] {
  const events: Event[] = [];
  const reader = new JournalReader(new NodeFiles(join(dataFolder, 'journal')), 0);
  for (let read = reader.next(); read.kind !== 'end'; read = reader.next()) {
    if (read.kind === 'gap') throw new Error(`gap in the journal: ${read.reason} ${read.from} to ${read.to}`);
    for (const entry of read.batch.entries('events')) if (entry.kind === 'event') events.push(entry.event);
  }
  reader.close();
  return events;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
