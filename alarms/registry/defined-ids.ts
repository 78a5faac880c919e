// Ids of what definitions make. Points share one space with places and sites (an alarm's scope is an id alone); of the
// other kinds each has its own. An id that somebody else holds gets the mine before it: `<mine>.<id>`.

import type { DefinedEntry, DefinedPlace } from './registered.ts';
import type { PlaceDocument, Point, SiteNode } from './site.ts';

export interface IdSite {
  readonly sites: readonly SiteNode[];
  readonly places: readonly PlaceDocument[];
  readonly points: readonly Point[];
}

const idMax = 64;

type Named = Pick<DefinedEntry, 'kind' | 'mine' | 'id'>;

export class DefinedIds {
  /** `''`: nothing that a definition may be about. */
  private readonly scopes = new Map<string, string>();
  private readonly others = new Map<string, string>();
  private readonly points = new Map<string, string>();
  private readonly places = new Map<string, string>();

  constructor(site: IdSite) {
    for (const { id } of site.sites) this.scopes.set(id, '');
    for (const { id, name, mine } of site.places) {
      this.scopes.set(id, '');
      this.places.set(JSON.stringify([mine, name]), id);
    }
    for (const { id, mine } of site.places) this.places.set(JSON.stringify([mine, id]), id);
    for (const { id, mine } of site.points) {
      this.scopes.set(id, '');
      this.points.set(id, mine);
    }
  }

  /** A place of the site files by its name or id. */
  sitePlace(mine: string, name: string): string | undefined {
    return this.places.get(JSON.stringify([mine, name]));
  }

  isSitePoint(mine: string, id: string): boolean {
    return this.points.get(id) === mine || this.points.get(prefixed(mine, id)) === mine;
  }

  /** The id under which it is registered from now on, or null when both are somebody else's. */
  give(named: Named): string | null {
    const { kind, mine, id } = named;
    if (kind === 'point') {
      if (this.points.get(id) === mine) return id;
      if (this.points.get(prefixed(mine, id)) === mine) return prefixed(mine, id);
    }
    for (const candidate of [id, prefixed(mine, id)]) {
      if (candidate.length > idMax || this.holds(kind, candidate)) continue;
      this.hold(kind, candidate, mine);
      return candidate;
    }
    return null;
  }

  take({ kind, registered, mine }: DefinedEntry): void {
    this.hold(kind, registered, mine);
  }

  takePlace(id: string): void {
    this.scopes.set(id, '');
  }

  givePlace(mine: string, slug: string): string {
    for (let n = 1; ; n += 1) {
      const end = n === 1 ? '' : `-${n}`;
      for (const base of [slug, prefixed(mine, slug)]) {
        const id = base.slice(0, idMax - end.length) + end;
        if (this.scopes.has(id)) continue;
        this.scopes.set(id, '');
        return id;
      }
    }
  }

  /** As before where that is still free. Without any free id it keeps the old one and is not shown (merge). */
  again(entry: DefinedEntry): string {
    const { kind, mine, id, registered } = entry;
    const isSites = kind === 'point' && this.isSitePoint(mine, id);
    if (isSites || this.holds(kind, registered)) return this.give(entry) ?? registered;
    this.hold(kind, registered, mine);
    return registered;
  }

  placeAgain({ mine, id, name, of }: DefinedPlace): string {
    if (of === undefined && this.sitePlace(mine, name) !== undefined) return id;
    if (this.scopes.has(id)) return this.givePlace(mine, id);
    this.scopes.set(id, '');
    return id;
  }

  private holds(kind: string, id: string): boolean {
    return kind === 'point' ? this.scopes.has(id) : this.others.has(`${kind}/${id}`);
  }

  private hold(kind: string, id: string, mine: string): void {
    if (kind === 'point') this.scopes.set(id, mine);
    else this.others.set(`${kind}/${id}`, mine);
  }
}

export function prefixed(mine: string, id: string): string {
  return `${mine}.${id}`;
}
