// The name lists of one source's last frames, so that a known list is neither parsed nor looked up again.
// Not a `pv` binding: nothing on the wire refers to it, and a source that changes its lists only gets slower.
// Always holds: a list's `text` is the JSON of exactly its `points`, from "[" to "]".

/** A source of 3,000 points has about 60 kB of names; the memory of all sources together must stay small. */
const textBytesMax = 64 * 1024;
/** A source sends its points in a few frames by turns; more lists than these would be searched in vain. */
const listsMax = 16;

export interface KnownList {
  /** Handed out as `batch.points`: the very same array for the same names. */
  readonly points: string[];
  readonly text: Uint8Array;
}

export class PointMemory {
  private lists: KnownList[] = [];
  private textBytes = 0;
  /** Sources send their lists by turns: the list after the last one found is tried first. */
  private next = 0;

  /** The list whose text stands at `at`. */
  find(bytes: Uint8Array, at: number): KnownList | null {
    for (let tried = 0; tried < this.lists.length; tried += 1) {
      const list = this.lists[this.next];
      this.next = this.next + 1 < this.lists.length ? this.next + 1 : 0;
      if (list !== undefined && isTextAt(bytes, at, list.text)) return list;
    }
    return null;
  }

  /** The array to hand out for these names; `bytes` at `at` begins with their JSON, or nothing is kept. */
  remember(points: string[], bytes: Uint8Array, at: number): string[] {
    const known = this.lists.find((list) => hasSameNames(list.points, points));
    if (known !== undefined) return known.points;
    const text = new TextEncoder().encode(JSON.stringify(points));
    if (text.length > textBytesMax || !isTextAt(bytes, at, text)) return points;
    if (this.lists.length >= listsMax || this.textBytes + text.length > textBytesMax) this.forget();
    this.lists.push({ points, text });
    this.textBytes += text.length;
    return points;
  }

  private forget(): void {
    this.lists = [];
    this.textBytes = 0;
    this.next = 0;
  }
}

function isTextAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  if (bytes.length - at < text.length) return false;
  // Names of one source differ in their last characters: most wrong lists fail at the end first.
  for (let index = text.length - 1; index >= 0; index -= 1)
    if (bytes[at + index] !== text[index]) return false;
  return true;
}

function hasSameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
