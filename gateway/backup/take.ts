// Takes a backup of a data folder, the gateway running or not. The order makes it consistent: checkpoints and projections
// first, then the journal, so that no cursor in the copy lies beyond the copied journal; then whatever else is there
// (evidence, people), so that nothing the journal names is missing. The manifest comes last and makes it a backup.
// History in QuestDB is not in it: docs/operations.md says how.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { backup as backupDatabase, DatabaseSync } from 'node:sqlite';
import { stateLayoutVersion } from '#alarms/engine/engine.ts';
import { readNewestCheckpoint } from '../core/checkpoint/checkpoint-filer.ts';
import { NodeFiles } from '../journal/node-files.ts';
import { copyFile, privateFile, privateFolder, sealFile, syncFolder } from './files.ts';
import { copyJournal, SegmentGone, type CopiedJournal } from './journal-copy.ts';
import { manifestFile, manifestFormat, type BackupFile, type Manifest } from './manifest.ts';

/** A refusal or failure for people; nothing is left at the target. */
export class BackupFailed extends Error {
  override readonly name = 'BackupFailed';
}

export interface BackupNotes {
  /** One try was overtaken by the gateway; the next begins. */
  retried(why: string): void;
}

/** A segment goes at most when both projections and two checkpoints are past it: five tries in a row are never needed. */
const triesMost = 5;
/** Pages (4 KiB) in one go of SQLite: the gateway's own writers are not held up at all, only its disk is shared. */
const pagesPerStep = 256;
/** Folders in folders below the data folder that are followed: a link that leads back ends there. */
const depthMost = 8;

const checkpointPattern = /^checkpoint-\d{16}-\d{16}\.ckpt$/;
/** Of one run, half made, or SQLite's own companions. */
const leftOut = /^(run\.json|lock\.db.*|\.probe-\d+|incoming-.*|.*\.db-(wal|shm|journal)|.*\.tmp)$/;
const projections = new Set(['events.db', 'history.db']);

/** `target` must not exist, or be an empty folder; it gets its name when it is whole. */
export async function takeBackup(
  dataFolder: string,
  target: string,
  now: number,
  notes: BackupNotes,
): Promise<Manifest> {
  refuseBadPlaces(dataFolder, target);
  const partial = `${target}.partial`;
  if (existsSync(partial))
    throw new BackupFailed(
      `${partial} is there: a backup is under way, or one was broken off; remove it. 存在未完成的备份，请先删除`,
    );
  let why = '';
  for (let tries = 0; tries < triesMost; tries += 1) {
    try {
      const manifest = await copyAll(dataFolder, partial, now);
      publish(partial, target);
      return manifest;
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!(error instanceof SegmentGone)) throw error;
      why = error.message;
      notes.retried(why);
    }
  }
  throw new BackupFailed(`The journal moved on ${triesMost} times (${why}). 日志回收过快，备份未完成`);
}

async function copyAll(dataFolder: string, partial: string, now: number): Promise<Manifest> {
  mkdirSync(partial, { recursive: true, mode: privateFolder });
  const checkpoints = copyCheckpoints(dataFolder, partial);
  const others = walk(dataFolder, dataFolder, 0);
  const databases = others.filter((path) => path.endsWith('.db'));
  const files: BackupFile[] = [...checkpoints.files];
  for (const path of databases.filter((name) => projections.has(name)))
    files.push(await copyDatabase(dataFolder, partial, path));
  const copied = copyJournal(new NodeFiles(join(dataFolder, 'journal')), partial);
  requireRecoverable(partial, copied, checkpoints.position);
  files.push(...copied.files);
  for (const path of databases.filter((name) => !projections.has(name)))
    files.push(await copyDatabase(dataFolder, partial, path));
  // Walked again: evidence that came while the journal was copied may be named in it.
  for (const path of walk(dataFolder, dataFolder, 0).filter((name) => !name.endsWith('.db')))
    files.push({ path, ...copyFile(join(dataFolder, path), join(partial, path)) });
  const manifest: Manifest = {
    format: manifestFormat,
    takenAt: new Date(now).toISOString(),
    journal: copied.journal,
    files,
  };
  const path = join(partial, manifestFile);
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`, { mode: privateFile });
  sealFile(path);
  for (const folder of foldersOf(partial)) syncFolder(folder);
  return manifest;
}

/** Copied while the core renames and overwrites them: one that turns out torn is not kept. */
function copyCheckpoints(
  dataFolder: string,
  partial: string,
): { readonly files: readonly BackupFile[]; readonly position: number | null } {
  const source = join(dataFolder, 'checkpoints');
  const target = join(partial, 'checkpoints');
  const files: BackupFile[] = [];
  if (!existsSync(source)) return { files, position: null };
  for (const name of readdirSync(source).filter((one) => checkpointPattern.test(one))) {
    const copied = unlessGone(() => copyFile(join(source, name), join(target, name)));
    if (copied !== null) files.push({ path: `checkpoints/${name}`, ...copied });
  }
  if (files.length === 0) return { files, position: null };
  const { content, rejected } = readNewestCheckpoint(new NodeFiles(target), stateLayoutVersion);
  const torn = new Set(
    rejected.filter(({ reason }) => reason === 'damaged').map(({ name }) => `checkpoints/${name}`),
  );
  for (const path of torn) rmSync(join(partial, path));
  return { files: files.filter(({ path }) => !torn.has(path)), position: content?.position ?? null };
}

/** Without a checkpoint the journal must be there from its beginning; else recovery would start in mid-air. */
function requireRecoverable(partial: string, { journal }: CopiedJournal, checkpoint: number | null): void {
  if ((checkpoint ?? 0) < journal.start)
    throw new SegmentGone(
      `the journal begins at ${journal.start}, behind the checkpoint at ${checkpoint ?? 0}`,
    );
  if (checkpoint !== null && checkpoint > journal.end)
    throw new BackupFailed(
      `The checkpoint lies at ${checkpoint}, the journal ends at ${journal.end}. 检查点超出日志`,
    );
  for (const name of projections) {
    const position = cursorOf(join(partial, name));
    if (position !== null && position > journal.end)
      throw new BackupFailed(
        `${name} lies at ${position}, the journal ends at ${journal.end}. ${name} 超出日志`,
      );
    // History skips a hole and puts it on record; events.db would stop there.
    if (name === 'events.db' && position !== null && position < journal.start)
      throw new SegmentGone(`the journal begins at ${journal.start}, ${name} lies at ${position}`);
  }
}

function cursorOf(path: string): number | null {
  if (!existsSync(path)) return null;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const hasMeta = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
    const row = hasMeta ? db.prepare("SELECT value FROM meta WHERE key = 'position'").get() : undefined;
    return row === undefined ? null : Number(row['value']);
  } finally {
    db.close();
    for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
  }
}

/**
 * SQLite's own backup, out of one read transaction: it sees one moment of the file and is not begun anew with each
 * commit of the gateway, which would never end.
 */
async function copyDatabase(dataFolder: string, partial: string, path: string): Promise<BackupFile> {
  const target = join(partial, path);
  mkdirSync(dirname(target), { recursive: true, mode: privateFolder });
  writeFileSync(target, '', { mode: privateFile });
  const db = new DatabaseSync(join(dataFolder, path), { readOnly: true, timeout: 10_000 });
  try {
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backupDatabase(db, target, { rate: pagesPerStep });
  } finally {
    db.close();
  }
  return { path, ...sealFile(target) };
}

/** Everything but journal and checkpoints, relative, sorted; links are followed. */
function walk(root: string, folder: string, depth: number): string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (depth === 0 && (name === 'journal' || name === 'checkpoints')) continue;
    if (leftOut.test(name)) continue;
    const stats = unlessGone(() => statSync(path));
    if (stats?.isFile() === true) found.push(relative(root, path).split(sep).join('/'));
    else if (stats?.isDirectory() === true && depth < depthMost) found.push(...walk(root, path, depth + 1));
  }
  return found;
}

function foldersOf(folder: string): string[] {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inside.flatMap(({ name }) => foldersOf(join(folder, name))), folder];
}

function publish(partial: string, target: string): void {
  if (existsSync(target)) rmdirSync(target);
  renameSync(partial, target);
  syncFolder(dirname(resolve(target)));
}

function refuseBadPlaces(dataFolder: string, target: string): void {
  if (!existsSync(join(dataFolder, 'journal')))
    throw new BackupFailed(`${dataFolder} is no data folder: it has no journal. 不是数据目录：${dataFolder}`);
  const inside = relative(resolve(dataFolder), resolve(target));
  if (inside === '' || (!inside.startsWith('..') && resolve(inside) !== inside))
    throw new BackupFailed(`${target} lies in the data folder itself. 备份不能放在数据目录内`);
  if (existsSync(target) && !isEmptyFolder(target))
    throw new BackupFailed(`${target} is there already and not empty. 目标已存在且非空：${target}`);
}

export function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}

function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
