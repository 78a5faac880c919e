// Look-ups over the site documents for the workflow: rules, points, places, the site tree. Built once per set of
// documents and never changed. Unknown ids are answered with undefined: an alarm must not fail for want of a name.

import type { ScopeFacts } from '../lifecycle/raised-data.ts';
import type { SiteDocuments } from '../engine/documents.ts';
import type { PlaceDocument, Point, SiteNode, WorkflowTimes } from '../registry/site.ts';
import { pointGapMs } from '../registry/site.ts';
import type { Rule } from '../rules/rule.ts';

/** The tree has five kinds of nodes; deeper is a fault, and a cycle must not hang the core. */
const depthMax = 16;

export class DocumentIndex {
  readonly times: WorkflowTimes;
  private readonly rules = new Map<string, Rule[]>();
  private readonly points = new Map<string, Point>();
  private readonly places = new Map<string, PlaceDocument>();
  private readonly sites = new Map<string, SiteNode>();

  constructor(documents: SiteDocuments) {
    this.times = documents.times;
    for (const rule of documents.rules) {
      const versions = this.rules.get(rule.id);
      if (versions === undefined) this.rules.set(rule.id, [rule]);
      else versions.push(rule);
    }
    for (const versions of this.rules.values()) versions.sort((a, b) => inForceFrom(a) - inForceFrom(b));
    for (const point of documents.points) this.points.set(point.id, point);
    for (const place of documents.places) this.places.set(place.id, place);
    for (const site of documents.sites) this.sites.set(site.id, site);
  }

  /** The newest version in force at that moment; before the first is in force, the first. */
  rule(id: string, at: number): Rule | undefined {
    const versions = this.rules.get(id) ?? [];
    return versions.findLast((version) => inForceFrom(version) <= at) ?? versions[0];
  }

  point(id: string): Point | undefined {
    return this.points.get(id);
  }

  place(id: string): PlaceDocument | undefined {
    return this.places.get(id);
  }

  site(id: string): SiteNode | undefined {
    return this.sites.get(id);
  }

  mines(): readonly string[] {
    return [...this.sites.values()].filter((site) => site.kind === 'mine').map((site) => site.id);
  }

  facts(ruleId: string, scope: string, place: string, at: number): ScopeFacts {
    const point = this.points.get(scope);
    const placeDocument = this.places.get(place) ?? this.places.get(scope);
    const scopeName = point?.name ?? this.places.get(scope)?.name ?? this.sites.get(scope)?.name ?? scope;
    return { rule: this.rule(ruleId, at), point, place: placeDocument, scopeName };
  }

  /** Mine of a point, place or mine id. */
  mineOf(scope: string): string | undefined {
    const site = this.sites.get(scope);
    return this.points.get(scope)?.mine ?? this.places.get(scope)?.mine ?? site?.id;
  }

  /** How long a point may be without a usable sample before the rule answers unknown; null for other scopes. */
  gapMs(ruleId: string, scope: string, at: number): number | null {
    const point = this.points.get(scope);
    if (point === undefined) return null;
    const gapS = this.rule(ruleId, at)?.gapS;
    return gapS === undefined ? pointGapMs(point) : gapS * 1000;
  }

  /** Whether `node` is `root` or lies under it: where a role granted on `root` holds. */
  isWithin(node: string, root: string): boolean {
    let current: string | undefined = node;
    for (let depth = 0; current !== undefined && depth < depthMax; depth += 1) {
      if (current === root) return true;
      current = this.sites.get(current)?.parent;
    }
    return false;
  }
}

function inForceFrom(rule: Rule): number {
  return rule.inForceFrom ?? Number.NEGATIVE_INFINITY;
}
