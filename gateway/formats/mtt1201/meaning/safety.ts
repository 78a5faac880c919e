// What the files of part 1 mean: points and stations defined, readings, switch changes, statistics, upstream alarms.
// The state of a station (FZSS) becomes readings of two points that are named after it, `<station>.run` and
// `<station>.power`, with the standard's numbers: so it has history and silence like all else. 2 (fault) and 9 (unknown)
// stay numbers; 1 of `run` (communication interrupted) is what the rules look at.

import type { PointDefinition } from '#alarms/registry/definition.ts';
import { measurandByType, stateByWord, statesByType } from '../dictionary.ts';
import type { Row } from '../profile.ts';
import type { Meaning, MeaningSink } from './meaning.ts';
import { bareAlarm, coordinatesOf, idOf, numberOf, plainPoint, textOf, valueKindOf } from './values.ts';

const valueKindByCode: ReadonlyMap<string, PointDefinition['valueKind']> = new Map([
  ['MN', 'analog'],
  ['LJ', 'counter'],
  ['KG', 'switch'],
  ['DT', 'multistate'],
]);

const limitNames = [
  'alarmHigh',
  'clearHigh',
  'alarmLow',
  'clearLow',
  'cutHigh',
  'restoreHigh',
  'cutLow',
  'restoreLow',
] as const;

const points: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const id = idOf(row, 'point');
    const type = textOf(row, 'typeCode') ?? '';
    into.definition(record, {
      ...plainPoint,
      kind: 'point',
      id,
      // Sichuan's rows name no type: nobody may guess one.
      measurand: measurandByType.get(type) ?? (type === '' ? 'mtt:unknown' : `mtt:${type}`),
      unit: textOf(row, 'unit') ?? '',
      valueKind: valueKind(row, id),
      station: textOf(row, 'station'),
      place: textOf(row, 'place'),
      range: rangeOf(record, row, into),
      limits: limitsOf(row),
      states: statesOf(row, type),
      relations: textOf(row, 'relations'),
      ...coordinatesOf(row),
    });
  }
};

function valueKind(row: Row, id: string): PointDefinition['valueKind'] {
  const stated = valueKindByCode.get(textOf(row, 'valueKind') ?? '');
  if (stated !== undefined) return stated;
  return row['on'] === undefined || row['alarmHigh'] !== undefined ? valueKindOf(id) : 'switch';
}

function rangeOf(record: number, row: Row, into: MeaningSink): PointDefinition['range'] {
  const [low, high] = [numberOf(row, 'rangeLow'), numberOf(row, 'rangeHigh')];
  if (low === null || high === null) return null;
  if (low < high) return [low, high];
  if (low !== 0 || high !== 0)
    into.remark(
      record,
      `低量程 ${low} 不小于高量程 ${high}，量程不采用`,
      `range low ${low} is not below high ${high}: range left out`,
    );
  return null;
}

function limitsOf(row: Row): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const name of limitNames) {
    const limit = numberOf(row, name);
    if (limit !== null) limits[name] = limit;
  }
  return limits;
}

function statesOf(row: Row, type: string): PointDefinition['states'] {
  const [off, on] = [textOf(row, 'off'), textOf(row, 'on')];
  return off === null || on === null ? (statesByType.get(type) ?? null) : [off, on];
}

const stations: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.definition(record, {
      kind: 'station',
      id: idOf(row, 'station'),
      place: textOf(row, 'place'),
      area: null,
      ...coordinatesOf(row),
    });
  }
};

const values: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const value = valueOf(record, row, into);
    if (value === undefined) continue;
    into.reading(record, {
      point: idOf(row, 'point'),
      time: numberOf(row, 'time') ?? into.reportedAt,
      value,
      status: numberOf(row, 'status') ?? 0,
      unit: textOf(row, 'unit'),
    });
  }
};

/** Undefined: refused. Nothing at all is a sample without a number, words are those of switches. */
function valueOf(record: number, row: Row, into: MeaningSink): number | null | undefined {
  const text = (textOf(row, 'value') ?? '').trim();
  if (text === '') return null;
  const state = stateByWord.get(text);
  if (state !== undefined) return state;
  const number = decimal.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  into.refuse(
    record,
    'BAD_VALUE',
    `测点值“${text.slice(0, 32)}”既不是数值也不是已知的开停词`,
    `value "${text.slice(0, 32)}" is neither a number nor a known word of a switch`,
  );
  return undefined;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

const stationStates: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const time = numberOf(row, 'time') ?? into.reportedAt;
    for (const name of ['run', 'power'] as const) {
      const value = numberOf(row, name);
      if (value === null) continue;
      into.reading(record, { point: `${idOf(row, 'station')}.${name}`, time, value, status: 0, unit: null });
    }
  }
};

/** The change itself and the reading it makes: a point that changes is a point that was measured. */
const changes: Meaning = (_kind, _header, rows, into) => {
  const before = new Map<string, number>();
  for (const { record, row } of rows) {
    const state = valueOf(record, row, into);
    if (state === undefined) continue;
    const [point, time] = [idOf(row, 'point'), numberOf(row, 'time') ?? into.reportedAt];
    if (state !== null) {
      into.switchChange(record, { point, time, state, previous: before.get(point) ?? null });
      before.set(point, state);
    }
    into.reading(record, { point, time, value: state, status: 0, unit: null });
  }
};

const statistics: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const [from, to] = [numberOf(row, 'from'), numberOf(row, 'to')];
    if (from === null || to === null) continue; // the profile requires both
    if (to < from) {
      into.refuse(record, 'BAD_TIME', '结束时间早于开始时间', 'the end lies before the beginning');
      continue;
    }
    into.statistic(record, {
      point: idOf(row, 'point'),
      from,
      to,
      max: numberOf(row, 'max'),
      maxAt: numberOf(row, 'maxAt'),
      min: numberOf(row, 'min'),
      minAt: numberOf(row, 'minAt'),
      mean: numberOf(row, 'mean'),
    });
  }
};

/** Sent again until end, cause and measures are known: the key is (point, type, start), a later row replaces. */
const alarms: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const kind = `YCBJ.${idOf(row, 'alarmType')}`;
    const alarm = bareAlarm(idOf(row, 'point'), kind, row, into.reportedAt);
    if (alarm.endedAt !== null && alarm.endedAt < alarm.startedAt) {
      into.refuse(record, 'BAD_TIME', '结束时间早于开始时间', 'the end lies before the beginning');
      continue;
    }
    into.upstreamAlarm(record, {
      ...alarm,
      cause: textOf(row, 'cause'),
      measures: textOf(row, 'measures'),
      recordedAt: numberOf(row, 'recordedAt'),
      recordedBy: textOf(row, 'recordedBy'),
    });
  }
};

export const safetyMeanings: ReadonlyMap<string, Meaning> = new Map([
  ['CDDY', points],
  ['FZDY', stations],
  ['CDSS', values],
  ['FZSS', stationStates],
  ['KGBH', changes],
  ['TJSJ', statistics],
  ['YCBJ', alarms],
]);
