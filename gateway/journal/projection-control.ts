// What the core tells the projector, in shared memory: history paused by *Room*, and the wish that both stores sync now
// (before segments are released in a hurry). The word to stop travels with the durable position (journal/durable.ts).

const word = { historyPaused: 0, syncWanted: 1, stop: 2 } as const;
const wordCount = 4;

export class ProjectorControl {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(wordCount * 4)) {
    this.memory = memory;
    this.words = new Int32Array(memory);
  }

  get isHistoryPaused(): boolean {
    return Atomics.load(this.words, word.historyPaused) !== 0;
  }

  pauseHistory(isPaused: boolean): void {
    Atomics.store(this.words, word.historyPaused, isPaused ? 1 : 0);
  }

  /** Grows with each wish; a lane compares it with the last one it has fulfilled. */
  get syncWanted(): number {
    return Atomics.load(this.words, word.syncWanted);
  }

  wantSync(): void {
    Atomics.add(this.words, word.syncWanted, 1);
  }

  /** Stops the projector alone, whatever the journal does. */
  stop(): void {
    Atomics.store(this.words, word.stop, 1);
    Atomics.notify(this.words, word.stop);
  }

  get isStopped(): boolean {
    return Atomics.load(this.words, word.stop) !== 0;
  }

  /** Blocks the calling thread for `ms`, or until stop. */
  rest(ms: number): void {
    if (ms > 0) Atomics.wait(this.words, word.stop, 0, ms);
  }
}
