// The gas part of the catalogue as data: which limits a location type sets for which gas (AQ 1029 table), in which
// units a gas may be registered, and what holds wherever the location does not say. Parsed, never written in code.

import { type Fields, fieldsOf, present } from '../registry/fields.ts';
import { type Problem, ProblemList } from '../registry/problem.ts';

/** Limits in the gas's base unit (% for CH4, ppm for CO). */
export type GasLimits = Readonly<Record<string, number>>;

export interface Gas {
  /** Factor from the base unit to a registered one: 1 % CH4 = 10,000 ppm. */
  readonly units: Readonly<Record<string, number>>;
  /** High end of the range of a point that was registered without one. */
  readonly rangeHigh: number;
  /** Limits at any location that says nothing of this gas. */
  readonly anywhere?: GasLimits;
  /** Limits the same at every location: high value, extreme value. */
  readonly fixed: GasLimits;
}

export interface LocationType {
  readonly id: string;
  readonly name: { readonly zh: string; readonly en: string };
  readonly limits: Readonly<Record<string, GasLimits>>;
  readonly area: { readonly zh: string; readonly en: string };
  readonly mark: string;
}

export interface GasCatalogue {
  readonly gases: Readonly<Record<string, Gas>>;
  readonly types: readonly LocationType[];
}

const typesMax = 500;
const namesMax = 64;

export function parseGasCatalogue(json: unknown): { catalogue: GasCatalogue; problems: Problem[] } {
  const problems = new ProblemList();
  const fields = fieldsOf(json, '', problems);
  const gasFields = fields?.child('gases');
  const gases = Object.fromEntries(
    childrenOf(gasFields).flatMap(([name, child]) => {
      const gas = readGas(child);
      return gas === undefined ? [] : [[name, gas] as const];
    }),
  );
  const types = (fields?.list('types', typesMax) ?? []).map(readType).filter((type) => type !== undefined);
  fields?.refuseUnknown();
  return { catalogue: { gases, types }, problems: problems.all() };
}

/** The strictest of all locations, limit by limit: what guards a point nobody has placed. */
export function strictestLimits(catalogue: GasCatalogue, measurand: string): GasLimits {
  const strictest: Record<string, number> = { ...catalogue.gases[measurand]?.anywhere };
  for (const type of catalogue.types) {
    for (const [name, value] of Object.entries(type.limits[measurand] ?? {}))
      strictest[name] = Math.min(strictest[name] ?? Number.POSITIVE_INFINITY, value);
  }
  return strictest;
}

function readGas(fields: Fields): Gas | undefined {
  for (const name of ['units', 'rangeHigh']) fields.require(name);
  const units = readNumbers(fields.child('units'));
  const rangeHigh = fields.number('rangeHigh', { above: 0 });
  const anywhere = fields.has('anywhere') ? readNumbers(fields.child('anywhere')) : undefined;
  const fixed = readNumbers(fields.child('fixed'));
  fields.refuseUnknown();
  return rangeHigh === undefined ? undefined : { units, rangeHigh, fixed, ...present({ anywhere }) };
}

function readType(fields: Fields): LocationType | undefined {
  for (const name of ['id', 'name', 'limits']) fields.require(name);
  const id = fields.id('id');
  const limits = Object.fromEntries(
    childrenOf(fields.child('limits')).map(([name, child]) => [name, readNumbers(child)]),
  );
  const type = {
    name: readText(fields, 'name'),
    area: readText(fields, 'area'),
    mark: fields.text('mark', 16) ?? '',
  };
  fields.refuseUnknown();
  return id === undefined ? undefined : { id, limits, ...type };
}

function readText(parent: Fields, name: string): { zh: string; en: string } {
  const fields = parent.child(name);
  const text = { zh: fields?.text('zh') ?? '', en: fields?.text('en') ?? '' };
  fields?.refuseUnknown();
  return text;
}

function readNumbers(fields: Fields | undefined): Record<string, number> {
  const read: Record<string, number> = {};
  for (const name of (fields?.keys() ?? []).slice(0, namesMax)) {
    const value = fields?.number(name, { above: 0 });
    if (value !== undefined) read[name] = value;
  }
  return read;
}

function childrenOf(fields: Fields | undefined): [string, Fields][] {
  return (fields?.keys() ?? []).slice(0, namesMax).flatMap((name) => {
    const child = fields?.child(name);
    return child === undefined ? [] : [[name, child] as [string, Fields]];
  });
}
