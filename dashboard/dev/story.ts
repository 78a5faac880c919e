// The scripted mine of the fake server: places, points, values and alarms around a gas over-limit, built from the wire's
// own types. For looking at screens without a gateway; invented throughout.

import { statusBit } from '#alarms/kernel/quality.ts';
import type { SiteView, StreamMessage, ValueColumns } from '#gateway/protocol/stream.ts';
import type { AlarmState, CaseState, Event, Level, Point } from '../src/stream/contract.ts';
import { alarmOf, caseOf, snapshotOf } from '../src/stream/samples.ts';

export type StoryName = 'calm' | 'alarm';

const gas = { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1.5, restoreHigh: 1 };

/** [id, name, measurand, unit, place, usual value, spread, range?, has gas limits] */
type Row = readonly [
  string,
  string,
  string,
  string,
  string,
  number,
  number,
  (readonly [number, number] | undefined)?,
  boolean?,
];
const rows: readonly Row[] = [
  ['MM261', '上隅角甲烷 T0 (MM261)', 'CH4', '%CH4', 'corner', 0.52, 0.04, [0, 40], true],
  ['MM263', '工作面甲烷 T1 (MM263)', 'CH4', '%CH4', 'face', 0.42, 0.03, [0, 40], true],
  ['WS001', '工作面风速 (WS001)', 'windSpeed', 'm/s', 'face', 1.44, 0.08, [0, 5]],
  ['MM264', '回风巷甲烷 T2 (MM264)', 'CH4', '%CH4', 'return', 0.4, 0.02, [0, 40], true],
  ['AN423', '回风巷风速 (AN423)', 'windSpeed', 'm/s', 'return', 1.19, 0.1, [-5, 5]],
  ['TP1711', '回风巷温度 (TP1711)', 'temperature', '℃', 'return', 27.4, 0.2],
  ['RH1712', '回风巷湿度 (RH1712)', 'humidity', '%RH', 'return', 82, 1],
  ['BA1713', '回风巷气压 (BA1713)', 'pressure', 'hPa', 'return', 1_104.2, 0.4],
  ['MM262', '进风巷甲烷 T3 (MM262)', 'CH4', '%CH4', 'intake', 0.18, 0.01, [0, 40], true],
  ['AN422', '进风巷风速 (AN422)', 'windSpeed', 'm/s', 'intake', 1.6, 0.1, [-5, 5]],
  ['TP1721', '进风巷温度 (TP1721)', 'temperature', '℃', 'intake', 24.8, 0.2],
  ['MM211', '采区回风甲烷 (MM211)', 'CH4', '%CH4', 'district', 0.62, 0.03, [0, 40], true],
  ['CM861', '抽采管道甲烷浓度 (CM861)', 'pipeMethane', '%CH4', 'drainage', 38.2, 0.5, [0, 100]],
  ['WM868', '抽采瓦斯纯流量 (WM868)', 'pipeFlow', 'm³/min', 'drainage', 8.4, 0.2, [0, 50]],
  ['AMP1', '左截割电机电流 (AMP1_IR)', 'current', 'A', 'shearer', 61, 4, [0, 200]],
  ['V', '牵引速度 (V)', 'speed', 'Hz', 'shearer', 42, 3, [0, 100]],
];

const places: readonly (readonly [string, string])[] = [
  ['corner', '1307 上隅角'],
  ['face', '1307 工作面'],
  ['return', '1307 回风巷'],
  ['intake', '1307 进风巷'],
  ['district', '二采区回风'],
  ['drainage', '抽采管路'],
  ['shearer', '采煤机'],
];

const points: readonly Point[] = rows.map(([id, name, measurand, unit, place, , , range, isGas], order) => ({
  id,
  name,
  measurand,
  unit,
  periodS: 1,
  place,
  mine: 'demo',
  limits: isGas === true ? gas : {},
  ...(range === undefined ? {} : { range }),
  order,
}));

export const site: SiteView = {
  sites: [{ id: 'demo', name: '演示矿 听松岭', kind: 'mine', demo: true, simulatedSources: ['calm-sim'] }],
  calmMs: 60_000,
  places: places.map(([id, name]) => ({ id, name, mine: 'demo' })),
  points,
  rules: [
    {
      id: 'GAS-03',
      kind: 'threshold',
      level: 'orange',
      op: '>=',
      limit: 'cutHigh',
      clear: { limit: 'restoreHigh' },
      offDelayS: 5,
    },
    {
      id: 'GAS-01',
      kind: 'threshold',
      level: 'yellow',
      op: '>=',
      limit: 'alarmHigh',
      clear: { limit: 'clearHigh' },
    },
    { id: 'DQ-01', kind: 'silence', level: 'blue', of: 'usable', silenceS: 60 },
  ],
};

const secondMs = 1_000;
const minuteMs = 60_000;

/** T0 climbs from minute −5 to −2 and falls slowly; T2 follows; TP1721 is silent since six minutes. */
export function valueOf(story: StoryName, id: string, time: number, now: number): number | null {
  const row = rows.find(([own]) => own === id);
  if (row === undefined) return null;
  const [, , , , , usual, spread] = row;
  const wave = Math.sin(time / 9_700 + usual * 7) * 0.6 + Math.sin(time / 1_900 + usual) * 0.4;
  const value = usual + wave * spread;
  if (story === 'calm') return value;
  const age = (now - time) / minuteMs;
  if (id === 'TP1721' && age < 6.3) return null;
  if (id === 'AN422' && age > 8 && age < 11) return null;
  if (id === 'MM261') return value + 1.6 * bump(age, 5.5, 2.2);
  if (id === 'MM264') return value + 0.75 * bump(age, 4, 1.2);
  return value;
}

/** All of the calm story is made up; of the other what is older than nine minutes. */
export function statusBitsOf(story: StoryName, id: string, time: number, now: number): number {
  const isSimulated = story === 'calm' || now - time > 9 * minuteMs;
  const bits = isSimulated ? statusBit.simulated : 0;
  return valueOf(story, id, time, now) === null ? bits | statusBit.sensorFault : bits;
}

function bump(age: number, begin: number, top: number): number {
  if (age >= begin) return 0;
  if (age >= top) return ((begin - age) / (begin - top)) ** 1.6;
  return 1 - 0.12 * (top - age);
}

export function columnsOf(story: StoryName, now: number): ValueColumns {
  const slots: number[] = [];
  const v: (number | null)[] = [];
  const t: number[] = [];
  const s: number[] = [];
  for (const [slot, point] of points.entries()) {
    const value = valueOf(story, point.id, now, now);
    slots.push(slot);
    v.push(value);
    t.push(Math.floor(now / secondMs) * secondMs - (slot % 3) * secondMs);
    s.push(statusBitsOf(story, point.id, now, now));
  }
  return { slots, t, r: t.map((time) => time + 120), v, s };
}

export interface World {
  alarms: Map<string, AlarmState>;
  cases: Map<string, CaseState>;
  events: Event[];
  seq: number;
}

export const caseId = 'demo/C7';

export function worldOf(story: StoryName, now: number): World {
  const world: World = { alarms: new Map(), cases: new Map(), events: [], seq: 0 };
  if (story === 'calm') return world;
  raise(
    world,
    'GAS-01',
    '甲烷报警',
    'yellow',
    'MM261',
    'corner',
    '1307 上隅角',
    now - 4.6 * minuteMs,
    1.02,
    1,
  );
  raise(
    world,
    'GAS-03',
    '高值超限',
    'orange',
    'MM261',
    'corner',
    '1307 上隅角',
    now - 2.5 * minuteMs,
    2.02,
    2,
  );
  raise(world, 'GAS-01', '甲烷报警', 'yellow', 'MM264', 'return', '1307 回风巷', now - 3.1 * minuteMs, 1, 1);
  raise(
    world,
    'DQ-01',
    '传感器断线',
    'blue',
    'TP1721',
    'intake',
    '1307 进风巷',
    now - 5.3 * minuteMs,
    61,
    60,
  );
  const ids = [...world.alarms.keys()].filter((id) => !id.startsWith('DQ'));
  set(world, ids[0] ?? '', { base: 'acknowledged', acknowledgedBy: han, acknowledgedAt: now - 4 * minuteMs });
  set(world, ids[2] ?? '', { base: 'returned', clearedAt: now - minuteMs });
  world.cases.set(
    caseId,
    caseOf(caseId, {
      mine: 'demo',
      level: 'orange',
      place: 'corner',
      placeName: '1307 上隅角',
      alarms: ids,
      firstOut: ids[0] ?? null,
      openedAt: now - 4.6 * minuteMs,
      onSiteRequired: true,
      hazard: 'candidate',
    }),
  );
  for (const id of ids) set(world, id, { case: caseId });
  return world;
}

const han = { id: 'han', name: '韩立川', role: 'dispatcher' } as const;

function raise(
  world: World,
  rule: string,
  name: string,
  level: Level,
  scope: string,
  place: string,
  placeName: string,
  at: number,
  quantity: number,
  limit: number,
): void {
  const id = `${rule}/${scope}#${world.alarms.size + 1}`;
  const seq = ++world.seq;
  const point = points.find((one) => one.id === scope);
  const alarm = alarmOf(id, level, {
    mine: 'demo',
    rule,
    ruleName: { zh: name, en: rule === 'DQ-01' ? 'Sensor disconnected' : 'Methane over limit' },
    ruleVersion: '7',
    ruleKind: rule === 'DQ-01' ? 'silence' : 'threshold',
    ruleClass: rule === 'DQ-01' ? 'trouble' : 'gas',
    scope,
    scopeName: point?.name ?? scope,
    place,
    placeName,
    since: at,
    raisedAt: at,
    at: at + 247,
    changedAt: at + 247,
    quantity,
    limit,
    unit: rule === 'DQ-01' ? 's' : '%CH4',
    op: rule === 'DQ-01' ? '>' : '>=',
    limitSource: rule === 'DQ-01' ? 'silence' : rule === 'GAS-03' ? 'point.cutHigh' : 'point.alarmHigh',
    clause: rule === 'GAS-03' ? '矿安晋〔2022〕37号 第 50 项：≥ 2 % 立即核查' : '煤矿安全规程：≥ 1.0 % 报警',
    mark: rule === 'GAS-03' ? 'C' : 'K',
    respond: rule === 'GAS-03' ? ['N', 'P', 'E', 'V', 'U'] : ['N'],
    peak: rule === 'DQ-01' ? null : { value: quantity + 0.12, at: at + 40_000 },
    seqRaised: seq,
    seq,
  });
  world.alarms.set(id, alarm);
  world.events.push({
    v: 1,
    id: `${seq}.0`,
    seq,
    type: 'AlarmRaised',
    at: at + 247,
    mine: 'demo',
    case: caseId,
    alarm: id,
    data: alarm,
    prevHash: '',
  });
}

export function set(world: World, id: string, change: Partial<AlarmState>): void {
  const alarm = world.alarms.get(id);
  if (alarm !== undefined) world.alarms.set(id, { ...alarm, ...change });
}

export function snapshot(story: StoryName, world: World, viewer: string, now: number): StreamMessage {
  const base = snapshotOf();
  return {
    ...base,
    seq: world.seq,
    viewer: { id: viewer, name: viewer, roles: ['dispatcher'] },
    site,
    alarms: [...world.alarms.values()],
    cases: [...world.cases.values()],
    values: columnsOf(story, now),
    status: statusOf(now),
    quarantine: [
      {
        at: now - 8_000,
        topic: 'mine/v1/demo/safety/face-gw/data',
        source: 'face-gw',
        reason: 'COLUMNS_UNEQUAL',
        zh: '各列长度不等',
        en: 'columns differ in length',
        sample: '{"v":1,"seq":9041,"t":1773815528000,"p":["MM261","MM263"],"x":[1.86]}',
      },
      {
        at: now - 64_000,
        topic: 'mine/v1/demo/safety/face-gw/data',
        source: 'face-gw',
        reason: 'UNKNOWN_POINT',
        zh: '测点未登记',
        en: 'point is not registered (kept in quarantine)',
        sample: '{"point":"MM999","time":"2026-03-18T14:31:04+08:00","value":0.4}',
      },
    ],
  };
}

export function statusOf(now: number) {
  const source = {
    mine: 'demo',
    connected: true,
    frames: 52_110,
    readings: 1_458_920,
    sequenceGaps: 0,
    duplicateFrames: 2,
    refused: 0,
    lastReceived: now - 900,
  };
  return {
    ...snapshotOf().status,
    serverTime: now,
    startedAt: now - 4 * 3_600_000,
    demo: true,
    freeBytes: 51 * 1024 ** 3,
    counters: { frames_total: 84_211, readings_total: 2_358_912, late_samples_total: 12 },
    refusedByReason: { COLUMNS_UNEQUAL: 4, UNKNOWN_POINT: 31, BAD_VALUE: 2 },
    projectionLagMs: 14,
    historyLagMs: 220,
    sources: [
      { ...source, system: 'safety', source: 'face-gw', sequenceGaps: 3, refused: 37 },
      { ...source, system: 'safety', source: 'calm-sim', lastReceived: now - 540_000 },
      { ...source, system: 'equipment', source: 'shearer-plc', connected: false, lastReceived: now - 78_000 },
    ],
  };
}
