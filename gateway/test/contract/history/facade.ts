// What the contract of history needs of a store: a small façade that each history serves in its own way, whether it
// answers at once or over a network. Types only.

import type { SourceName } from '#alarms/engine/input.ts';
import type { Report } from '#alarms/telemetry/report.ts';
import type { HistoryCutoffs, HistoryPoint, HistoryStorePort } from '../../../projector/store-port.ts';
import type { HistoryQueries } from '../../../serving/query/port.ts';

export interface ContractReading {
  /** Index into the points of the last `configure`. */
  readonly slot: number;
  readonly t: number;
  /** null = without a number. */
  readonly v: number | null;
  readonly s: number;
  /** As the core judged it. */
  readonly outcome: 'accepted' | 'duplicate' | 'late';
}

export type ContractInput =
  | {
      readonly kind: 'frame';
      readonly source: number;
      readonly received: number;
      readonly readings: readonly ContractReading[];
    }
  | { readonly kind: 'configure'; readonly points: readonly HistoryPoint[] }
  | { readonly kind: 'sourceSeen'; readonly source: number; readonly name: SourceName }
  | {
      readonly kind: 'quarantined';
      readonly source: number;
      readonly received: number;
      readonly readings: readonly {
        readonly point: string;
        readonly time: number;
        readonly value: number | null;
        readonly status: number;
      }[];
    }
  | { readonly kind: 'report'; readonly source: number; readonly received: number; readonly report: Report }
  | { readonly kind: 'lost'; readonly from: number; readonly to: number; readonly at: number };

export interface StoredReading {
  readonly point: string;
  readonly t: number;
  readonly v: number | null;
  readonly s: number;
}

export interface ContractStore {
  readonly queries: HistoryQueries;
  /** Everything committed and visible to `queries` when it resolves. */
  apply(inputs: readonly ContractInput[]): Promise<void>;
  /** Given to the store in this order, and not committed: the group stays open (a store may have written some of it). */
  applyOpen(inputs: readonly ContractInput[]): Promise<void>;
  /** Dies without a commit and is opened anew; the inputs behind its cursor come again and are committed, as in `apply`. */
  crashAndReopen(): Promise<void>;
  /** As often as it takes until nothing that is due is left. */
  retain(cutoffs: HistoryCutoffs): Promise<void>;
  counts(): HistoryStorePort['counts'];
  /** All samples and all late readings, in any order. */
  wholeReadings(): Promise<{
    readonly samples: readonly StoredReading[];
    readonly late: readonly StoredReading[];
  }>;
  close(): Promise<void>;
}
