// Facts of the data folder. Looks only, beside a running gateway as well; one small probe file is written for the cost of
// a sync, and removed. Nothing is made that was not there.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stateLayoutVersion } from '#alarms/engine/engine.ts';
import { endOf, inspect } from '../backup/journal-copy.ts';
import { readNewestCheckpoint } from '../core/checkpoint/checkpoint-filer.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { segmentsOf } from '../journal/segment-name.ts';
import type { CheckpointFacts, DataFacts, JournalFacts } from './facts.ts';

const syncs = 20;
const probeBytes = 4096;

export function gatherData(folder: string, reserveBytes: number): DataFacts {
  const exists = existsSync(folder);
  // Of what is not there yet the next folder above counts: it will be made there.
  const ground = existing(resolve(folder));
  const unwritable = faultOf(() => accessSync(ground, constants.W_OK | constants.X_OK));
  const uid = process.getuid?.();
  const stats = statfsSync(ground);
  const journalFolder = join(folder, 'journal');
  const checkpointFolder = join(folder, 'checkpoints');
  return {
    folder,
    exists,
    unwritable,
    owner: uid === undefined || !exists ? null : { folder: statSync(folder).uid, own: uid },
    fileSystem: process.platform === 'linux' ? stats.type >>> 0 : null,
    space: { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize },
    reserve: { wantedBytes: reserveBytes, madeBytes: exists ? madeBytes(journalFolder) : 0 },
    syncMs: exists && unwritable === null ? measureSync(folder) : null,
    journal: existsSync(journalFolder) ? gatherJournal(journalFolder) : null,
    checkpoints: existsSync(checkpointFolder) ? gatherCheckpoints(checkpointFolder) : null,
  };
}

function madeBytes(journalFolder: string): number {
  if (!existsSync(journalFolder)) return 0;
  return new NodeFiles(journalFolder).list().reduce((sum, { size }) => sum + size, 0);
}

function gatherJournal(folder: string): JournalFacts {
  const files = new NodeFiles(folder);
  const segments = segmentsOf(files.list());
  const { start, end, damage } = inspect(folder, endOf(files));
  const newest = segments.at(-1);
  const stats =
    newest === undefined ? undefined : statSync(join(folder, newest.name), { throwIfNoEntry: false });
  return { segments: segments.length, start, end, damage, writtenAt: stats?.mtimeMs ?? null };
}

/** A running gateway renames and overwrites them: what looks damaged is looked at twice. */
function gatherCheckpoints(folder: string): CheckpointFacts {
  const look = () => readNewestCheckpoint(new NodeFiles(folder), stateLayoutVersion);
  const first = look();
  const { content, rejected } = first.rejected.length === 0 ? first : look();
  return { position: content?.position ?? null, rejected };
}

function measureSync(folder: string): DataFacts['syncMs'] {
  const path = join(folder, `.probe-${process.pid}`);
  const bytes = new Uint8Array(probeBytes);
  const file = openSync(path, 'wx', 0o600);
  try {
    const times: number[] = [];
    for (let i = 0; i < syncs; i += 1) {
      writeSync(file, bytes, 0, probeBytes, i * probeBytes);
      const began = performance.now();
      fdatasyncSync(file);
      times.push(performance.now() - began);
    }
    times.sort((a, b) => a - b);
    return { median: times[syncs / 2] ?? 0, worst: times.at(-1) ?? 0 };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

export function faultOf(look: () => void): string | null {
  try {
    look();
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}
