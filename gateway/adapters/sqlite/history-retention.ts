// What history forgets, by class: samples (with late rows, quarantine and positions) and, much later, rollups, switch
// changes, upstream alarms and statistics. In small transactions of its own, oldest first, and never more at once than
// was asked for: a clock that jumped cannot wipe out much before somebody sees it.

import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import type { HistoryBlocks } from './history-blocks.ts';
import { minutesPerHour } from './history-digests.ts';
import type { HistoryReports } from './history-reports.ts';
import { chunkMs, chunkOf } from './history-schema.ts';

/** Source times: what is older goes. */
export interface HistoryCutoffs {
  readonly raw: number;
  /** Of rollups, switch changes, upstream alarms and statistics. */
  readonly rollups: number;
}

const deleteSlice = 10_000;

export class HistoryRetention {
  private readonly db: DatabaseSync;
  private readonly blocks: HistoryBlocks;
  private readonly reports: HistoryReports;
  private readonly statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync, blocks: HistoryBlocks, reports: HistoryReports) {
    this.db = db;
    this.blocks = blocks;
    this.reports = reports;
    this.statements = prepare(db);
  }

  retain(cutoffs: HistoryCutoffs, chunksMax: number): { chunks: number; quarantined: number } {
    const chunks = this.retainBlocks(chunkOf(cutoffs.raw), chunksMax);
    let quarantined = 0;
    transaction(this.db, () => {
      const { deleteLate, deleteQuarantined } = this.statements;
      deleteLate.run(cutoffs.raw, deleteSlice);
      quarantined = Number(deleteQuarantined.run(cutoffs.raw, deleteSlice).changes);
      this.reports.retain(cutoffs, chunksMax * chunkMs);
      this.retainRollups(chunkOf(cutoffs.rollups), chunksMax);
    });
    return { chunks, quarantined };
  }

  private retainBlocks(below: number, chunksMax: number): number {
    let deleted = 0;
    while (deleted < chunksMax) {
      const oldest = this.blocks.oldestChunk;
      if (oldest === null || oldest >= below) break;
      transaction(this.db, () => this.blocks.deleteChunk(oldest));
      deleted += 1;
    }
    return deleted;
  }

  /** An hour goes when all of it is over. */
  private retainRollups(below: number, chunksMax: number): void {
    const { deleteMinute, deleteHour } = this.statements;
    for (let i = 0; i < chunksMax; i += 1) {
      if (Number(deleteMinute.run(below).changes) === 0) break;
    }
    deleteHour.run(Math.floor(below / minutesPerHour));
  }
}

function prepare(db: DatabaseSync) {
  return {
    deleteLate: db.prepare(
      'DELETE FROM readings_late WHERE n IN (SELECT n FROM readings_late WHERE t < ? LIMIT ?)',
    ),
    deleteQuarantined: db.prepare(
      'DELETE FROM quarantine WHERE n IN (SELECT n FROM quarantine WHERE received < ? LIMIT ?)',
    ),
    deleteMinute: db.prepare(
      'DELETE FROM rollup_minutes WHERE minute < ? AND minute = (SELECT min(minute) FROM rollup_minutes)',
    ),
    deleteHour: db.prepare(
      'DELETE FROM rollup_hours WHERE hour < ? AND hour = (SELECT min(hour) FROM rollup_hours)',
    ),
  };
}
