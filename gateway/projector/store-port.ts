// The stores as the lanes need them: structural twins of the SQLite adapter, so that another history (QuestDB) is one
// more adapter and the lanes do not change.

import type { Event } from '#alarms/log/event.ts';
import type { RegistryChange } from '#alarms/registry/define.ts';
import type { SourceName } from '#alarms/engine/input.ts';
import type { Point } from '#alarms/registry/site.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import type { LaneCursor } from './lane.ts';

interface Store {
  readonly cursor: LaneCursor;
  commit(cursor: LaneCursor): void;
  /** Back to the last commit. */
  abandon(): void;
  /** What is committed is on disk when it returns. */
  sync(): void;
  close(): void;
}

export interface EventsStorePort extends Store {
  readonly lastSeq: number;
  readonly counts: { readonly events: number };
  addEvent(event: Event): void;
  addDocuments(inputSequence: number, position: number, at: number, json: string, reopenMs: number): void;
  sourceSeen(source: number, name: SourceName): void;
  /** What definitions of `source` changed: rows are kept for ever, new points are in force behind `position`. */
  addRegistryChanges(
    inputSequence: number,
    position: number,
    at: number,
    source: number,
    changes: readonly RegistryChange[],
  ): void;
}

export type HistoryPoint = Pick<Point, 'id' | 'mine' | 'range'> & {
  /** Its values are states: history keeps their changes too. */
  readonly isSwitch?: boolean;
};

/** What is older goes, in source time: samples, late rows, quarantine and positions; and, much later, all else. */
export interface HistoryCutoffs {
  readonly raw: number;
  readonly rollups: number;
}

export interface HistoryStorePort extends Store {
  readonly rowsPending: number;
  readonly quarantineRows: number;
  readonly counts: {
    readonly stored: number;
    readonly late: number;
    readonly duplicate: number;
    readonly unplaced: number;
    readonly quarantineDropped: number;
    readonly requalified: number;
    readonly quarantineForeign: number;
    readonly reported: number;
  };
  configure(points: readonly HistoryPoint[]): void;
  /** Points behind those that are there: their slots follow the last one's. */
  append(points: readonly HistoryPoint[]): void;
  sourceSeen(source: number, name: SourceName): void;
  addFrame(frame: ReadingsFrame): void;
  addQuarantined(
    source: number,
    received: number,
    readings: readonly {
      readonly point: string;
      readonly time: number;
      readonly value: number | null;
      readonly status: number;
    }[],
  ): void;
  /** The same key again replaces what is there; an upstream alarm never one that was reported later. */
  addReport(source: number, received: number, report: Report): void;
  addLost(from: number, to: number, at: number): void;
  newestTime(): number | null;
  retain(cutoffs: HistoryCutoffs, chunksMax: number): number;
}

/** The documents in force behind a position, for a history that lost the segment with its own. */
export type DocumentsAt = (
  position: number,
) => { readonly points: readonly HistoryPoint[] } | 'notYet' | 'none';
