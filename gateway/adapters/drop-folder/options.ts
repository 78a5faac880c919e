// Settings, bounds and counters of the drop folder, each bound with its reason.

import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';

export interface DropFolderOptions {
  /** Holds `<mine>/<system>/`; made when it is not there. */
  readonly folder: string;
  /** Text of the reason file under the refusal itself, zh and en; it may throw. */
  readonly report?: (fileName: string, bytes: Uint8Array, reason: IntakeRefusal) => string;
  /** ms */
  readonly now?: () => number;
  readonly scanEveryMs?: number;
  /** A file without its end mark is handed on once it has not grown for this long. */
  readonly quietMs?: number;
  readonly endMarks?: readonly string[];
  readonly doneKeptDays?: number;
  readonly rejectedKeptDays?: number;
  readonly fileBytesMax?: number;
  readonly heldFilesMax?: number;
  readonly heldBytesMax?: number;
  /** Names of all folders that one scan remembers. */
  readonly namesMax?: number;
  readonly events?: { readonly count?: (counter: DropFolderCounter, detail: string) => void };
}

export const dropFolderCounters = [
  /** Handed to the core; again for each further try. */
  'taken',
  'done',
  'rejected',
  /** A file without its end was seen and is waited for. */
  'waiting',
  /** Handed on without its end: it did not grow any more. */
  'incomplete',
  /** No plain file, a folder that is no mine or system, a name that an upload is still written under. */
  'ignored',
  'abandoned',
  /** An acknowledged file could not be moved; it is tried again, and handed on again after a restart. */
  'movesFailed',
  'readsFailed',
  /** Watching failed or is not to be had: the scan alone finds files then. */
  'watchesFailed',
  'pruned',
] as const;

export type DropFolderCounter = (typeof dropFolderCounters)[number];

export const dropFolderDefaults = {
  /** What a missed notification costs. */
  scanEveryMs: 3_000,
  quietMs: 60_000,
  endMarks: ['||', ']]]'],
  doneKeptDays: 7,
  /** Longer than done: somebody is to read the reasons. */
  rejectedKeptDays: 30,
  /** A full CDDY of 10 k points is 3 MB. */
  fileBytesMax: 16 * 1024 * 1024,
  /** Files in the core and not yet durable. */
  heldFilesMax: 64,
  heldBytesMax: 64 * 1024 * 1024,
  /** About 100 B each. */
  namesMax: 65_536,
} as const;

/** Mines times systems; more are left out and counted. */
export const foldersMax = 1_024;
/** Of one folder in one scan, so that a backlog of one mine does not cost the others their turn. */
export const namesOfFolderMax = 1_024;
export const namesOfFolderMin = 64;
/** Acknowledged files of one folder that could not be moved; it gives no more files then, the others go on. */
export const stuckOfFolderMax = 16;
/** Files without an end, and ignored paths, that are remembered; above it they are seen as new each time. */
export const rememberedMax = 10_000;
export const pruneEveryMs = 3_600_000;
export const retryMsMin = 1_000;
export const retryMsMax = 60_000;
/** Notifications come in bursts; one look for all of them. */
export const watchDelayMs = 50;
