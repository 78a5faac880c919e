// How long something took, as counts of classes that are 5 % wide: bounded memory, and the counts of several processes
// add up. A quantile is right to one class.

const growth = 1.05;
const firstMs = 0.01;
/** The last class ends beyond an hour. */
const classes = Math.ceil(Math.log(3_600_000 / firstMs) / Math.log(growth)) + 1;

export class Latencies {
  readonly counts: number[] = Array.from({ length: classes }, () => 0);

  note(ms: number): void {
    const place = ms <= firstMs ? 0 : Math.ceil(Math.log(ms / firstMs) / Math.log(growth));
    this.counts[Math.min(place, classes - 1)]! += 1;
  }

  add(counts: readonly number[]): void {
    counts.forEach((count, place) => (this.counts[place]! += count));
  }

  /** Upper end of the class in which the quantile lies; null when nothing was noted. */
  quantileMs(share: number): number | null {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    let below = 0;
    const place = this.counts.findIndex((count) => (below += count) >= share * total);
    return Number((firstMs * growth ** place).toPrecision(3));
  }
}
