// What the files of borehole stress mean: points (MPa), readings, alarms. The group of alarm limits (`12&10&100`) is
// not taken: which of its numbers is which is not known, and a limit taken wrongly raises or hides alarms.

import type { Meaning } from './meaning.ts';
import { bareAlarm, coordinatesOf, idOf, numberOf, plainPoint, textOf } from './values.ts';

const unit = 'MPa';

const points: Meaning = (_kind, _header, rows, into) => {
  let hasLimits = false;
  for (const { record, row } of rows) {
    hasLimits ||= textOf(row, 'thresholds') !== null;
    into.definition(record, {
      ...plainPoint,
      kind: 'point',
      id: idOf(row, 'point'),
      measurand: 'boreholeStress',
      unit,
      valueKind: 'analog',
      place: [textOf(row, 'roadway'), textOf(row, 'place')].filter((part) => part !== null).join(' ') || null,
      ...coordinatesOf(row),
    });
  }
  if (hasLimits)
    into.remark(
      0,
      '报警阈值组含义未确认，未采集',
      'the group of alarm limits is not taken: its order is not known',
    );
};

const readings: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.reading(record, {
      point: idOf(row, 'point'),
      time: numberOf(row, 'time') ?? into.reportedAt,
      value: numberOf(row, 'value'),
      status: numberOf(row, 'status') ?? 0,
      unit,
    });
  }
};

const alarms: Meaning = (kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const type = textOf(row, 'alarmType');
    const name = type === null ? kind.kind : `${kind.kind}.${type}`;
    into.upstreamAlarm(record, bareAlarm(idOf(row, 'point'), name, row, into.reportedAt));
  }
};

export const stressMeanings: ReadonlyMap<string, Meaning> = new Map([
  ['ZKYL', points],
  ['ZKSS', readings],
  ['ZKYC', alarms],
]);
