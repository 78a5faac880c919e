// What definitions and site files together say of stations, areas, people and equipment, and the memory of the
// definitions that it is made of. Plain data, never changed in place: a checkpoint holds it while the engine goes on.

import type {
  AreaDefinition,
  Definition,
  EquipmentDefinition,
  PersonDefinition,
  StationDefinition,
} from './definition.ts';

/** `id` is unique over the whole tree within its kind; `sentAs` is what the sender calls it where that differs. */
export type Registered<T extends Definition> = Omit<T, 'kind'> & {
  readonly mine: string;
  readonly sentAs?: string;
};

export type RegisteredStation = Registered<StationDefinition>;
export type RegisteredArea = Registered<AreaDefinition>;
export type RegisteredPerson = Registered<PersonDefinition>;
export type RegisteredEquipment = Registered<EquipmentDefinition>;

/** What one source says of a thing; a later word of the same source has taken the place of an earlier one. */
export interface DefinitionLayer {
  readonly source: number;
  readonly definition: Definition;
}

export interface DefinedEntry {
  readonly kind: Definition['kind'];
  readonly mine: string;
  /** As sent. */
  readonly id: string;
  /** As registered: the same, or with the mine before it. */
  readonly registered: string;
  /** The source that spoke of it first stands first, and is heard first. */
  readonly layers: readonly DefinitionLayer[];
}

/** A place that a definition names and no site file does. */
export interface DefinedPlace {
  readonly mine: string;
  readonly name: string;
  readonly id: string;
  /** Kept for the point of this id (as sent), while nothing says where it is. */
  readonly of?: string;
}

/** In the order in which things were first named: points made of entries keep their slots. */
export interface DefinedRegistry {
  readonly entries: readonly DefinedEntry[];
  readonly places: readonly DefinedPlace[];
}

export const emptyRegistry: DefinedRegistry = { entries: [], places: [] };
