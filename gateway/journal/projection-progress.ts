// What the projector tells the other threads, in shared memory: 64-bit integers by name, one writer per word, written
// with Atomics so that a reader never sees half a number. Core releases segments by it, serving shows lag and trouble.

/** The order is the layout; both sides of one process are always the same release. */
export const progressWords = [
  /** Position behind the last batch whose events are committed in events.db; and what of it is synced to disk. */
  'eventsPosition',
  'eventsSynced',
  /** Number of the last event in events.db. */
  'eventsSeq',
  'eventsLagMs',
  'eventsErrors',
  /** 1 while the lane is failing and retries. */
  'eventsDegraded',
  'eventsCount',
  'historyPosition',
  'historySynced',
  'historyLagMs',
  'historyErrors',
  'historyDegraded',
  /** 1 while *Room* has history paused. */
  'historyPaused',
  'historyRows',
  'historyLate',
  'historyDuplicates',
  'historyUnplaced',
  /** Chunks of ten seconds that retention has deleted. */
  'historyChunksRetired',
  'quarantineRows',
  'quarantineDropped',
  'quarantineRequalified',
  'quarantineForeign',
  /** Ranges of the journal that were gone before history had them, and their bytes. */
  'historyLostRanges',
  'historyLostBytes',
  /** How often the history thread had to be started anew. */
  'historyRestarts',
] as const;

export type ProgressWord = (typeof progressWords)[number];

const wordIndex = new Map<ProgressWord, number>(progressWords.map((name, i) => [name, i]));

export class ProjectorProgress {
  readonly memory: SharedArrayBuffer;
  private readonly words: BigInt64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(progressWords.length * 8)) {
    this.memory = memory;
    this.words = new BigInt64Array(memory);
  }

  get(name: ProgressWord): number {
    return Number(Atomics.load(this.words, wordIndex.get(name)!));
  }

  set(name: ProgressWord, value: number): void {
    Atomics.store(this.words, wordIndex.get(name)!, BigInt(Math.trunc(value)));
  }

  add(name: ProgressWord, amount: number): void {
    Atomics.add(this.words, wordIndex.get(name)!, BigInt(Math.trunc(amount)));
  }

  toObject(): Record<ProgressWord, number> {
    const object = {} as Record<ProgressWord, number>;
    for (const name of progressWords) object[name] = this.get(name);
    return object;
  }

  /** What may be released: synced in every projection. */
  get synced(): number {
    return Math.min(this.get('eventsSynced'), this.get('historySynced'));
  }
}
