// What the files of important equipment mean: the ledger (JBSJ ABSJ JZTT JCJY) as equipment with its fields as sent,
// and of each system points, readings and alarms. A value of -9999 is a sample without a number, a limit of -9999 none.
// JBSJ bears the equipment's own code; the other three have none and bear their certificate, model or inspection
// number behind the file kind, so that they never take a piece of equipment's place. `serialNumber` ties them together.

import type { KindProfile, Row } from '../profile.ts';
import { equipmentSystems } from '../profiles/part2-equipment.ts';
import type { Meaning } from './meaning.ts';
import { bareAlarm, idOf, numberOf, plainPoint, textOf, valueKindOf } from './values.ts';

const noValue = -9999;
const idCharsMax = 64;

const ledger =
  (idField: string, hasOwnCode: boolean): Meaning =>
  (kind, _header, rows, into) => {
    for (const { record, row } of rows) {
      const own = idOf(row, idField);
      into.definition(record, {
        kind: 'equipment',
        id: hasOwnCode ? own : `${kind.kind}.${own}`.replaceAll(/\s+/g, '-').slice(0, idCharsMax),
        name: textOf(row, 'name') ?? '',
        fields: fieldsOf(kind, row),
      });
    }
  };

function fieldsOf(kind: KindProfile, row: Row): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { name } of kind.row) {
    const text = textOf(row, name);
    if (text !== null) fields[name] = text;
  }
  return fields;
}

const points: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const id = idOf(row, 'point');
    const low = present(row, 'rangeLow');
    const high = present(row, 'rangeHigh');
    into.definition(record, {
      ...plainPoint,
      kind: 'point',
      id,
      measurand: textOf(row, 'typeName') ?? textOf(row, 'typeCode') ?? '',
      unit: textOf(row, 'unit') ?? '',
      valueKind: valueKindOf(id),
      place: textOf(row, 'place'),
      range: low === null || high === null || low >= high ? null : [low, high],
      limits: limitsOf(row),
      relations: textOf(row, 'relations'),
    });
  }
};

/** 0 stands for "none" where both limits are 0: a limit at 0 on both sides would be an alarm for ever. */
function limitsOf(row: Row): Record<string, number> {
  const high = present(row, 'alarmHigh');
  const low = present(row, 'alarmLow');
  if (high === 0 && low === 0) return {};
  return { ...(high !== null && { alarmHigh: high }), ...(low !== null && { alarmLow: low }) };
}

const readings: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    into.reading(record, {
      point: idOf(row, 'point'),
      time: numberOf(row, 'time') ?? into.reportedAt,
      value: present(row, 'value'),
      status: numberOf(row, 'status') ?? 0,
      unit: textOf(row, 'unit'),
    });
  }
};

const alarms: Meaning = (kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const alarm = bareAlarm(idOf(row, 'point'), kind.kind, row, into.reportedAt);
    into.upstreamAlarm(record, {
      ...alarm,
      endedAt: alarm.endedAt ?? numberOf(row, 'restoredAt'),
      max: present(row, 'max'),
      // State and level change while the alarm lasts, so they are not part of its kind.
      cause:
        [textOf(row, 'alarmState'), textOf(row, 'level')].filter((part) => part !== null).join('；') || null,
    });
  }
};

function present(row: Row, name: string): number | null {
  const value = numberOf(row, name);
  return value === noValue ? null : value;
}

export const equipmentMeanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['JBSJ', ledger('equipment', true)],
  ['ABSJ', ledger('safetyCertificate', false)],
  ['JZTT', ledger('model', false)],
  ['JCJY', ledger('inspectionNumber', false)],
  ...equipmentSystems.flatMap(({ prefix }): [string, Meaning][] => [
    [`${prefix}JC`, points],
    [`${prefix}SS`, readings],
    [`${prefix}YC`, alarms],
  ]),
]);
