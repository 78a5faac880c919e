// A backup taken while readings come in, of a gateway that is then killed, restored elsewhere and started: alarms and
// cases are those of the killed one up to the backup's position, and no reading is missing that was acknowledged before.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Event } from '#alarms/log/event.ts';
import { openQueries } from '#gateway/adapters/sqlite/queries.ts';
import { parseManifest } from '#gateway/backup/manifest.ts';
import { backupCommand } from '#gateway/commands/backup.ts';
import { restoreCommand } from '#gateway/commands/restore.ts';
import { verifyCommand } from '#gateway/verify/command.ts';
import { loadSite } from '#seeds/load.ts';
import { journalContent } from '../faults/journal-content.ts';
import { demoSite, GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { historyRows } from '../support/history-rows.ts';
import { until } from '../support/wait.ts';
import { Sender } from './sender.ts';

const { documents } = loadSite(demoSite);
const points = documents.points.map(({ id }) => id);
const mines = documents.sites.filter(({ kind }) => kind === 'mine').map(({ id }) => id);
const methane = documents.points.find(({ measurand }) => measurand === 'CH4')!;
const topic = `mine/v1/${methane.mine}/safety/backup-test/data`;
const everyMs = 1_000;

const folder = temporaryFolder('backup');
const gateways: GatewayProcess[] = [];
const senders: Sender[] = [];
afterAll(async () => {
  for (const sender of senders) sender.close();
  for (const gateway of gateways) if (gateway.child.exitCode === null) await gateway.kill();
  folder.remove();
});

interface Told {
  readonly lines: string[];
  out(line: string): void;
  error(line: string): void;
}

function told(): Told {
  const lines: string[] = [];
  return { lines, out: (line) => lines.push(line), error: (line) => lines.push(line) };
}

/** A source whose values cross the alarm limit again and again, so that alarms and cases come all the while. */
class Source {
  /** Stamps of readings whose PUBACK has come. */
  readonly acknowledged: number[] = [];
  private readonly sender: Sender;
  private next: number;
  private isEnding = false;

  constructor(sender: Sender, from: number) {
    this.sender = sender;
    this.next = from;
  }

  async run(): Promise<void> {
    while (!this.isEnding) await this.sendOne();
  }

  end(): void {
    this.isEnding = true;
  }

  private async sendOne(): Promise<void> {
    const t = this.next;
    this.next += everyMs;
    const value = Math.floor(t / everyMs / 120) % 2 === 0 ? 0.2 : 1.6;
    await this.sender.send(topic, { v: 1, seq: t / everyMs, t, p: [methane.id], x: [value] });
    this.acknowledged.push(t);
  }
}

test('a backup beside the running gateway restores to the same alarms, cases and readings', async () => {
  const live = await GatewayProcess.start({
    dataFolder: join(folder.path, 'live'),
    environment: { FENGSUI_CHECKPOINT_S: '1' },
  });
  gateways.push(live);
  const sender = await Sender.connect(live.run.mqttPort, 'backup-test');
  senders.push(sender);
  // Stamps of the last two hours, sent as fast as they are acknowledged.
  const source = new Source(sender, Math.floor(Date.now() / everyMs) * everyMs - 7_200_000);
  const sending = source.run();
  const evidence = join(live.dataFolder, 'evidence', `${'0'.repeat(64)}.png`);
  await until('alarms, checkpoints and acknowledgements are there', () => {
    const hasCheckpoint =
      existsSync(join(live.dataFolder, 'checkpoints')) && checkpointsOf(live.dataFolder) > 0;
    return hasCheckpoint && source.acknowledged.length > 600 && eventsOf(live.dataFolder).length > 10;
  });
  writeFileSync(evidence, 'evidence');

  const before = [...source.acknowledged];
  const eventsBefore = eventsOf(live.dataFolder);
  const asFolder = join(folder.path, 'as-folder');
  const asFile = join(folder.path, 'as-file.tar.gz');
  for (const to of [asFolder, asFile]) {
    const output = told();
    expect(await backupCommand(['--to', to, '--data', live.dataFolder], output)).toBe(0);
  }
  const later = source.acknowledged.length;
  expect(later).toBeGreaterThan(before.length);
  await until('readings go on after it', () => source.acknowledged.length > later + 50);
  source.end();
  await sending;
  await live.kill();

  const manifest = parseManifest(readFileSync(join(asFolder, 'manifest.json'), 'utf8'));
  if (typeof manifest === 'string') throw new Error(manifest);
  const all = journalContent(live.dataFolder, points);
  for (const from of [asFolder, asFile]) {
    const restored = `${from}.restored`;
    const output = told();
    expect(await restoreCommand(['--from', from, '--data', restored], output)).toBe(0);
    expect(readFileSync(join(restored, 'evidence', `${'0'.repeat(64)}.png`), 'utf8')).toBe('evidence');
    const copied = journalContent(restored, points);
    expect(copied.events).toEqual(all.events.slice(0, copied.events.length));
    expect(copied.events.length).toBeGreaterThanOrEqual(eventsBefore.length);
    expect(copied.accepted).toEqual(all.accepted.slice(0, copied.accepted.length));
    expect(copied.accepted.length).toBeLessThan(all.accepted.length);
    const times = new Set(copied.accepted.map(({ time }) => time));
    expect(before.filter((time) => !times.has(time))).toEqual([]);

    const again = await GatewayProcess.start({ dataFolder: restored });
    gateways.push(again);
    await until('everything is projected', () => {
      const rows = historyRows(restored, [methane.id]);
      return rows.length >= copied.accepted.length && eventsOf(restored).length > copied.events.length;
    });
    expect(await again.stop()).toBe(0);
    const events = eventsOf(restored);
    expect(events.slice(0, copied.events.length)).toEqual(copied.events);
    // Behind the record comes what a start tells, and nothing was told anew or differently.
    expect(events[copied.events.length]?.type).toBe('GatewayStarted');
    expect(events.filter(({ alarm }) => alarm?.startsWith('SYS-RECOVERY'))).toEqual([]);
    expect(historyRows(restored, [methane.id])).toEqual(copied.accepted);
    expect(await verifyCommand(['--data', restored], told())).toBe(0);
  }
}, 120_000);

function checkpointsOf(dataFolder: string): number {
  return readdirNames(join(dataFolder, 'checkpoints')).filter((name) => name.endsWith('.ckpt')).length;
}

function readdirNames(path: string): string[] {
  return existsSync(path) ? readdirSync(path) : [];
}

function eventsOf(dataFolder: string): Event[] {
  if (!existsSync(join(dataFolder, 'events.db'))) return [];
  const queries = openQueries(dataFolder);
  const events: Event[] = [];
  try {
    for (;;) {
      const more = queries.events({ mines, afterSeq: events.length, limit: 1_000 });
      if (more.length === 0) return events;
      events.push(...more);
    }
  } finally {
    queries.close();
  }
}
