// What a person may see: the mines of the site subtrees on which any role holds. Reads out of scope answer as not
// existing. What a person may do is decided by the core, from the same grants.

import type { RoleName } from '#alarms/log/event.ts';
import type { SiteNode } from '#alarms/registry/site.ts';
import type { Grant } from '#alarms/workflow/command.ts';

export interface Scope {
  /** Equal for equal scopes: clients of one scope share what is sent. */
  readonly key: string;
  readonly sites: ReadonlySet<string>;
  readonly mines: ReadonlySet<string>;
  /** Every mine there is: may also see what belongs to none (broken topics in quarantine). */
  readonly isWhole: boolean;
}

export function scopeOf(grants: readonly Grant[], sites: readonly SiteNode[]): Scope {
  const roots = new Set(grants.map((grant) => grant.site));
  const byId = new Map(sites.map((site) => [site.id, site]));
  const inScope = sites.filter((site) => isUnder(site, roots, byId));
  const mines = inScope.filter((site) => site.kind === 'mine').map((site) => site.id);
  return {
    key: JSON.stringify(inScope.map((site) => site.id).sort()),
    sites: new Set(inScope.map((site) => site.id)),
    mines: new Set(mines),
    isWhole: mines.length > 0 && sites.every((site) => site.kind !== 'mine' || mines.includes(site.id)),
  };
}

/** Events of the gateway as a whole carry no mine; everybody sees them. */
export function isVisible(scope: Scope, mine: string): boolean {
  return mine === '' || scope.mines.has(mine);
}

/** Each role once, in a fixed order. */
export function rolesOf(grants: readonly Grant[]): readonly RoleName[] {
  return [...new Set(grants.map(({ role }) => role))].sort();
}

function isUnder(site: SiteNode, roots: ReadonlySet<string>, byId: ReadonlyMap<string, SiteNode>): boolean {
  // Bounded by the number of sites: a ring of parents ends as well.
  let node: SiteNode | undefined = site;
  for (let steps = 0; node !== undefined && steps <= byId.size; steps += 1) {
    if (roots.has(node.id)) return true;
    node = node.parent === undefined ? undefined : byId.get(node.parent);
  }
  return false;
}
