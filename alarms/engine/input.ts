// Everything that can change the state of the core, as journalled. Time comes with the input.

import type { ReadingsFrame } from '../telemetry/frame.ts';
import type { Command } from '../workflow/command.ts';
import type { SiteDocuments } from './documents.ts';

export interface SourceName {
  readonly mine: string;
  readonly system: string;
  readonly source: string;
}

export type RoomState = 'ok' | 'low' | 'sacrificing' | 'full';

export type Input =
  | { readonly kind: 'configured'; readonly now: number; readonly documents: SiteDocuments }
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
