// Samples that are not simply newer than all before them: late ones, those of a clock that was set back, those out of
// the quarantine, and everything that comes a second time. They wait here until the group is committed and are then
// held against what is stored, a chunk at a time. An accepted (point, t) is never replaced: a sample with another value
// goes to readings_late, an equal one is nothing new.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { HistoryBlocks } from './history-blocks.ts';
import { chunkOf } from './history-schema.ts';
import type { HotSamples } from './hot-samples.ts';
import { SampleColumns } from './sample-block.ts';

/** Settled early then, so that they stay few in memory. */
export const asideMax = 20_000;

export interface AsideSample {
  readonly point: number;
  readonly time: number;
  /** NaN = without a number. */
  readonly value: number;
  readonly status: number;
  readonly source: number;
  /** The core called it late: it never becomes a sample. */
  readonly isLate: boolean;
}

export interface Settlement {
  readonly stored: number;
  readonly late: number;
  readonly duplicate: number;
}

export class HistoryAside {
  private readonly blocks: HistoryBlocks;
  private readonly hot: HotSamples;
  private readonly addLate: StatementSync;
  private waiting: AsideSample[] = [];
  private readonly there = new SampleColumns();
  private readonly added = new SampleColumns();
  private chain = new Int32Array(1_024);
  private tally = { stored: 0, late: 0, duplicate: 0 };

  constructor(db: DatabaseSync, blocks: HistoryBlocks, hot: HotSamples) {
    this.blocks = blocks;
    this.hot = hot;
    this.addLate = db.prepare(`INSERT INTO readings_late (t, point, value, status, source, mark)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  }

  get count(): number {
    return this.waiting.length;
  }

  add(sample: AsideSample): void {
    this.waiting.push(sample);
  }

  clear(): void {
    this.waiting = [];
  }

  /** Judges all that waits, in the order of arrival, and writes it with `mark`. */
  settle(mark: number): Settlement {
    this.tally = { stored: 0, late: 0, duplicate: 0 };
    if (this.waiting.length === 0) return this.tally;
    this.blocks.begin(mark);
    const samples = this.waiting;
    this.waiting = [];
    samples.sort((a, b) => a.point - b.point || chunkOf(a.time) - chunkOf(b.time)); // stable
    for (let from = 0; from < samples.length;) {
      const { point, time } = samples[from]!;
      const chunk = chunkOf(time);
      let to = from + 1;
      while (to < samples.length && samples[to]!.point === point && chunkOf(samples[to]!.time) === chunk)
        to += 1;
      this.settleChunk(chunk, point, samples.slice(from, to), mark);
      from = to;
    }
    this.blocks.end();
    return this.tally;
  }

  private settleChunk(chunk: number, point: number, samples: readonly AsideSample[], mark: number): void {
    const { there } = this;
    there.clear();
    this.blocks.read(chunk, point, there);
    this.readHot(chunk, point);
    const indexes = new Map<number, number>();
    for (let i = 0; i < there.count; i += 1) indexes.set(there.times[i]!, i);
    const storedBefore = there.count;
    for (const { time, value, status, source, isLate } of samples) {
      const i = indexes.get(time);
      if (i !== undefined && there.status[i] === status && isSame(there.values[i]!, value)) {
        this.tally.duplicate += 1;
      } else if (i !== undefined || isLate) {
        const { changes } = this.addLate.run(time, point, value, status, source, mark); // NaN is bound as NULL
        if (changes === 0) this.tally.duplicate += 1;
        else this.tally.late += 1;
      } else {
        indexes.set(time, there.count);
        there.add(time, value, status, source);
        this.tally.stored += 1;
      }
    }
    if (there.count > storedBefore) this.write(chunk, point, storedBefore);
  }

  private write(chunk: number, point: number, from: number): void {
    const { there, added } = this;
    const order = Array.from({ length: there.count - from }, (_, k) => from + k);
    order.sort((a, b) => there.times[a]! - there.times[b]!);
    added.clear();
    for (const i of order) added.add(there.times[i]!, there.values[i]!, there.status[i]!, there.sources[i]!);
    this.blocks.write(chunk, point, added);
  }

  private readHot(chunk: number, point: number): void {
    const { hot, there } = this;
    if (this.chain.length < hot.count) this.chain = new Int32Array(2 ** Math.ceil(Math.log2(hot.count)));
    const length = hot.chain(point, this.chain);
    for (let k = 0; k < length; k += 1) {
      const i = this.chain[k]!;
      if (chunkOf(hot.times[i]!) !== chunk) continue;
      there.add(hot.times[i]!, hot.values[i]!, hot.status[i]!, hot.sources[i]!);
    }
  }
}

function isSame(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
