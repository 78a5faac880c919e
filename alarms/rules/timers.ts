// Deadlines of the engine: a binary heap over a fixed set of timers, one wanted time each. Order: due, then number,
// so that firing never depends on how the heap came about. Moving a deadline later costs nothing (lazy): the entry
// is found early when its time comes and put back. No clock here.

export class Timers {
  /** Wanted due time per timer; Infinity = not set. The only state worth keeping: the heap is rebuilt from it. */
  readonly wanted: Float64Array;
  /** Due time under which the timer lies in the heap; Infinity = not in it. Other entries of it are stale. */
  readonly #inHeap: Float64Array;
  #due: number[] = [];
  #timer: number[] = [];

  constructor(count: number) {
    this.wanted = new Float64Array(count).fill(Infinity);
    this.#inHeap = new Float64Array(count).fill(Infinity);
  }

  set(timer: number, due: number): void {
    this.wanted[timer] = due;
    if (due < this.#inHeap[timer]!) this.#push(due, timer);
  }

  cancel(timer: number): void {
    this.wanted[timer] = Infinity;
  }

  /** Due time of the first timer, Infinity when none. */
  firstDue(): number {
    this.#settle();
    return this.#due[0] ?? Infinity;
  }

  /** Takes the first timer out and unsets it. Only after firstDue() was finite. */
  take(): number {
    const timer = this.#timer[0]!;
    this.#removeFirst();
    this.#inHeap[timer] = Infinity;
    this.wanted[timer] = Infinity;
    return timer;
  }

  /** After `wanted` was written from outside (restore, migration). */
  rebuild(): void {
    this.#due = [];
    this.#timer = [];
    this.#inHeap.fill(Infinity);
    for (let timer = 0; timer < this.wanted.length; timer += 1) {
      if (this.wanted[timer]! < Infinity) this.#push(this.wanted[timer]!, timer);
    }
  }

  /** Brings an entry to the front whose due time is the wanted one. */
  #settle(): void {
    while (this.#due.length > 0) {
      const due = this.#due[0]!;
      const timer = this.#timer[0]!;
      const isStale = due !== this.#inHeap[timer]!;
      const wanted = this.wanted[timer]!;
      if (!isStale && wanted === due) return;
      this.#removeFirst();
      if (isStale) continue;
      this.#inHeap[timer] = Infinity;
      if (wanted < Infinity) this.#push(wanted, timer);
    }
  }

  #push(due: number, timer: number): void {
    this.#inHeap[timer] = due;
    let at = this.#due.length;
    this.#due.push(due);
    this.#timer.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #removeFirst(): void {
    const lastDue = this.#due.pop()!;
    const lastTimer = this.#timer.pop()!;
    if (this.#due.length === 0) return;
    this.#due[0] = lastDue;
    this.#timer[0] = lastTimer;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#due.length) return;
      const right = left + 1;
      const child = right < this.#due.length && this.#isBefore(right, left) ? right : left;
      if (!this.#isBefore(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const dueA = this.#due[a]!;
    const dueB = this.#due[b]!;
    return dueA < dueB || (dueA === dueB && this.#timer[a]! < this.#timer[b]!);
  }

  #swap(a: number, b: number): void {
    const due = this.#due[a]!;
    this.#due[a] = this.#due[b]!;
    this.#due[b] = due;
    const timer = this.#timer[a]!;
    this.#timer[a] = this.#timer[b]!;
    this.#timer[b] = timer;
  }
}
