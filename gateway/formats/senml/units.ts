// From a unit that a reading states to the unit its point is registered in: exactly, or not at all. A methane value of
// 0.02 with unit "/" is 2 %; taken as 0.02 % it would be an alarm that nobody hears. What stands in no table is refused,
// however obvious it seems. Units on the wire: RFC 8428 §12.1, RFC 8798, some SI prefixes, the text of the registration.

import { onOff, type StatedUnit } from '#gateway/formats/batch.ts';
import { addDecimal, scaleDecimal } from './decimal.ts';

/** One of it is 10^`shift` / `per` (+ `plus`) of its kind's first unit. */
interface Unit {
  readonly kind: string;
  readonly shift: number;
  readonly per: number;
  readonly plus: number;
}

const unit = (kind: string, shift = 0, per = 1, plus = 0): Unit => ({ kind, shift, per, plus });

const both: readonly (readonly [string, Unit])[] = [
  ['ppm', unit('ratio', -6)],
  ['K', unit('temperature', 0, 1, -273.15)],
  ['m/s', unit('speed')],
  ['km/h', unit('speed', 3, 3600)],
  ['mm/h', unit('speed', -3, 3600)],
  ['Pa', unit('pressure')],
  ['hPa', unit('pressure', 2)],
  ['kPa', unit('pressure', 3)],
  ['MPa', unit('pressure', 6)],
  ['m', unit('length')],
  ['mm', unit('length', -3)],
  ['km', unit('length', 3)],
  ['s', unit('time')],
  ['ms', unit('time', -3)],
  ['A', unit('current')],
  ['mA', unit('current', -3)],
  ['V', unit('voltage')],
  ['mV', unit('voltage', -3)],
  ['kV', unit('voltage', 3)],
  ['W', unit('power')],
  ['kW', unit('power', 3)],
  ['Hz', unit('frequency')],
  ['kg/m3', unit('concentration')],
  ['m3/s', unit('flow')],
  ['l/s', unit('flow', -3)],
];

/** Not "%": the RFC makes it the ratio, most senders mean a percentage. Either guess can hide an alarm. */
const stated: ReadonlyMap<string, Unit> = new Map([
  ...both,
  ['/', unit('ratio')],
  ['Cel', unit('temperature')],
  ['ug/m3', unit('concentration', -9)],
]);

const registered: ReadonlyMap<string, Unit> = new Map([
  ...both,
  ...['%', '%CH4', '%CO', '%CO2', '%O2', '%H2'].map((text) => [text, unit('ratio', -2)] as const),
  ...['℃', '°C', 'degC', 'Cel'].map((text) => [text, unit('temperature')] as const),
  ['mm/d', unit('speed', -3, 86_400)],
  ['mg/m3', unit('concentration', -6)],
  ['m3/min', unit('flow', 0, 60)],
  ['m3/h', unit('flow', 0, 3600)],
  ['l/min', unit('flow', -3, 60)],
]);

/** What counts whole states: "/" is 1 there (RFC 8428 §12.1, "value of a switch"), and nothing else is known of it. */
const switchUnits: ReadonlySet<string> = new Set(['', 'binary']);

/** `value` in the registered unit; null when the stated one is another and cannot be turned into it exactly. */
export function inRegisteredUnit(value: number, from: StatedUnit, to: string): number | null {
  if (from === onOff) return switchUnits.has(to) ? value : null;
  if (from === '%') return null;
  if (from === to || (from === '/' && switchUnits.has(to))) return value;
  const [source, target] = [stated.get(from), registered.get(to.replaceAll('³', '3'))];
  if (source === undefined || target === undefined || source.kind !== target.kind) return null;
  const times = target.per / source.per;
  if (!Number.isInteger(times)) return null;
  const scaled = scaleDecimal(addDecimal(value, source.plus), times, source.shift - target.shift);
  const converted = addDecimal(scaled, -target.plus);
  return Number.isFinite(converted) ? converted : null;
}
