// What the core thread is given at its start, and what it says to whoever started it.

import type { MessagePort } from 'node:worker_threads';
import type { SiteDocuments } from '#alarms/engine/documents.ts';

export interface EmbeddedBroker {
  readonly kind: 'embedded';
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
}

export interface OutsideBroker {
  readonly kind: 'outside';
  readonly url: string;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
}

export interface CoreOptions {
  readonly journalFolder: string;
  readonly checkpointFolder: string;
  readonly documents: SiteDocuments;
  readonly segmentBytes: number;
  readonly reserveSegments: number;
  readonly checkpointMs: number;
  /** Segments that nobody needs any more are kept this long, and never more than so many bytes of them. */
  readonly keepMs: number;
  readonly keepBytes: number;
  readonly intake: EmbeddedBroker | OutsideBroker;
  readonly durable: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly serving: MessagePort;
  readonly isDemo: boolean;
  readonly isInsecure: boolean;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

export type CoreToParent =
  /** The journal is recovered: the projector may start. */
  | {
      readonly type: 'recovered';
      readonly inputs: number;
      readonly readings: number;
      readonly tookMs: number;
    }
  | { readonly type: 'listening'; readonly mqttPort: number }
  /** `code` as of Node (EADDRINUSE …); `message` for people. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

export type ParentToCore = { readonly type: 'close' };
