// The book of what a gateway has acknowledged: per station the numbers of the frames as runs, with a digest over their
// readings, not the readings themselves; those come again from the seed. Memory is bounded by the number of runs, and a
// run grows as long as acknowledgements come in order.

/** More holes than this in one station's frames and the book is full: it says so rather than forget. */
const runsMax = 10_000;

export interface Run {
  first: number;
  count: number;
  /** Sum of the frames' digests modulo 2^32: the same in whatever order they were acknowledged. */
  digest: number;
}

export interface StationPage {
  readonly station: number;
  /** Frames that went to the wire at least once are below this. */
  readonly sent: number;
  readonly runs: readonly Readonly<Run>[];
}

export class Book {
  private readonly runs = new Map<number, Run[]>();
  private readonly sent = new Map<number, number>();

  noteSent(station: number, frame: number): void {
    if (frame >= (this.sent.get(station) ?? 0)) this.sent.set(station, frame + 1);
  }

  /** A frame acknowledged twice (it was sent twice) stands once. */
  noteAcknowledged(station: number, frame: number, digest: number): void {
    let runs = this.runs.get(station);
    if (runs === undefined) this.runs.set(station, (runs = []));
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === frame) return grow(last, digest);
    const next = after(runs, frame);
    const before = runs[next - 1];
    if (before !== undefined && frame < before.first + before.count) return;
    const follower = runs[next];
    const isFollowed = follower !== undefined && follower.first === frame + 1;
    if (before !== undefined && before.first + before.count === frame) {
      grow(before, digest);
      if (!isFollowed) return;
      before.count += follower.count;
      before.digest = (before.digest + follower.digest) >>> 0;
      runs.splice(next, 1);
    } else if (isFollowed) {
      follower.first = frame;
      grow(follower, digest);
    } else {
      if (runs.length >= runsMax)
        throw new Error(`the book of station ${station} has more than ${runsMax} runs`);
      runs.splice(next, 0, { first: frame, count: 1, digest });
    }
  }

  pages(): StationPage[] {
    return [...this.sent.keys()]
      .sort((a, b) => a - b)
      .map((station) => ({
        station,
        sent: this.sent.get(station) ?? 0,
        runs: this.runs.get(station) ?? [],
      }));
  }
}

function grow(run: Run, digest: number): void {
  run.count += 1;
  run.digest = (run.digest + digest) >>> 0;
}

/** Index of the first run that begins after the frame. */
function after(runs: readonly Run[], frame: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (runs[middle]!.first > frame) high = middle;
    else low = middle + 1;
  }
  return low;
}
