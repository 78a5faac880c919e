// The documents that configure the core as a whole; journalled when they change, so that a replay knows them.

import type { GasCatalogue } from '../catalogue/location-types.ts';
import type {
  RegisteredArea,
  RegisteredEquipment,
  RegisteredPerson,
  RegisteredStation,
} from '../registry/registered.ts';
import type { PlaceDocument, Point, SiteNode, WorkflowTimes } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';

export interface SiteDocuments {
  readonly sites: readonly SiteNode[];
  readonly places: readonly PlaceDocument[];
  /** Slot number of a point = its index here. */
  readonly points: readonly Point[];
  readonly rules: readonly Rule[];
  readonly times: WorkflowTimes;
  /** What the binding of limits found wrong with a point: raised as alarms of that rule while it stands. */
  readonly findings?: readonly DocumentFinding[];
  /** Gas points as the site files state them, where the binding of limits added something: a definition may fill that. */
  readonly stated?: readonly Point[];
  /** What binds the limits of points that definitions make. */
  readonly gas?: GasCatalogue;
  /** Of definitions only. */
  readonly stations?: readonly RegisteredStation[];
  readonly areas?: readonly RegisteredArea[];
  readonly people?: readonly RegisteredPerson[];
  readonly equipment?: readonly RegisteredEquipment[];
}

export interface DocumentFinding {
  readonly rule: 'DEF-01';
  readonly point: string;
}
