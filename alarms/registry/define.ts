// Definitions into the registry, beside the site files. Pure. Precedence, for each field on its own:
//   1. what a site file states, and the limits that follow from the location type that it states;
//   2. what definitions say, in the order in which their sources first spoke of the thing; a later definition of the
//      same source takes the place of its earlier one;
//   3. for gas: the catalogue (catalogue/bind.ts): strictest limits and DEF-01 where nobody said enough.
// What no site file names is made. Nothing is ever removed, and a point that was made keeps its slot: it lies behind
// those of the site files, in the order in which they were first defined.

import { invariant } from '../kernel/result.ts';
import { bindPoints } from '../catalogue/bind.ts';
import type { GasCatalogue } from '../catalogue/location-types.ts';
import { DefinedIds, type IdSite } from './defined-ids.ts';
import { makePoint, fillPoint, slugOf } from './defined-point.ts';
import type { Definition, PointDefinition, StationDefinition } from './definition.ts';
import { isId } from './fields.ts';
import type {
  DefinedEntry,
  DefinedPlace,
  DefinedRegistry,
  DefinitionLayer,
  RegisteredArea,
  RegisteredEquipment,
  RegisteredPerson,
  RegisteredStation,
} from './registered.ts';
import type { PlaceDocument, Point } from './site.ts';

/** Things that the definitions of one mine may name: five times the largest mine with its people's cards. */
export const entriesPerMineMax = 20_000;
/** Points of the registry as a whole: as of site files. */
const pointsMax = 200_000;

/** The documents as far as definitions have to do with them. */
export interface DefinedDocuments extends IdSite {
  readonly findings?: readonly { readonly rule: 'DEF-01'; readonly point: string }[];
  readonly stated?: readonly Point[];
  readonly gas?: GasCatalogue;
  readonly stations?: readonly RegisteredStation[];
  readonly areas?: readonly RegisteredArea[];
  readonly people?: readonly RegisteredPerson[];
  readonly equipment?: readonly RegisteredEquipment[];
}

export interface RegistryChange {
  readonly what: Definition['kind'];
  /** As registered. */
  readonly id: string;
  /** Null: it was not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** The points that were not there before, in the order of their slots. */
export function madePoints(changes: readonly RegistryChange[]): readonly Point[] {
  // `after` of a point is one: made by changesOf.
  return changes.flatMap(({ what, before, after }) =>
    what === 'point' && before === null ? [after as Point] : [],
  );
}

export interface RefusedDefinition {
  readonly reason: 'idInvalid' | 'idTaken' | 'otherMine' | 'unitUnknown' | 'tooMany';
  readonly kind: Definition['kind'];
  readonly id: string;
}

export interface Defined<D extends DefinedDocuments> {
  /** The very one that was given when the definitions say nothing new: then there is nothing to journal. */
  readonly registry: DefinedRegistry;
  readonly documents: D;
  /** New points in the order of their slots. */
  readonly changes: readonly RegistryChange[];
  readonly refused: readonly RefusedDefinition[];
}

/** `before`: the merged documents of `site` and `registry`. */
export function define<D extends DefinedDocuments>(
  site: D,
  registry: DefinedRegistry,
  before: D,
  from: { readonly mine: string; readonly source: number },
  definitions: readonly Definition[],
): Defined<D> {
  const draft = new Draft(site, registry, from);
  for (const definition of definitions) draft.take(definition);
  const { refused } = draft;
  const after = draft.finish();
  if (after === registry) return { registry, documents: before, changes: [], refused };
  const documents = merge(site, after);
  return { registry: after, documents, changes: changesOf(from.mine, before, documents), refused };
}

/** The registry after the site files changed: ids that these took from definitions' things are given anew. */
export function rebase(site: DefinedDocuments, registry: DefinedRegistry): DefinedRegistry {
  if (registry.entries.length === 0) return registry;
  const ids = new DefinedIds(site);
  const places = registry.places.map((place) => ({ ...place, id: ids.placeAgain(place) }));
  const entries = registry.entries.map((entry) => ({ ...entry, registered: ids.again(entry) }));
  return { entries, places };
}

/** Site files and definitions as one. */
export function merge<D extends DefinedDocuments>(site: D, registry: DefinedRegistry): D {
  if (registry.entries.length === 0) return site;
  const places = new PlaceNames(site, registry);
  const { points, findings } = mergedPoints(site, registry, places);
  const list = (kind: Definition['kind']): readonly object[] =>
    registry.entries.filter((entry) => entry.kind === kind).map(merged);
  return {
    ...site,
    places: [...site.places, ...places.made],
    points,
    findings,
    stations: list('station') as readonly RegisteredStation[],
    areas: list('area') as readonly RegisteredArea[],
    people: list('person') as readonly RegisteredPerson[],
    equipment: list('equipment') as readonly RegisteredEquipment[],
  };
}

/** Collects definitions; nothing of what it began with is changed. */
class Draft {
  readonly refused: RefusedDefinition[] = [];
  private readonly site: DefinedDocuments;
  private readonly before: DefinedRegistry;
  private readonly from: { readonly mine: string; readonly source: number };
  private readonly entries: DefinedEntry[];
  private readonly places: DefinedPlace[];
  private readonly at = new Map<string, number>();
  private readonly placesNamed: Set<string>;
  private readonly ids: DefinedIds;
  private readonly mines: ReadonlySet<string>;
  private ofMine = 0;
  private points: number;
  private hasChanged = false;

  constructor(
    site: DefinedDocuments,
    before: DefinedRegistry,
    from: { readonly mine: string; readonly source: number },
  ) {
    this.site = site;
    this.before = before;
    this.from = from;
    this.entries = [...before.entries];
    this.places = [...before.places];
    this.ids = new DefinedIds(site);
    this.mines = new Set(site.sites.filter(({ kind }) => kind === 'mine').map(({ id }) => id));
    for (const { id } of before.places) this.ids.takePlace(id);
    this.placesNamed = new Set(before.places.map(placeKey));
    this.points = site.points.length;
    for (const [index, entry] of before.entries.entries()) {
      this.ids.take(entry);
      if (entry.kind === 'point') this.points += 1;
      if (entry.mine !== from.mine) continue;
      this.ofMine += 1;
      this.at.set(keyOf(entry), index);
    }
  }

  take(definition: Definition): void {
    const index = this.at.get(keyOf(definition));
    const reason = this.faultOf(definition, index === undefined);
    if (reason !== null) {
      this.refused.push({ reason, kind: definition.kind, id: definition.id.slice(0, 100) });
      return;
    }
    if (index === undefined) this.add(definition);
    else this.replace(index, definition);
  }

  finish(): DefinedRegistry {
    return this.hasChanged ? { entries: this.entries, places: this.places } : this.before;
  }

  private faultOf(definition: Definition, isNew: boolean): RefusedDefinition['reason'] | null {
    const { mine } = this.from;
    if (!isId(definition.id)) return 'idInvalid';
    const dot = definition.id.indexOf('.');
    const owner = dot < 0 ? mine : definition.id.slice(0, dot);
    if (owner !== mine && this.mines.has(owner)) return 'otherMine';
    if (isNew) {
      const isFull = definition.kind === 'point' && this.points >= pointsMax;
      if (this.ofMine >= entriesPerMineMax || isFull) return 'tooMany';
    }
    if (definition.kind !== 'point') return null;
    // No limit could be trusted: a gas point that is not there is seen (its readings are refused by name).
    const gas = this.site.gas?.gases[slugOf(definition.measurand)];
    const isSitePoint = this.ids.isSitePoint(mine, definition.id);
    return gas !== undefined && gas.units[definition.unit] === undefined && !isSitePoint
      ? 'unitUnknown'
      : null;
  }

  private add(definition: Definition): void {
    const { mine, source } = this.from;
    const { kind, id } = definition;
    const registered = this.ids.give({ kind, mine, id });
    if (registered === null) {
      this.refused.push({ reason: 'idTaken', kind, id });
      return;
    }
    this.at.set(keyOf(definition), this.entries.length);
    this.entries.push({ kind, mine, id, registered, layers: [{ source, definition }] });
    this.ofMine += 1;
    if (kind === 'point') this.points += 1;
    this.hasChanged = true;
    this.namePlace(definition);
  }

  private replace(index: number, definition: Definition): void {
    const entry = this.entries[index]!;
    const { source } = this.from;
    const known = entry.layers.find((layer) => layer.source === source);
    if (known !== undefined && isSame(known.definition, definition)) return;
    const layer: DefinitionLayer = { source, definition };
    const layers =
      known === undefined
        ? [...entry.layers, layer]
        : entry.layers.map((one) => (one === known ? layer : one));
    this.entries[index] = { ...entry, layers };
    this.hasChanged = true;
    this.namePlace(definition);
  }

  private namePlace(definition: Definition): void {
    if (definition.kind !== 'point' && definition.kind !== 'station') return;
    const { mine } = this.from;
    const name = placeName(definition.place);
    if (name !== null) {
      if (this.ids.sitePlace(mine, name) === undefined) this.addPlace({ mine, name }, slugOf(name));
    }
    // Kept for all: where a site file is edited, a name may stand for nothing any more.
    if (definition.kind === 'point') {
      const { id } = definition;
      this.addPlace({ mine, name: id, of: id }, `${id}.place`);
    }
  }

  private addPlace(place: Omit<DefinedPlace, 'id'>, id: string): void {
    const key = placeKey(place);
    if (this.placesNamed.has(key)) return;
    this.placesNamed.add(key);
    this.places.push({ ...place, id: this.ids.givePlace(place.mine, id) });
  }
}

/** Places by what a mine calls them, and those that definitions make. */
class PlaceNames {
  readonly made: PlaceDocument[] = [];
  private readonly ids: DefinedIds;
  private readonly named = new Map<string, DefinedPlace>();

  constructor(site: DefinedDocuments, registry: DefinedRegistry) {
    this.ids = new DefinedIds(site);
    for (const place of registry.places) {
      this.named.set(placeKey(place), place);
      if (place.of === undefined && this.ids.sitePlace(place.mine, place.name) === undefined)
        this.made.push({ id: place.id, name: place.name, mine: place.mine });
    }
  }

  /** Where nothing says where a point is, it stands at a place of its own: its alarms are no other point's. */
  idOf(mine: string, name: string | null, point: string): string {
    if (name !== null) {
      const known = this.ids.sitePlace(mine, name) ?? this.named.get(placeKey({ mine, name }))?.id;
      if (known !== undefined) return known;
    }
    const own = this.named.get(placeKey({ mine, name: point, of: point }));
    invariant(own !== undefined, `a place is kept for ${point}`);
    this.made.push({ id: own.id, name: own.name, mine });
    return own.id;
  }
}

function placeKey({ mine, name, of }: Omit<DefinedPlace, 'id'>): string {
  return JSON.stringify([mine, name, of ?? null]);
}

function mergedPoints(
  site: DefinedDocuments,
  registry: DefinedRegistry,
  places: PlaceNames,
): { points: Point[]; findings: DefinedDocuments['findings'] & object } {
  const points = [...site.points];
  const slots = new Map(points.map(({ id }, slot) => [id, slot]));
  const stated = new Map((site.stated ?? []).map((point) => [point.id, point]));
  const stations = stationPlaces(registry);
  const isOther = new Set<string>([...site.sites, ...site.places].map(({ id }) => id));
  const touched = new Set<number>();
  for (const entry of registry.entries) {
    if (entry.kind !== 'point') continue;
    const { registered: id, mine } = entry;
    const layers = entry.layers.map(({ definition }) => definition as PointDefinition);
    const slot = slots.get(id);
    const known = slot === undefined ? undefined : points[slot]!;
    if (slot !== undefined && known!.mine === mine) {
      points[slot] = fillPoint(stated.get(id) ?? known!, layers, site.gas);
      touched.add(slot);
    } else if (slot === undefined && !isOther.has(id)) {
      const place = layers.map(({ place: name }) => placeName(name)).find((name) => name !== null);
      const station = layers.map((layer) => layer.station).find((one) => one !== null) ?? null;
      const where =
        place ?? (station === null ? null : (stations.get(JSON.stringify([mine, station])) ?? null));
      slots.set(id, points.length);
      touched.add(points.length);
      points.push(makePoint(id, mine, places.idOf(mine, where, entry.id), layers, site.gas));
    }
  }
  const order = [...touched];
  const bound = bindPoints(
    order.map((slot) => points[slot]!),
    site.gas ?? { gases: {}, types: [] },
  );
  for (const [index, slot] of order.entries()) points[slot] = bound.points[index]!;
  const isTouched = new Set(order.map((slot) => points[slot]!.id));
  const before = (site.findings ?? []).filter(({ point }) => !isTouched.has(point));
  const found = new Set(bound.findings.map(({ point }) => point));
  return {
    points,
    findings: [...before, ...[...found].map((point) => ({ rule: 'DEF-01' as const, point }))],
  };
}

/** Where the stations of a mine stand, by the mine's own ids. */
function stationPlaces(registry: DefinedRegistry): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { kind, mine, id, layers } of registry.entries) {
    if (kind !== 'station') continue;
    const names = layers.map(({ definition }) => placeName((definition as StationDefinition).place));
    const name = names.find((one) => one !== null);
    if (name !== undefined && name !== null) found.set(JSON.stringify([mine, id]), name);
  }
  return found;
}

/** The first word on each field is heard; null and empty say nothing. */
function merged({ mine, id, registered, layers }: DefinedEntry): object {
  const fields: Record<string, unknown> = {};
  for (const { definition } of layers) {
    for (const [name, value] of Object.entries(definition)) {
      if (name === 'kind' || name === 'id') continue;
      const before = fields[name];
      if (before === undefined || before === null || before === '') fields[name] = value;
    }
  }
  return { id: registered, mine, ...(registered === id ? {} : { sentAs: id }), ...fields };
}

function changesOf(mine: string, before: DefinedDocuments, after: DefinedDocuments): RegistryChange[] {
  const lists = [
    ['point', before.points, after.points],
    ['station', before.stations ?? [], after.stations ?? []],
    ['area', before.areas ?? [], after.areas ?? []],
    ['person', before.people ?? [], after.people ?? []],
    ['equipment', before.equipment ?? [], after.equipment ?? []],
  ] as const;
  return lists.flatMap(([what, old, now]) => {
    const known = new Map<string, unknown>(old.map((one) => [one.id, one]));
    return now.flatMap((one): RegistryChange[] => {
      const was = known.get(one.id) ?? null;
      if (one.mine !== mine || was === one || isSame(was, one)) return [];
      return [{ what, id: one.id, before: was, after: one }];
    });
  });
}

const placeName = (name: string | null): string | null => {
  const text = name?.trim().slice(0, 100) ?? '';
  return slugOf(text) === '' ? null : text;
};

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`;
}

/** Made by the same code, so their fields stand in the same order; a difference in order alone costs nothing but a line. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
