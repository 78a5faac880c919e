// Reading fields of a decoded row by name, and what a point code of the standard says of itself. A field that an
// edition leaves out reads like an empty one.

import type { PointDefinition } from '#alarms/registry/definition.ts';
import type { UpstreamAlarmReport } from '#alarms/telemetry/report.ts';
import type { Row } from '../profile.ts';

export function textOf(row: Row, name: string): string | null {
  const value = row[name];
  if (value === undefined || value === null || value === '') return null;
  return String(value);
}

export function numberOf(row: Row, name: string): number | null {
  const value = row[name];
  return typeof value === 'number' ? value : null;
}

/** Of a field that the profile requires. */
export function idOf(row: Row, name: string): string {
  return textOf(row, name) ?? '';
}

/** Mine code, system code (2 digits), kind of value: `…01MN…`; codes of other shapes say nothing. */
const valueKinds = { MN: 'analog', LJ: 'counter', KG: 'switch', DT: 'multistate' } as const;
const kindInCode = /^[0-9A-Za-z]{9,24}?(?:\d{2})?(MN|LJ|KG|DT)/;

export function valueKindOf(point: string): PointDefinition['valueKind'] {
  const word = kindInCode.exec(point)?.[1];
  return word === 'LJ' || word === 'KG' || word === 'DT' ? valueKinds[word] : 'analog';
}

export const plainPoint = {
  station: null,
  place: null,
  range: null,
  limits: {},
  states: null,
  x: null,
  y: null,
  z: null,
  relations: null,
} as const;

export function coordinatesOf(row: Row): Pick<PointDefinition, 'x' | 'y' | 'z'> {
  return { x: numberOf(row, 'x'), y: numberOf(row, 'y'), z: numberOf(row, 'z') };
}

/** An alarm of which the file says its beginning and no more; each kind fills in what it knows. */
export function bareAlarm(subject: string, kind: string, row: Row, reportedAt: number): UpstreamAlarmReport {
  return {
    subject,
    kind,
    startedAt: numberOf(row, 'startedAt') ?? reportedAt,
    endedAt: numberOf(row, 'endedAt'),
    reportedAt: numberOf(row, 'time') ?? reportedAt,
    max: numberOf(row, 'max'),
    maxAt: numberOf(row, 'maxAt'),
    min: numberOf(row, 'min'),
    minAt: numberOf(row, 'minAt'),
    mean: numberOf(row, 'mean'),
    cause: null,
    measures: null,
    recordedAt: null,
    recordedBy: null,
  };
}
