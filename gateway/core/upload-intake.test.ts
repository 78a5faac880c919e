// Upload files through the whole core, over real segments and the real decoder: what a file defines is there for the
// readings behind it, nothing of it is lost or doubled by a restart, and a file that says nothing new leaves no trace.

import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { stateLayoutVersion } from '#alarms/engine/engine.ts';
import type { Input } from '#alarms/engine/input.ts';
import type { Event } from '#alarms/log/event.ts';
import { copyOf, plainDigest, recoveryDocuments } from '#alarms/test/recovery-world.ts';
import { documentsAt } from '../adapters/sqlite/documents.ts';
import { openHistoryQueries } from '../adapters/sqlite/history-queries.ts';
import { encodeUpload } from '../formats/mtt1201/encode.ts';
import type { Row } from '../formats/mtt1201/profile.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import { JournalReader } from '../journal/reader.ts';
import { coreCounters, Counters } from '../observability/counters.ts';
import type { CoreToServing } from '../ports.ts';
import { catchUp } from '../projector/rebuild.ts';
import { viewLatestValues } from '../protocol/latest-values.ts';
import { FaultyDisk } from '../test/faults/faulty-files.ts';
import { temporaryFolder } from '../../tests/support/gateway-process.ts';
import { recoveredCheckpoint } from './checkpoint-content.ts';
import { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { Core } from './core.ts';
import { JournalWriter } from './journal/writer.ts';
import { recover } from './recover.ts';
import { reportsOf } from './upload-intake.ts';

const code = '150622004499';
const pointId = `${code}01MN0001`;
const segmentBytes = 1024 * 1024;
const silentLog = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

const site: SiteDocuments = {
  ...recoveryDocuments('recording'),
  sites: [
    { id: 'm', name: '一矿', kind: 'mine', codes: [code] },
    { id: 'other', name: '二矿', kind: 'mine' },
  ],
  gas: { gases: { CH4: { units: { '%CH4': 1 }, rangeHigh: 4, fixed: {} } }, types: [] },
};

function fileOf(kind: string, uploadedAt: number, rows: readonly Row[], mineCode = code): Uint8Array {
  const system = {
    systemModel: 'KJ95',
    systemName: '安全监控系统',
    manufacturer: '厂',
    certificateUntil: '2030',
  };
  const header: Row = { mineCode, mineName: '一矿', uploadedAt, ...(kind === 'CDDY' ? system : {}) };
  const written = encodeUpload(kind, header, rows, { dialect: 'mtt1201', encoding: 'utf-8' });
  if (!written.ok) throw new Error(written.en);
  return written.bytes;
}

const definition = (fields: Row = {}): Row => ({
  point: pointId,
  systemCode: '01',
  station: 'F01',
  typeCode: '0001',
  valueKind: 'MN',
  unit: '%CH4',
  rangeHigh: 4,
  rangeLow: 0,
  alarmHigh: 1,
  clearHigh: 1,
  cutHigh: 1.5,
  restoreHigh: 1,
  place: '1203 回风',
  ...fields,
});

class Machine {
  private readonly journalDisk = new FaultyDisk({ seed: 1 });
  private readonly checkpointDisk = new FaultyDisk({ seed: 2 });
  private core: Core | null = null;
  private serving: MessagePort | null = null;
  counters = new Counters(coreCounters);
  private heard: CoreToServing[] = [];
  private listeners: (() => void)[] = [];

  start(documents: SiteDocuments, fromCheckpoint = true): this {
    const { port1, port2 } = new MessageChannel();
    const found = this.store().readNewest().content;
    const checkpoint = found === null || !fromCheckpoint ? null : recoveredCheckpoint(found);
    const reader = new JournalReader(this.journalDisk.files(), checkpoint?.position ?? 0);
    const recovered = recover(checkpoint, reader, plainDigest);
    reader.close();
    expect(recovered.difference).toBe(null);
    this.counters = new Counters(coreCounters);
    this.core = new Core({
      options: {
        journalFolder: '',
        checkpointFolder: '',
        documents,
        segmentBytes,
        reserveSegments: 1,
        checkpointMs: 3_600_000,
        keepMs: 3_600_000,
        keepBytes: Number.MAX_SAFE_INTEGER,
        intake: { kind: 'embedded', host: '127.0.0.1', port: 0 },
        durable: new SharedArrayBuffer(16),
        progress: new ProjectorProgress().memory,
        control: new ProjectorControl().memory,
        counters: this.counters.memory,
        serving: port1,
        isDemo: false,
        isInsecure: false,
        logLevel: 'error',
      },
      journal: JournalWriter.openInline({
        files: this.journalDisk.files(),
        segmentBytes,
        reserveSegments: 1,
        zeroChunkBytes: 8192,
      }).writer,
      store: this.store(),
      recovered,
      counters: this.counters,
      log: silentLog,
    });
    this.heard = [];
    port2.on('message', (message: CoreToServing) => {
      this.heard.push(message);
      for (const listener of this.listeners) listener();
    });
    port2.postMessage({ type: 'ready' });
    this.serving = port2;
    return this;
  }

  async stop(): Promise<void> {
    await this.core?.close();
    this.serving?.close();
    this.core = null;
  }

  /** Resolves with null, or why it was refused, when it is acknowledged. */
  send(kind: string, payload: Uint8Array, mine = 'm'): Promise<string | null> {
    let reason: string | null = null;
    return new Promise((resolve, reject) => {
      this.core!.handler.message({
        topic: `mine/v1/${mine}/safety/kj/file/${kind}`,
        payload,
        qos: 1,
        connection: 'test',
        refused: (why) => (reason = why),
        acknowledge: () => resolve(reason),
        abandon: () => reject(new Error('abandoned')),
      });
    });
  }

  /** The newest word of the core of which `wanted` holds. */
  async hears<T extends CoreToServing['type']>(
    type: T,
    wanted: (message: Extract<CoreToServing, { type: T }>) => boolean = () => true,
  ): Promise<Extract<CoreToServing, { type: T }>> {
    const look = () =>
      this.heard.findLast(
        (message): message is Extract<CoreToServing, { type: T }> =>
          message.type === type && wanted(message as Extract<CoreToServing, { type: T }>),
      );
    const there = look();
    if (there !== undefined) return there;
    return new Promise((resolve) => {
      const listener = (): void => {
        const message = look();
        if (message === undefined) return;
        this.listeners = this.listeners.filter((one) => one !== listener);
        resolve(message);
      };
      this.listeners.push(listener);
    });
  }

  journal(): { inputs: Input[]; events: Event[]; end: number } {
    const inputs: Input[] = [];
    const events: Event[] = [];
    const reader = new JournalReader(this.journalDisk.files(), 0);
    let end = 0;
    for (let read = reader.next(); read.kind !== 'end'; read = reader.next()) {
      if (read.kind === 'gap') throw new Error('a gap in the journal');
      end = read.batch.end;
      for (const entry of read.batch.entries()) {
        if (entry.kind === 'event') events.push(entry.event);
        else inputs.push(entry.input.kind === 'readings' ? copyOf(entry.input) : entry.input);
      }
    }
    reader.close();
    return { inputs, events, end };
  }

  project(folder: string): void {
    catchUp(folder, this.journalDisk.files());
  }

  kinds(): string[] {
    return this.journal().inputs.map(({ kind }) => kind);
  }

  private store(): CheckpointStore {
    return CheckpointStore.openInline(this.checkpointDisk.files(), stateLayoutVersion);
  }
}

const machines: Machine[] = [];
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.stop();
});

function machineOf(): Machine {
  const machine = new Machine();
  machines.push(machine);
  return machine;
}

const second = (): number => Math.floor(Date.now() / 1000) * 1000;
const reading = (value: number, time: number): Row => ({ point: pointId, value: String(value), time });

test('a point is defined, measured and alarmed; screens are told of it with the values they had', async () => {
  const machine = machineOf().start(site);
  await machine.hears('live');
  expect(await machine.send('CDDY', fileOf('CDDY', second(), [definition()]))).toBe(null);
  expect(await machine.send('CDSS', fileOf('CDSS', second(), [reading(1.2, second())]))).toBe(null);
  const live = await machine.hears('live', ({ documents }) => documents.points.length === 4);
  expect(live.documents.points[3]).toMatchObject({ id: pointId, mine: 'm', limits: { alarmHigh: 1 } });
  expect(live.documents.places.at(-1)).toMatchObject({ name: '1203 回风' });
  expect(viewLatestValues(live.latest).value[3]).toBe(1.2);
  await machine.hears('events', ({ events }) =>
    events.some(({ type, alarm }) => type === 'AlarmRaised' && alarm === `GAS-01/${pointId}#1`),
  );
});

test('the latest values outgrow their memory and move to a larger one, with all that was shown', async () => {
  const machine = machineOf().start(site);
  const before = await machine.hears('live');
  const { capacity } = viewLatestValues(before.latest);
  const many = Array.from({ length: capacity + 20 }, (_, i) =>
    definition({ point: `${code}01MN${1000 + i}`, place: `地点${i % 7}` }),
  );
  await machine.send('CDDY', fileOf('CDDY', second(), [definition()]));
  await machine.send('CDSS', fileOf('CDSS', second(), [reading(0.3, second())]));
  await machine.send('CDDY', fileOf('CDDY', second() + 1000, many));
  const live = await machine.hears('live', ({ documents }) => documents.points.length > capacity);
  const latest = viewLatestValues(live.latest);
  expect(latest.capacity).toBeGreaterThanOrEqual(live.documents.points.length);
  expect(latest.value[3]).toBe(0.3);
});

test('files that come again are dropped, before a restart by their hash and after it by what they say', async () => {
  const machine = machineOf().start(site);
  const files = [
    ['CDDY', fileOf('CDDY', second(), [definition()])],
    ['CDSS', fileOf('CDSS', second(), [reading(1.2, second())])],
  ] as const;
  for (const [kind, bytes] of files) expect(await machine.send(kind, bytes)).toBe(null);
  const once = machine.journal();
  for (const [kind, bytes] of files) expect(await machine.send(kind, bytes)).toBe(null);
  expect(machine.counters.get('uploadsDuplicate')).toBe(2);
  expect(machine.journal()).toEqual(once);
  await machine.stop();
  machine.start(site);
  for (const [kind, bytes] of files) expect(await machine.send(kind, bytes)).toBe(null);
  expect(machine.counters.get('readingsDuplicate')).toBe(1);
  const { inputs, events } = machine.journal();
  expect(inputs.filter(({ kind }) => kind === 'defined')).toHaveLength(1);
  const ofPoint = (all: readonly Event[]): unknown[] =>
    all.flatMap(({ type, alarm }) => (type === 'AlarmRaised' && alarm!.includes(pointId) ? [alarm] : []));
  expect(ofPoint(once.events)).toContain(`GAS-01/${pointId}#1`);
  expect(ofPoint(events)).toEqual(ofPoint(once.events));
});

test.each([true, false])(
  'a restart without a change configures nothing; an edited site keeps what was defined (checkpoint: %s)',
  async (fromCheckpoint) => {
    const machine = machineOf().start(site);
    await machine.send('CDDY', fileOf('CDDY', second(), [definition()]));
    await machine.stop();
    machine.start(site, fromCheckpoint);
    expect((await machine.hears('live')).documents.points).toHaveLength(4);
    await machine.stop();
    expect(machine.kinds().filter((kind) => kind === 'configured')).toHaveLength(1);
    const edited = { ...site, points: [...site.points, { ...site.points[0]!, id: 'D' }] };
    machine.start(edited, fromCheckpoint);
    const ids = (await machine.hears('live')).documents.points.map(({ id }) => id);
    expect(ids).toEqual(['A', 'B', 'C', 'D', pointId]);
    await machine.stop();
    const configured = machine.journal().inputs.filter(({ kind }) => kind === 'configured');
    expect(configured).toHaveLength(2);
    expect(configured[1]).toMatchObject({ documents: edited, defined: [{ id: pointId }] });
  },
);

test('a file of another mine is refused whole, and so is one that cannot be read', async () => {
  const machine = machineOf().start(site);
  const bytes = fileOf('CDDY', second(), [definition()]);
  expect(await machine.send('CDDY', bytes, 'other')).toBe('WRONG_MINE');
  expect(await machine.send('CDDY', fileOf('CDDY', second(), [definition()], '150622000001'))).toBe(
    'WRONG_MINE',
  );
  expect(await machine.send('CDDY', bytes, 'nobody')).toBe('TOPIC_FORBIDDEN');
  expect(await machine.send('CDDY', bytes.subarray(0, -4))).toBe('UPLOAD_INCOMPLETE');
  expect(machine.kinds()).not.toContain('defined');
});

test('definitions of an older file do not take back newer ones; those that never end changing are turned away', async () => {
  const machine = machineOf().start(site);
  const at = second();
  await machine.send('CDDY', fileOf('CDDY', at, [definition({ alarmHigh: 0.9, clearHigh: 0.9 })]));
  await machine.send('CDDY', fileOf('CDDY', at - 1000, [definition()]));
  expect(machine.counters.get('uploadsOutdated')).toBe(1);
  for (let i = 1; i <= 30; i += 1)
    await machine.send('CDDY', fileOf('CDDY', at + i * 1000, [definition({ rangeHigh: 4 + i })]));
  const taken = machine.kinds().filter((kind) => kind === 'defined').length;
  expect(taken).toBeGreaterThanOrEqual(12);
  expect(taken).toBeLessThan(15);
  expect(machine.counters.get('readingsRefused')).toBeGreaterThan(15);
});

test('the projections hold the history of changes, the readings of defined points and what was reported', async () => {
  const folder = temporaryFolder('upload-intake');
  const machine = machineOf().start(site);
  try {
    const at = second();
    await machine.send('CDDY', fileOf('CDDY', at, [definition()]));
    await machine.send('CDSS', fileOf('CDSS', at, [reading(0.4, at)]));
    machine.project(folder.path); // the lanes go on from here, as after a restart
    await machine.send(
      'CDDY',
      fileOf('CDDY', at + 1000, [
        definition({ alarmHigh: 0.8, clearHigh: 0.8 }),
        definition({ point: `${code}01MN0002`, place: '切眼' }),
      ]),
    );
    await machine.send(
      'CDSS',
      fileOf('CDSS', at + 1000, [
        reading(0.5, at + 1000),
        { ...reading(0.6, at + 1000), point: `${code}01MN0002` },
      ]),
    );
    await machine.stop();
    machine.project(folder.path);
    const events = new DatabaseSync(join(folder.path, 'events.db'), { readOnly: true });
    const rows = events
      .prepare('SELECT what, id, before, after, mine FROM registry_changes ORDER BY n')
      .all();
    events.close();
    expect(rows.map(({ what, id, before, mine }) => [what, id, before === null, mine])).toEqual([
      ['point', pointId, true, 'm'],
      ['point', pointId, false, 'm'],
      ['point', `${code}01MN0002`, true, 'm'],
    ]);
    expect(JSON.parse(String(rows[1]!['after']))).toMatchObject({ limits: { alarmHigh: 0.8 } });
    const inForce = documentsAt(join(folder.path, 'events.db'), machine.journal().end);
    expect(inForce).toMatchObject({ points: { length: 5 } });
    const history = openHistoryQueries(folder.path);
    const series = history.history({
      points: [
        { id: pointId, gapMs: 60_000 },
        { id: `${code}01MN0002`, gapMs: 60_000 },
      ],
      from: at,
      to: at + 60_000,
      maxSamples: 100,
    });
    history.close();
    expect(series.map(({ v }) => v)).toEqual([[0.4, 0.5], [0.6]]);
  } finally {
    folder.remove();
  }
});

test('a long report is split into bounded ones that hold the same', () => {
  const positions = Array.from({ length: 11_000 }, (_, i) => ({ card: `K${i}`, time: i })) as never[];
  const statistics = [{ point: 'P', from: 0 }] as never[];
  const parts = reportsOf({ positions, statistics });
  expect(parts.map((part) => part.positions?.length ?? part.statistics?.length)).toEqual([
    5000, 5000, 1000, 1,
  ]);
  expect(parts.flatMap((part) => part.positions ?? [])).toEqual(positions);
  expect(reportsOf({})).toEqual([]);
});
