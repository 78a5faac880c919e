// The rules on a screen and the rules in a back-test are the same: what a live MQTT replay raised (through a kill -9)
// comes out of its journal again, line by line, and for rules on source time out of the CSV of the recording as well.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkInvariants } from '#alarms/log/invariants.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { catchUp } from '#gateway/projector/rebuild.ts';
import { loadSite } from '#seeds/load.ts';
import { publishRecording, shiftBehind } from '#simulators/publish-recording.ts';
import { readRecording, recordingCsv } from '#simulators/recording.ts';
import { demoSite, GatewayProcess, projectRoot, temporaryFolder } from '../support/gateway-process.ts';
import { linesOf, readEvents, type Line } from './live-alarms.ts';
import { Sender } from './sender.ts';

const folder = temporaryFolder('live-backtest');
const dataFolder = join(folder.path, 'data');
const at = (name: string) => join(folder.path, name);
let shiftMs = 0;

beforeAll(async () => {
  shiftMs = shiftBehind(demoSite, Date.now());
  await replay();
}, 90_000);
afterAll(() => folder.remove());

/** The whole recording, killed after its first half; then stamps that lie ahead and a late over-limit. */
async function replay(): Promise<void> {
  const numbers = readRecording(demoSite).episodes.map(({ number }) => number);
  const half = Math.ceil(numbers.length / 2);
  const first = await GatewayProcess.start({ dataFolder });
  const nextSequence = await publish(first, numbers.slice(0, half), 1);
  await first.kill();
  const second = await GatewayProcess.start({ dataFolder });
  await publish(second, numbers.slice(half), nextSequence);
  await sendBadStamps(second.run.mqttPort);
  expect(await second.stop()).toBe(0);
  // A stop does not wait for the projections: on a busy machine the rest would be done by the next start.
  catchUp(dataFolder, new NodeFiles(join(dataFolder, 'journal')));
}

async function publish(
  gateway: { run: { mqttPort: number } },
  episodes: readonly number[],
  firstSequence: number,
): Promise<number> {
  const url = `mqtt://127.0.0.1:${gateway.run.mqttPort}`;
  const published = await publishRecording({
    url,
    site: demoSite,
    speed: Infinity,
    shiftMs,
    episodes,
    firstSequence,
  });
  expect(published.acknowledged).toBe(published.frames);
  return published.nextSequence;
}

async function sendBadStamps(mqttPort: number): Promise<void> {
  const sender = await Sender.connect(mqttPort, 'bad-stamps');
  const send = (point: string, time: number, value: number) =>
    sender.send('mine/v1/demo/safety/bad-stamps/data', { point, time, value });
  // Points without rules on their values, so that the recording's own alarms stay comparable with the CSV.
  await send('TP1721', Date.now() + 3_600_000, 21);
  await send('TP1721', Date.now() + 1, 21);
  await send('BA1723', Date.now() + 3_600_000, 990);
  await send('MM261', Date.now() - 86_400_000, 3.5);
  sender.close();
}

function fengsui(...args: string[]) {
  const run = spawnSync(process.execPath, [join(projectRoot, 'gateway', 'main.ts'), ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect(run.stderr).not.toContain('    at ');
  return run;
}

function backtest(...args: string[]): Line[] {
  expect(fengsui('backtest', ...args, '--alarms', at('out.jsonl')).status).toBe(0);
  const text = readFileSync(at('out.jsonl'), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** By rule and scope, in the order of raises. */
function byPair(lines: readonly Line[]): Map<string, Line[]> {
  const pairs = new Map<string, Line[]>();
  for (const line of lines) {
    const key = `${line.rule}/${line.scope}`;
    pairs.set(key, [...(pairs.get(key) ?? []), line]);
  }
  return new Map([...pairs].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe('a live replay', () => {
  test('raised what the recording is about, and kept every invariant of the workflow', () => {
    const events = readEvents(dataFolder);
    const { documents } = loadSite(demoSite);
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(checkInvariants(events, documents, sha256)).toEqual([]);
    const rules = new Set(linesOf(events).map(({ rule }) => rule));
    for (const rule of ['GAS-01', 'GAS-02', 'GAS-03', 'GAS-07', 'GAS-12', 'DQ-08', 'DQ-12', 'LNK-START'])
      expect(rules).toContain(rule);
  });

  test('comes out of its journal again: exactly the alarms raised live, in the order of their numbers', () => {
    const live = linesOf(readEvents(dataFolder));
    const tested = backtest('--journal', join(dataFolder, 'journal'));
    expect(tested).toHaveLength(live.length);
    const pairs = byPair(tested);
    for (const [pair, lines] of byPair(live)) {
      const same = (pairs.get(pair) ?? []).map((line, index) => comparable(line, lines[index]));
      expect(same).toEqual(lines.map((line) => without(line, 'id', 'kind')));
    }
  });

  test('gives the same bytes in two back-tests, by the journal or by the data folder that holds it', () => {
    const first = fengsui('backtest', '--journal', join(dataFolder, 'journal'));
    const second = fengsui('backtest', '--journal', dataFolder);
    expect([first.status, second.status]).toEqual([0, 0]);
    expect(first.stdout.length).toBeGreaterThan(1_000);
    expect(second.stdout).toBe(first.stdout);
  });

  test('equals the back-test of the CSV for rules on source time, but for the delay', () => {
    const kinds = new Set(['threshold', 'window', 'sustained', 'status']);
    const live = linesOf(readEvents(dataFolder));
    const rules = new Set(live.filter(({ kind }) => kinds.has(kind)).map(({ rule }) => rule));
    writeFileSync(at('recording.csv'), [...recordingCsv(readRecording(demoSite))].join('\n'));
    const csv = backtest('--site', demoSite, '--readings', at('recording.csv'));
    const journal = backtest('--journal', dataFolder);
    const onSourceTime = (lines: readonly Line[]) => lines.filter(({ rule }) => rules.has(rule));
    expect(onSourceTime(csv).length).toBeGreaterThan(20);
    expect(onSourceTime(journal).map((line) => undelayed(shifted(line, -shiftMs)))).toEqual(
      onSourceTime(csv).map(undelayed),
    );
  });

  test('read as readings for the documents of the site, its journal gives the alarms of the same rules too', () => {
    const asItRan = backtest('--journal', dataFolder);
    const ownRules = new Set(loadSite(demoSite).documents.rules.map(({ id }) => id));
    const other = backtest('--journal', dataFolder, '--site', demoSite);
    const onSourceTime = (lines: readonly Line[]) =>
      lines.filter(({ rule }) => ownRules.has(rule) && rule !== 'DQ-01');
    expect(onSourceTime(other)).toEqual(onSourceTime(asItRan));
  });
});

/** An alarm that is up has no peak and no number of samples in the record yet. */
function comparable(tested: Line, live: Line | undefined): Line {
  if (live?.clearedAt !== null) return tested;
  return without(tested, 'peak', 'samples');
}

function shifted(line: Line, byMs: number): Line {
  const move = (time: string) => new Date(Date.parse(time) + byMs).toISOString();
  return {
    ...line,
    since: move(line.since),
    raisedAt: move(line.raisedAt),
    clearedAt: line.clearedAt === null ? null : move(line.clearedAt),
    ...(line.peak === undefined || line.peak === null
      ? {}
      : { peak: { value: line.peak.value, at: move(line.peak.at) } }),
  };
}

function undelayed(line: Line): Line {
  return { ...without(line, 'delayedS'), marks: line.marks.filter((mark) => mark !== 'delayed') };
}

function without(line: Line, ...keys: readonly string[]): Line {
  return Object.fromEntries(Object.entries(line).filter(([key]) => !keys.includes(key))) as unknown as Line;
}
