// The disk fills up under a running gateway, on a small file system of its own (a tmpfs mount: needs root on Linux,
// else it is skipped, loudly). In order: an alarm, history pauses, and only when the journal's reserve is used up does
// acknowledging stop; an over-limit is then shown as 未记录. With room again all of it is recorded, once.

import { spawnSync } from 'node:child_process';
import { closeSync, globSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import type { Event } from '#alarms/log/event.ts';
import { FramePublisher } from '#simulators/publish.ts';
import { GatewayProcess, temporaryFolder } from '../support/gateway-process.ts';
import { until } from '../support/wait.ts';

const folder = temporaryFolder('room');
const disk = join(folder.path, 'disk');
const isMounted = mount();

function mount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  mkdirSync(disk);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', disk]).status === 0;
}

afterAll(() => {
  if (isMounted) spawnSync('umount', ['-l', disk]);
  folder.remove();
});

if (!isMounted)
  console.log('SKIPPED: no small file system could be mounted (needs root on Linux): disk-full');

/** Fills the disk up to `leave` free bytes. */
function fill(leave: number): void {
  const { bavail, bsize } = statfsSync(disk);
  let left = bavail * bsize - leave;
  const file = openSync(join(disk, `filler-${leave}`), 'w');
  const block = Buffer.alloc(1 << 20);
  try {
    for (; left > 0; left -= block.length) writeSync(file, block, 0, Math.min(left, block.length));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}

async function counter(gateway: { run: { url: string } }, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.run.url}/metrics`)).text();
  return Number(new RegExp(`fengsui_core_total\\{name="${name}"\\} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

test.skipIf(!isMounted)(
  'a full disk stops acknowledging last, shows what it cannot record, and loses nothing',
  async () => {
    const gateway = await GatewayProcess.start({
      dataFolder: join(disk, 'data'),
      environment: { FENGSUI_JOURNAL_MIB: '32', FENGSUI_CHECKPOINT_S: '2' },
    });
    const publisher = new FramePublisher({
      url: `mqtt://127.0.0.1:${gateway.run.mqttPort}`,
      clientId: 'disk-full',
    });
    const topic = { mine: 'demo', system: 'safety', source: 'gas', stream: 'data' } as const;
    const isRoom = (state: string) => () => gateway.output.includes(`"state":"${state}"`);
    let sequence = 0;
    const send = (points: readonly string[], value: number): void => {
      sequence += 1;
      void publisher.publish({ topic, sequence, time: Date.now(), points, values: points.map(() => value) });
    };
    try {
      send(['MM261'], 0.3);
      await until('acknowledged', () => publisher.unacknowledged === 0);
      fill(12_000_000);
      await until('the alarm: low', isRoom('low'));
      fill(5_000_000);
      await until('history pauses: sacrificing', isRoom('sacrificing'));
      fill(0);
      // 9,000 readings a frame use the reserve up; each frame waits for the one before.
      const many = Array.from({ length: 9_000 }, () => 'MM262');
      await until(
        'the reserve is used up: full',
        () => {
          if (publisher.unacknowledged < 20) send(many, 0.2);
          return isRoom('full')();
        },
        60_000,
      );
      send(['MM261'], 2.5);
      await until(
        'the over-limit is seen without being recorded',
        async () => (await counter(gateway, 'unrecordedFrames')) > 0,
      );
      expect(publisher.unacknowledged).toBeGreaterThan(0);
      for (const file of globSync(join(disk, 'filler-*'))) rmSync(file);
      await until('all is acknowledged once there is room', () => publisher.unacknowledged === 0, 60_000);
      const raised = await until('the over-limit is recorded', () => gasAlarms(join(disk, 'data')), 20_000);
      expect(raised).toContain('GAS-03/MM261#1');
      expect(new Set(raised).size).toBe(raised.length);
    } finally {
      publisher.close();
      await gateway.stop();
    }
  },
  180_000,
);

function gasAlarms(dataFolder: string): string[] | null {
  const database = new DatabaseSync(join(dataFolder, 'events.db'), { readOnly: true });
  const events = database
    .prepare('SELECT json FROM events')
    .all()
    .map((row) => JSON.parse(String(row['json'])) as Event);
  database.close();
  const raised = events.filter(({ type, alarm }) => type === 'AlarmRaised' && alarm?.startsWith('GAS-'));
  return raised.length > 0 ? raised.map(({ alarm }) => alarm ?? '') : null;
}
