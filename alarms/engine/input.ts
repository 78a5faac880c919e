// Everything that can change the state of the core, as journalled. Time comes with the input.

import type { Definition } from '../registry/definition.ts';
import type { RegistryChange } from '../registry/define.ts';
import type { Point } from '../registry/site.ts';
import type { ReadingsFrame } from '../telemetry/frame.ts';
import type { Report } from '../telemetry/report.ts';
import type { Command } from '../workflow/command.ts';
import type { SiteDocuments } from './documents.ts';

export interface SourceName {
  readonly mine: string;
  readonly system: string;
  readonly source: string;
}

export type RoomState = 'ok' | 'low' | 'sacrificing' | 'full';

export type Input =
  | {
      readonly kind: 'configured';
      readonly now: number;
      /** Of the site folder alone; what definitions added is added again. */
      readonly documents: SiteDocuments;
      /** Points of definitions behind those of the documents, by slot: for projections, as `changes` of `defined`. */
      readonly defined?: readonly Point[];
    }
  | { readonly kind: 'started'; readonly now: number; readonly blindFrom: number | null }
  | { readonly kind: 'sourceSeen'; readonly now: number; readonly source: number; readonly name: SourceName }
  | {
      /** From here on the number `list` of this source stands for these names (`''`: no name that a point may have). */
      readonly kind: 'listBound';
      readonly now: number;
      readonly source: number;
      readonly list: number;
      readonly points: readonly string[];
    }
  | { readonly kind: 'readings'; readonly frame: ReadingsFrame }
  | { readonly kind: 'tick'; readonly now: number }
  | { readonly kind: 'command'; readonly now: number; readonly command: Command }
  | {
      /**
       * What a source says of its mine's points, stations, areas, people and equipment; at most `definitionsMax`, and
       * never without an effect on the registry.
       */
      readonly kind: 'defined';
      readonly now: number;
      readonly source: number;
      readonly definitions: readonly Definition[];
      /** What follows from them, for who does not hold the registry (projections); the core finds it again by itself. */
      readonly changes: readonly RegistryChange[];
    }
  | {
      /** What another system reports besides readings; at most `reportsMax` entries. Only its time moves the core. */
      readonly kind: 'reported';
      readonly now: number;
      readonly source: number;
      readonly report: Report;
    }
  | {
      /** Kept for the day the point is registered; the core's state does not move. */
      readonly kind: 'quarantined';
      readonly now: number;
      readonly source: number;
      readonly readings: readonly {
        readonly point: string;
        readonly time: number;
        readonly value: number | null;
        readonly status: number;
      }[];
    }
  | {
      readonly kind: 'roomChanged';
      readonly now: number;
      readonly state: RoomState;
      readonly freeBytes: number;
    }
  | { readonly kind: 'recoveryDiffered'; readonly now: number; readonly detail: string };

/** Of one `defined`: a file with more is split by its taker. One journal record holds them with room to spare. */
export const definitionsMax = 2_000;
/** Of one `reported`, all kinds together. */
export const reportsMax = 5_000;
