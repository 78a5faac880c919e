// What a backup says about itself: written last, so that a folder without it is no backup. Every other file is in it with
// its length and SHA-256. Read back as hostile input: names that lead out of the folder are refused.

import type { CopiedFile } from './files.ts';

export const manifestFile = 'manifest.json';
/** Grows when an older release could no longer restore it. */
export const manifestFormat = 1;

export interface BackupFile extends CopiedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export interface BackupJournal {
  /** Position of the oldest byte, and behind the newest batch: nothing acknowledged before the latter is missing. */
  readonly start: number;
  readonly end: number;
  /** Number of the last input. */
  readonly lastSequence: number;
  /** Stretches that do not check in the journal itself; empty in a sound one. */
  readonly damage: readonly Stretch[];
}

export interface Manifest {
  readonly format: typeof manifestFormat;
  readonly takenAt: string;
  readonly journal: BackupJournal;
  readonly files: readonly BackupFile[];
}

/** The manifest, or one sentence why it is none. */
export function parseManifest(text: string): Manifest | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return `${manifestFile} is no JSON 备份清单无法解析`;
  }
  if (!isRecord(json)) return `${manifestFile} is no object 备份清单无法解析`;
  const { format, takenAt, journal, files } = json;
  if (format !== manifestFormat)
    return `${manifestFile} has format ${String(format)}, this release reads ${manifestFormat} 备份格式不符`;
  if (typeof takenAt !== 'string' || !isJournal(journal) || !Array.isArray(files))
    return `${manifestFile} lacks takenAt, journal or files 备份清单不完整`;
  const names = new Set<string>();
  for (const file of files as readonly unknown[]) {
    if (!isFile(file)) return `${manifestFile}: an entry of files is malformed 备份清单条目有误`;
    if (!staysInside(file.path)) return `${manifestFile}: ${file.path} leads out of the backup 路径越界`;
    if (names.has(file.path)) return `${manifestFile}: ${file.path} is in it twice 条目重复`;
    names.add(file.path);
  }
  return { format: manifestFormat, takenAt, journal, files: files as readonly BackupFile[] };
}

export function staysInside(path: string): boolean {
  const parts = path.split('/');
  return !/[\\:\0]/.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

function isFile(value: unknown): value is BackupFile {
  if (!isRecord(value)) return false;
  const { path, bytes, sha256 } = value;
  return (
    typeof path === 'string' && isCount(bytes) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
  );
}

function isJournal(value: unknown): value is BackupJournal {
  if (!isRecord(value)) return false;
  const { start, end, lastSequence, damage } = value;
  return (
    isCount(start) &&
    isCount(end) &&
    isCount(lastSequence) &&
    Array.isArray(damage) &&
    damage.every(isStretch)
  );
}

function isStretch(value: unknown): value is Stretch {
  return isRecord(value) && isCount(value['from']) && isCount(value['to']);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
