// The documents that configure the core as a whole; journalled when they change, so that a replay knows them.

import type { PlaceDocument, Point, SiteNode, WorkflowTimes } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';

export interface SiteDocuments {
  readonly sites: readonly SiteNode[];
  readonly places: readonly PlaceDocument[];
  /** Slot number of a point = its index here. */
  readonly points: readonly Point[];
  readonly rules: readonly Rule[];
  readonly times: WorkflowTimes;
}
