// Blocks of samples in history.db: written from the hot samples or from settled ones, read back per (chunk, point).
// Works inside the transaction of its caller and judges nothing: that no (point, t) comes twice is the caller's care.
// What is written is summed up in the digests at once.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HistoryDigests } from './history-digests.ts';
import { chunkMs, chunkOf, historyMark } from './history-schema.ts';
import type { HotSamples } from './hot-samples.ts';
import { BlockDecoder, BlockEncoder, SampleColumns } from './sample-block.ts';

export class HistoryBlocks {
  private readonly db: DatabaseSync;
  private readonly addPart: StatementSync;
  private readonly addBlock: StatementSync;
  private readonly select: StatementSync;
  private readonly removeBlocks: StatementSync;
  private readonly removeParts: StatementSync;
  private readonly oldest: StatementSync;
  private readonly newest: StatementSync;
  private readonly encoder = new BlockEncoder();
  private readonly decoder = new BlockDecoder();
  private readonly columns = new SampleColumns();
  private readonly digests: HistoryDigests;
  private chain = new Int32Array(1_024);
  private mark: number = historyMark.live;
  /** By chunk: the part that is being written. */
  private readonly parts = new Map<number, number>();

  constructor(db: DatabaseSync) {
    this.db = db;
    this.digests = new HistoryDigests(db);
    this.addPart = db.prepare('INSERT INTO parts (chunk, mark) VALUES (?, ?)');
    this.addBlock = db.prepare('INSERT INTO blocks (part, point, samples) VALUES (?, ?, ?)');
    this.select = db.prepare(`SELECT samples FROM parts CROSS JOIN blocks USING (part)
      WHERE chunk = ? AND point = ?`);
    this.removeBlocks = db.prepare(
      'DELETE FROM blocks WHERE part IN (SELECT part FROM parts WHERE chunk = ?)',
    );
    this.removeParts = db.prepare('DELETE FROM parts WHERE chunk = ?');
    this.oldest = db.prepare('SELECT min(chunk) AS chunk FROM parts');
    this.newest = db.prepare('SELECT max(chunk) AS chunk FROM parts');
  }

  /** What is written from here on is in parts of its own, one per chunk, with this mark. */
  begin(mark: number): void {
    this.mark = mark;
    this.parts.clear();
    // A write before this one may have failed midway.
    this.columns.clear();
    this.digests.clear();
  }

  /** After the last `write` since `begin`. */
  end(): void {
    this.digests.flush();
  }

  /** One block; `columns` ascend and are all of `chunk`. */
  write(chunk: number, point: number, columns: SampleColumns): void {
    let part = this.parts.get(chunk);
    if (part === undefined) {
      part = Number(this.addPart.run(chunk, this.mark).lastInsertRowid);
      this.parts.set(chunk, part);
    }
    this.addBlock.run(part, point, this.encoder.encode(columns, chunk * chunkMs));
    this.digests.add(chunk, point, columns, this.encoder.decimals);
  }

  /** The samples of `hot` in chunks below `limit`, a block per (point, chunk). They stay in `hot`. */
  writeHot(hot: HotSamples, limit: number, points: number): void {
    this.begin(historyMark.live);
    const { columns } = this;
    if (this.chain.length < hot.count) this.chain = new Int32Array(2 ** Math.ceil(Math.log2(hot.count)));
    for (let point = 0; point < points; point += 1) {
      const length = hot.chain(point, this.chain);
      let chunk = Number.NEGATIVE_INFINITY;
      let chunkEnd = Number.NEGATIVE_INFINITY;
      for (let k = length - 1; k >= 0; k -= 1) {
        const i = this.chain[k]!;
        const time = hot.times[i]!;
        if (time >= chunkEnd) {
          this.writeRest(chunk, point);
          chunk = chunkOf(time);
          if (chunk >= limit) break;
          chunkEnd = (chunk + 1) * chunkMs;
        }
        columns.add(time, hot.values[i]!, hot.status[i]!, hot.sources[i]!);
      }
      this.writeRest(chunk, point);
    }
    this.end();
  }

  /** Appends what is stored of `point` in `chunk`: ascending within a block. */
  read(chunk: number, point: number, columns: SampleColumns): void {
    for (const row of this.select.iterate(chunk, point)) {
      this.decoder.decode(row['samples'] as Uint8Array, chunk * chunkMs, columns);
    }
  }

  get oldestChunk(): number | null {
    return numberOrNull(this.oldest.get()?.['chunk']);
  }

  get newestChunk(): number | null {
    return numberOrNull(this.newest.get()?.['chunk']);
  }

  deleteChunk(chunk: number): void {
    this.removeBlocks.run(chunk);
    this.removeParts.run(chunk);
  }

  /** For every point that has samples in `chunk`, its last time there. */
  lastTimes(chunk: number, tell: (point: number, time: number) => void): void {
    const rows = this.db.prepare(
      'SELECT point, samples FROM blocks WHERE part IN (SELECT part FROM parts WHERE chunk = ?)',
    );
    for (const row of rows.iterate(chunk)) {
      tell(Number(row['point']), this.decoder.lastTime(row['samples'] as Uint8Array, chunk * chunkMs));
    }
  }

  private writeRest(chunk: number, point: number): void {
    if (this.columns.count === 0) return;
    this.write(chunk, point, this.columns);
    this.columns.clear();
  }
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
