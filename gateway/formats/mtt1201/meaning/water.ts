// What the files of water hazards mean. A row with one quantity is a reading of the point itself (YSLC SFSC JSLC); a
// row with several is a reading each of `<code>.<quantity>`: CGKC level, temperature · PSLC flow, total · DBSC level,
// flow · DBCXC x, y, z · WZC energy, magnitude. Definitions make the same points. Units that the files do not print are
// those of the quantity in this part (m, ℃, m³/h, m³, mm, J); where one is printed, it is taken.
// SBCDSS gives the changes of a pump's switch, and its state as a reading, since rules look at readings only.

import type { PointDefinition } from '#alarms/registry/definition.ts';
import type { Row } from '../profile.ts';
import type { Meaning, MeaningSink } from './meaning.ts';
import { bareAlarm, coordinatesOf, idOf, numberOf, plainPoint, textOf } from './values.ts';

interface Quantity {
  /** Null: the only quantity, the point keeps its code. */
  readonly suffix: string | null;
  /** Field of the real-time row. */
  readonly field: string;
  readonly measurand: string;
  readonly unit: string;
  readonly valueKind?: PointDefinition['valueKind'];
}

const hole: readonly Quantity[] = [
  { suffix: 'level', field: 'level', measurand: 'waterLevel', unit: 'm' },
  { suffix: 'temperature', field: 'temperature', measurand: 'waterTemperature', unit: '℃' },
];
const inflow: readonly Quantity[] = [{ suffix: null, field: 'flow', measurand: 'waterInflow', unit: 'm³/h' }];
const drainage: readonly Quantity[] = [
  { suffix: 'flow', field: 'flow', measurand: 'waterFlow', unit: 'm³/h' },
  { suffix: 'total', field: 'total', measurand: 'waterVolumeOfDay', unit: 'm³', valueKind: 'counter' },
];
const drainHole: readonly Quantity[] = [{ suffix: null, field: 'value', measurand: 'drainHole', unit: 'm' }];
const rain: readonly Quantity[] = [{ suffix: null, field: 'rain', measurand: 'rainfall', unit: 'mm' }];
const surface: readonly Quantity[] = [
  { suffix: 'level', field: 'level', measurand: 'waterLevel', unit: 'm' },
  { suffix: 'flow', field: 'flow', measurand: 'waterFlow', unit: 'm³/h' },
];
const sink: readonly Quantity[] = [
  { suffix: 'x', field: 'displacementX', measurand: 'displacement', unit: 'mm' },
  { suffix: 'y', field: 'displacementY', measurand: 'displacement', unit: 'mm' },
  { suffix: 'z', field: 'displacementZ', measurand: 'settlement', unit: 'mm' },
];
const quake: readonly Quantity[] = [
  { suffix: 'energy', field: 'energy', measurand: 'seismicEnergy', unit: 'J' },
  { suffix: 'magnitude', field: 'magnitude', measurand: 'seismicMagnitude', unit: '' },
];

function pointOf(code: string, quantity: Quantity): string {
  return quantity.suffix === null ? code : `${code}.${quantity.suffix}`;
}

/** A printed unit is that of the first quantity: it is printed for points that have one, or one that matters. */
function unitOf(row: Row, quantity: Quantity, index: number): string {
  return (index === 0 ? textOf(row, 'unit') : null) ?? quantity.unit;
}

const define =
  (quantities: readonly Quantity[]): Meaning =>
  (_kind, _header, rows, into) => {
    for (const { record, row } of rows) {
      quantities.forEach((quantity, index) => {
        into.definition(record, {
          ...plainPoint,
          kind: 'point',
          id: pointOf(idOf(row, 'point'), quantity),
          measurand: quantity.measurand,
          unit: unitOf(row, quantity, index),
          valueKind: quantity.valueKind ?? 'analog',
          place: textOf(row, 'place') ?? textOf(row, 'areaName'),
          ...coordinatesOf(row),
        });
      });
    }
  };

/** The unit is left to the definition: a real-time row prints none. */
const measure =
  (quantities: readonly Quantity[], timeOf: (row: Row) => number | null = recordTime): Meaning =>
  (_kind, _header, rows, into) => {
    for (const { record, row } of rows) {
      for (const quantity of quantities) {
        into.reading(record, {
          point: pointOf(idOf(row, 'point'), quantity),
          time: timeOf(row) ?? into.reportedAt,
          value: numberOf(row, quantity.field),
          status: numberOf(row, 'status') ?? 0,
          unit: null,
        });
      }
    }
  };

function recordTime(row: Row): number | null {
  return numberOf(row, 'time');
}

/** Rain is that of a span and known at its end. */
function endOfSpan(row: Row): number | null {
  return numberOf(row, 'to') ?? numberOf(row, 'time');
}

const quakes: Meaning = (kind, header, rows, into) => {
  measure(quake)(kind, header, rows, into);
  const hasPlace = rows.some(({ row }) => numberOf(row, 'x') !== null);
  if (hasPlace) into.remark(0, '震源坐标未采集', 'coordinates of the sources are not taken');
};

const pumps: Meaning = (_kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const point = idOf(row, 'point');
    const time = numberOf(row, 'time') ?? into.reportedAt;
    const state = numberOf(row, 'state') === 1 ? 1 : 0;
    into.reading(record, { point, time, value: state, status: 0, unit: null });
    changesOf(record, row, point, state, into);
  }
};

/** The change that led to the present state, and the one before it where its time fits: vendors print any time there. */
function changesOf(record: number, row: Row, point: string, state: 0 | 1, into: MeaningSink): void {
  const times = [numberOf(row, 'stoppedAt'), numberOf(row, 'startedAt')] as const;
  const last = times[state];
  const before = times[1 - state] ?? null;
  if (last === null) return;
  const other = state === 1 ? 0 : 1;
  if (before !== null && before < last) {
    into.switchChange(record, { point, time: before, state: other, previous: null });
    into.switchChange(record, { point, time: last, state, previous: other });
    return;
  }
  into.switchChange(record, { point, time: last, state, previous: null });
  if (before !== null && before > last) {
    into.remark(
      record,
      '开、停时刻与状态不符，只取当前状态',
      'start and stop do not fit the state: only the state was taken',
    );
  }
}

/** The alarm as the mine handled it. 处理时间 is also the end of what is no alarm any more. */
const alarms: Meaning = (kind, _header, rows, into) => {
  for (const { record, row } of rows) {
    const alarm = bareAlarm(idOf(row, 'point'), kind.kind, row, into.reportedAt);
    const handledAt = numberOf(row, 'handledAt');
    into.upstreamAlarm(record, {
      ...alarm,
      endedAt: numberOf(row, 'isAlarm') === 0 ? (handledAt ?? alarm.reportedAt) : null,
      cause:
        [textOf(row, 'content'), textOf(row, 'cause')].filter((part) => part !== null).join('；') || null,
      measures: textOf(row, 'handling'),
      recordedAt: handledAt,
      recordedBy: textOf(row, 'handledBy'),
    });
  }
};

export const waterMeanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['CGKCDDY', define(hole)],
  ['CGKCDSS', measure(hole)],
  ['CGKCDYC', alarms],
  ['YSLCDDY', define(inflow)],
  ['YSLCDSS', measure(inflow)],
  ['PSLCDDY', define(drainage)],
  ['PSLCDSS', measure(drainage)],
  ['PSLCDYC', alarms],
  ['SBCDSS', pumps],
  ['SFSCDDY', define(drainHole)],
  ['SFSCDSS', measure(drainHole)],
  ['JSLCDDY', define(rain)],
  ['JSLCDSS', measure(rain, endOfSpan)],
  ['DBSCDDY', define(surface)],
  ['DBSCDSS', measure(surface)],
  ['DBCXCDDY', define(sink)],
  ['DBCXCDSS', measure(sink)],
  ['WZCDDY', define(quake)],
  ['WZCDSS', quakes],
]);
