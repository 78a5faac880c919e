// Names of points to slots, for the hot path. A source sends the same list of points frame after frame: the last
// list of each source is kept with its slots, so that most frames need no look-up per reading.

import type { SiteDocuments } from '#alarms/engine/documents.ts';
import { prefixed } from '#alarms/registry/defined-ids.ts';
import { parseTopic } from '../protocol/topics.ts';

export const unknownSlot = 0xffff_ffff;
export const otherMineSlot = 0xffff_fffe;
/** Set by who compares units, never by `resolve`. */
export const otherUnitSlot = 0xffff_fffd;

/** Cached point lists; one per source. Beyond this the cache starts anew: lists are then looked up by name again. */
const cachedListsMax = 4096;

interface CachedList {
  names: string[];
  slots: Uint32Array;
  /** No entry of the list is unknown or of another mine. */
  clean: boolean;
}

export class PointIndex {
  private readonly slots = new Map<string, number>();
  private readonly mineOfSlot: string[];
  private readonly unitOfSlot: string[];
  private readonly mines: ReadonlySet<string>;
  /** By mine; only mines that declare simulators are in it. */
  private readonly simulators: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly lists = new Map<string, CachedList>();
  private readonly mineByCode = new Map<string, string>();
  private readonly withCodes = new Set<string>();

  constructor(documents: SiteDocuments) {
    for (const { id, codes } of documents.sites) {
      if (codes !== undefined) this.withCodes.add(id);
      for (const code of codes ?? []) this.mineByCode.set(code, id);
    }
    documents.points.forEach((point, slot) => this.slots.set(point.id, slot));
    this.mineOfSlot = documents.points.map((point) => point.mine);
    this.unitOfSlot = documents.points.map((point) => point.unit);
    this.mines = new Set(documents.sites.filter((site) => site.kind === 'mine').map((site) => site.id));
    this.simulators = new Map(
      documents.sites.flatMap(({ id, simulatedSources }) =>
        simulatedSources === undefined ? [] : [[id, new Set(simulatedSources)]],
      ),
    );
  }

  /** Which mine's upload files bear this code; null: none says. */
  mineOfCode(code: string): string | null {
    return this.mineByCode.get(code) ?? null;
  }

  hasCodes(mine: string): boolean {
    return this.withCodes.has(mine);
  }

  /** What a mine calls `name`: the point of that id, or `<mine>.<name>` where the id was another's. */
  slotOf(mine: string, name: string): number | null {
    const slot = this.slotOrMark(mine, name);
    return slot === unknownSlot || slot === otherMineSlot ? null : slot;
  }

  /** The unit that the point is registered in; `slot` is one of a known point. */
  unitOf(slot: number): string {
    return this.unitOfSlot[slot]!;
  }

  isMine(id: string): boolean {
    return this.mines.has(id);
  }

  /** What comes under this topic of `mine` is made up, says the site. Once per frame; a mine without simulators pays nothing. */
  isSimulated(topic: string, mine: string): boolean {
    const simulators = this.simulators.get(mine);
    if (simulators === undefined) return false;
    const source = parseTopic(topic)?.source;
    return source !== undefined && simulators.has(source);
  }

  /** Writes the slots of `names[0…count)` of a message under `topic` of `mine`; true when all are known points of it. */
  resolve(topic: string, mine: string, names: readonly string[], count: number, into: Uint32Array): boolean {
    const cached = this.lists.get(topic);
    if (cached !== undefined && isSameList(cached.names, names, count)) {
      into.set(cached.slots);
      return cached.clean;
    }
    let clean = true;
    for (let i = 0; i < count; i += 1) {
      const slot = this.slotOrMark(mine, names[i]!);
      into[i] = slot;
      if (slot === unknownSlot || slot === otherMineSlot) clean = false;
    }
    if (count >= 8) this.remember(topic, names, count, into, clean);
    return clean;
  }

  private slotOrMark(mine: string, name: string): number {
    const slot = this.slots.get(name);
    if (slot !== undefined && this.mineOfSlot[slot] === mine) return slot;
    const own = this.slots.get(prefixed(mine, name));
    if (own !== undefined && this.mineOfSlot[own] === mine) return own;
    return slot === undefined ? unknownSlot : otherMineSlot;
  }

  private remember(
    topic: string,
    names: readonly string[],
    count: number,
    slots: Uint32Array,
    clean: boolean,
  ): void {
    if (this.lists.size >= cachedListsMax) this.lists.clear();
    this.lists.set(topic, { names: names.slice(0, count), slots: slots.slice(0, count), clean });
  }
}

function isSameList(cached: readonly string[], names: readonly string[], count: number): boolean {
  if (cached.length !== count) return false;
  for (let i = 0; i < count; i += 1) if (cached[i] !== names[i]) return false;
  return true;
}
