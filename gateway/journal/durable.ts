// The durable position in shared memory: set by the journal thread after each sync, waited for by the projector.
// Also carries the word to stop, so that a thread that waits can be woken for good.

const signalWord = 0;
const stopWord = 1;
const positionWord = 1; // of the 64-bit view: behind the two 32-bit words

export class DurablePosition {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #positions: BigInt64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(16)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
    this.#positions = new BigInt64Array(shared);
  }

  get position(): number {
    return Number(Atomics.load(this.#positions, positionWord));
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, stopWord) !== 0;
  }

  advance(position: number): void {
    Atomics.store(this.#positions, positionWord, BigInt(position));
    this.#signal();
  }

  stop(): void {
    Atomics.store(this.#words, stopWord, 1);
    this.#signal();
  }

  /** Blocks the calling thread (never the core's) until the position lies beyond `position`, stop, or time out. */
  waitBeyond(position: number, timeoutMs: number): 'advanced' | 'stopped' | 'timeout' {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const signal = Atomics.load(this.#words, signalWord);
      if (this.isStopped) return 'stopped';
      if (this.position > position) return 'advanced';
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return 'timeout';
      Atomics.wait(this.#words, signalWord, signal, leftMs);
    }
  }

  /** The same without blocking, for a thread that also serves sockets. */
  async whenBeyond(position: number, timeoutMs: number): Promise<'advanced' | 'stopped' | 'timeout'> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const signal = Atomics.load(this.#words, signalWord);
      if (this.isStopped) return 'stopped';
      if (this.position > position) return 'advanced';
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return 'timeout';
      const waiting = Atomics.waitAsync(this.#words, signalWord, signal, leftMs);
      if (waiting.async) await waiting.value;
    }
  }

  #signal(): void {
    Atomics.add(this.#words, signalWord, 1);
    Atomics.notify(this.#words, signalWord);
  }
}
