// What personnel files mean: people, areas and base stations as definitions, RYSS as a snapshot of positions, JZSS as
// readings of two points per station (`<station>.run`, `<station>.power`), the four alarms as alarms of the system that
// reports. One meaning serves all editions: profiles name the same field the same.
//
// Not taken from RYSS: the walked track. Each file repeats it from the beginning of the trip, so taking it would write
// every position again with every file; each of its stations was the current one in an earlier file already.

import { type Meaning, type MeaningSink, type RecordRow } from './meaning.ts';
import type { Row } from '../profile.ts';
import { bareAlarm, coordinatesOf, idOf, numberOf, textOf } from './values.ts';

/** 区域编码 is a mine code and four characters, 基站编码 an area code and six. */
const stationSerialChars = 6;
const stationCodeCharsMin = 9 + 4 + stationSerialChars;

const people: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.definition(record, {
      kind: 'person',
      id: idOf(row, 'card'),
      name: textOf(row, 'name') ?? '',
      trade: said(row, 'trade'),
      duty: said(row, 'duty'),
      team: said(row, 'team'),
      isLeader: numberOf(row, 'isLeader') === 1,
      isSpecial: numberOf(row, 'isSpecial') === 1,
    });
  }
};

const areas: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.definition(record, {
      kind: 'area',
      id: idOf(row, 'area'),
      name: textOf(row, 'name') ?? '',
      areaType: textOf(row, 'areaType') ?? '',
      headcountMax: numberOf(row, 'headcountMax'),
    });
  }
};

const stations: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const id = idOf(row, 'station');
    into.definition(record, {
      kind: 'station',
      id,
      place: textOf(row, 'place'),
      area: id.length < stationCodeCharsMin ? null : id.slice(0, -stationSerialChars),
      ...coordinatesOf(row),
    });
  }
};

/** Who is not named in it is not underground: an empty file says that nobody is. */
const positions: Meaning = (_kind, _header, rows, into) => {
  into.isSnapshot = true;
  let hasTrack = false;
  for (const { record, row } of lastOfEachCard(rows, into)) {
    const whereabouts = numberOf(row, 'whereabouts');
    if (whereabouts !== 0 && whereabouts !== 1 && whereabouts !== 2) {
      refuseField(into, record, '出入井标志位应为 0、1 或 2', 'whereabouts is not 0, 1 or 2');
      continue;
    }
    hasTrack ||= textOf(row, 'track') !== null;
    into.position(record, {
      card: idOf(row, 'card'),
      time: into.reportedAt,
      whereabouts,
      enteredAt: numberOf(row, 'enteredAt'),
      leftAt: numberOf(row, 'leftAt'),
      area: textOf(row, 'area'),
      areaEnteredAt: numberOf(row, 'areaEnteredAt'),
      station: textOf(row, 'station'),
      stationEnteredAt: numberOf(row, 'stationEnteredAt'),
      distanceM: numberOf(row, 'distanceM'),
      x: null,
      y: null,
      z: null,
      workState: textOf(row, 'workState'),
    });
    definePerson(record, row, into);
  }
  if (hasTrack)
    into.remark(
      0,
      '行进轨迹未采集：当前位置已逐次记录',
      'tracks are not taken: each position was taken when it was current',
    );
};

/** People whom RYXX forgot; a card without a name is nobody in particular. */
function definePerson(record: number, row: Row, into: MeaningSink): void {
  const name = textOf(row, 'name');
  if (name === null) return;
  into.definition(record, {
    kind: 'person',
    id: idOf(row, 'card'),
    name,
    trade: said(row, 'trade'),
    duty: null,
    team: said(row, 'team'),
    isLeader: numberOf(row, 'isLeader') === 1,
    isSpecial: numberOf(row, 'isSpecial') === 1,
  });
}

/** Here and not in the sink: position and person of one card are to be told of once, and the pair stays together. */
function lastOfEachCard(rows: readonly RecordRow[], into: MeaningSink): readonly RecordRow[] {
  const last = new Map<string, RecordRow>();
  for (const entry of rows) {
    const card = idOf(entry.row, 'card');
    const earlier = last.get(card);
    if (earlier !== undefined) {
      into.remark(
        entry.record,
        `人员卡 ${card} 与第 ${earlier.record} 条重复，以后者为准（核查一人多卡、一卡多人）`,
        `card ${card} stood in record ${earlier.record} already: the last one counts (one card with two people?)`,
      );
      last.delete(card);
    }
    last.set(card, entry);
  }
  return [...last.values()];
}

const stationStates: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const station = idOf(row, 'station');
    for (const name of ['run', 'power'] as const) {
      const value = numberOf(row, name);
      if (value === null) continue;
      if (![0, 1, 2, 9].includes(value)) {
        refuseField(into, record, '运行状态、供电状态应为 0、1、2 或 9', 'run and power are 0, 1, 2 or 9');
        continue;
      }
      into.reading(record, {
        point: `${station}.${name}`,
        time: numberOf(row, 'time') ?? into.reportedAt,
        value,
        status: 0,
        unit: null,
      });
    }
  }
};

/** Overtime, restricted area, call for help: the card is the subject. */
const personAlarms: Meaning = (kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.upstreamAlarm(record, bareAlarm(idOf(row, 'card'), kind.kind, row, into.reportedAt));
  }
};

/** The area is the subject, the mine where the file names none; the headcount is the peak. */
const overcrowding: Meaning = (kind, header, rows, into) => {
  for (const { record, row } of rows) {
    const subject = textOf(row, 'area') ?? textOf(header, 'mineCode');
    if (subject === null) {
      refuseField(
        into,
        record,
        '超员报警未给出区域，文件头也无煤矿编码',
        'neither the area nor the mine is named',
      );
      continue;
    }
    const alarm = bareAlarm(subject, kind.kind, row, into.reportedAt);
    into.upstreamAlarm(record, {
      ...alarm,
      max: numberOf(row, 'headcount'),
      cause: textOf(row, 'alarmType'),
    });
  }
};

/** 未设置 is how systems in the field print an empty field of the ledger. */
function said(row: Row, name: string): string | null {
  const text = textOf(row, name);
  return text === '未设置' ? null : text;
}

function refuseField(into: MeaningSink, record: number, zh: string, en: string): void {
  into.refuse(record, 'FIELD_INVALID', zh, en);
}

export const personnelMeanings: ReadonlyMap<string, Meaning> = new Map([
  ['RYXX', people],
  ['RYQY', areas],
  ['RYJZ', stations],
  ['RYSS', positions],
  ['JZSS', stationStates],
  ['RYCS', personAlarms],
  ['RYCY', overcrowding],
  ['RYXZ', personAlarms],
  ['RYQJ', personAlarms],
]);
