// The documents in force and what they are made of: those of the site folder and the definitions that came since. The
// merged ones follow from the two alone, so a checkpoint holds the two, a replay finds the same, and a restart compares
// the site folder with the site part only: definitions are no reason to configure anew.

import { define, merge, rebase, type Defined as DefinedOf } from '../registry/define.ts';
import type { Definition } from '../registry/definition.ts';
import { emptyRegistry, type DefinedRegistry } from '../registry/registered.ts';
import type { Point } from '../registry/site.ts';
import type { SiteDocuments } from './documents.ts';

export type Defined = DefinedOf<SiteDocuments>;

/** The site part; `registry` only where there are definitions (and so none in checkpoints of older releases). */
export type StoredDocuments = SiteDocuments & { readonly registry?: DefinedRegistry };

interface From {
  readonly mine: string;
  readonly source: number;
}

const noDocuments: SiteDocuments = {
  sites: [],
  places: [],
  points: [],
  rules: [],
  times: { calmMs: 0, regroupMs: 0, reopenMs: 0 },
};

export class DocumentState {
  site: SiteDocuments = noDocuments;
  registry: DefinedRegistry = emptyRegistry;
  merged: SiteDocuments = noDocuments;
  /** The same object until something changes: a checkpoint writes its text once. */
  stored: StoredDocuments = noDocuments;
  /** The last preview: the input that follows it is not worked out twice. */
  private previewed: { readonly definitions: readonly Definition[]; readonly defined: Defined } | null = null;

  configure(site: SiteDocuments): void {
    this.set(site, rebase(site, this.registry));
  }

  preview(from: From, definitions: readonly Definition[]): Defined {
    const defined = define(this.site, this.registry, this.merged, from, definitions);
    this.previewed = { definitions, defined };
    return defined;
  }

  define(from: From, definitions: readonly Definition[]): void {
    const isPreviewed = this.previewed?.definitions === definitions;
    const { registry, documents } = isPreviewed ? this.previewed!.defined : this.preview(from, definitions);
    this.previewed = null;
    if (registry === this.registry) return;
    this.registry = registry;
    this.merged = documents;
    this.stored = { ...this.site, registry };
  }

  definedBehind(site: SiteDocuments): readonly Point[] {
    return merge(site, rebase(site, this.registry)).points.slice(site.points.length);
  }

  restore(stored: StoredDocuments): void {
    const { registry, ...site } = stored;
    if (registry === undefined) this.set(stored, emptyRegistry);
    else this.set(site, registry);
    this.stored = stored;
  }

  private set(site: SiteDocuments, registry: DefinedRegistry): void {
    this.previewed = null;
    this.site = site;
    this.registry = registry;
    this.merged = merge(site, registry);
    this.stored = registry.entries.length === 0 ? site : { ...site, registry };
  }
}
