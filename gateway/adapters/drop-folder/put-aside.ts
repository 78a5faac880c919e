// Moves files out of the way once their fate is known: to done/<date>/ or, with a reason file, to rejected/, both beside
// the files, so that it is a rename within one file system and whoever uploads can read why. Keeps both files of one
// name. What cannot be moved is tried again with back-off. Old dates and old rejected files are removed.

import { lstat, opendir, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureFolder, isGone, look, messageOf, syncFolder } from './disk.ts';
import { retryMsMax, retryMsMin } from './options.ts';

export interface Move {
  readonly folder: string;
  readonly name: string;
  /** Null: done. Else the text of the reason file, made when the file is moved. */
  readonly reason: (() => Promise<string>) | null;
  /** Once, when the file is in its place or gone by itself. */
  readonly moved: () => void;
  /** Each time that it could not be moved. */
  readonly failed: (error: unknown) => void;
}

interface Pending {
  readonly move: Move;
  attempts: number;
  notBefore: number;
}

const dayMs = 86_400_000;
/** Days are those of the mines: UTC+8. */
const zoneMs = 8 * 3_600_000;
const dateName = /^\d{4}-\d{2}-\d{2}$/;
/** A name of a file system has 255 bytes; the suffixes below need some of them. */
const nameBytesMax = 200;

export class PutAside {
  private pending: Pending[] = [];
  private running: Promise<void> | null = null;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  get size(): number {
    return this.pending.length;
  }

  add(move: Move): void {
    this.pending.push({ move, attempts: 0, notBefore: 0 });
  }

  /** Moves what is due, all of it before its folders are synced once. One run at a time; never throws. */
  run(): Promise<void> {
    this.running ??= this.runAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async runAll(): Promise<void> {
    for (;;) {
      const now = this.now();
      const due = this.pending.filter((each) => each.notBefore <= now);
      if (due.length === 0) return;
      const touched = new Set<string>();
      const moved: Pending[] = [];
      for (const each of due) {
        if (await this.attempt(each, touched)) moved.push(each);
      }
      await syncAll(touched);
      const gone = new Set(moved);
      this.pending = this.pending.filter((each) => !gone.has(each));
      for (const { move } of moved) move.moved();
    }
  }

  private async attempt(each: Pending, touched: Set<string>): Promise<boolean> {
    try {
      await this.moveOne(each.move, touched);
      return true;
    } catch (error) {
      // The sender took it away, or another hand did: nothing is left to move.
      if (isGone(error) && (await isMissing(path.join(each.move.folder, each.move.name)))) return true;
      each.notBefore = this.now() + Math.min(retryMsMax, retryMsMin * 2 ** Math.min(each.attempts, 10));
      each.attempts += 1;
      each.move.failed(error);
      return false;
    }
  }

  private async moveOne({ folder, name, reason }: Move, touched: Set<string>): Promise<void> {
    const target = await this.targetFolder(folder, reason === null ? 'done' : 'rejected', touched);
    const free = await this.freeName(target, name);
    // The reason first: a rejected file without one would tell nobody why.
    if (reason !== null) {
      await writeFile(path.join(target, `${free}.reason.txt`), await reason(), { flag: 'w', flush: true });
    }
    await rename(path.join(folder, name), path.join(target, free));
    touched.add(folder).add(target);
  }

  private async targetFolder(
    folder: string,
    into: 'done' | 'rejected',
    touched: Set<string>,
  ): Promise<string> {
    const parent = path.join(folder, into);
    await ensureFolder(parent);
    if (into === 'rejected') return parent;
    const dated = path.join(parent, dateOf(this.now()));
    await ensureFolder(dated);
    touched.add(parent);
    return dated;
  }

  private async freeName(target: string, name: string): Promise<string> {
    const short = shorten(name);
    if ((await look(path.join(target, short))) === null) return short;
    const { name: stem, ext } = path.parse(short);
    const stamp = this.now();
    for (let n = 0; ; n += 1) {
      const free = `${stem}.${stamp}${n === 0 ? '' : `-${n}`}${ext}`;
      if ((await look(path.join(target, free))) === null) return free;
    }
  }
}

/** Removes dates of done/ and files of rejected/ that are older than they are kept. Gives the number of files. */
export async function prune(
  folder: string,
  now: number,
  kept: { readonly doneDays: number; readonly rejectedDays: number },
): Promise<number> {
  const oldest = dateOf(now - kept.doneDays * dayMs);
  let removed = 0;
  for (const date of await foldersOf(path.join(folder, 'done'))) {
    if (dateName.test(date) && date < oldest) removed += await removeDate(path.join(folder, 'done', date));
  }
  return removed + (await removeOld(path.join(folder, 'rejected'), now - kept.rejectedDays * dayMs));
}

async function removeDate(folder: string): Promise<number> {
  const removed = await removeOld(folder, Infinity);
  // Something that is no plain file was put there by hand: it stays, and so does its folder.
  await rmdir(folder).catch(() => undefined);
  return removed;
}

/** By ctime, which the rename set: mtime is the sender's. */
async function removeOld(folder: string, before: number): Promise<number> {
  let removed = 0;
  if ((await look(folder))?.isDirectory() !== true) return removed;
  for await (const entry of await opendir(folder)) {
    if (!entry.isFile()) continue;
    const file = path.join(folder, entry.name);
    const stat = await lstat(file);
    if (stat.ctimeMs >= before) continue;
    await unlink(file);
    removed += 1;
  }
  return removed;
}

async function foldersOf(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  if ((await look(folder))?.isDirectory() !== true) return names;
  for await (const entry of await opendir(folder)) {
    if (entry.isDirectory()) names.push(entry.name);
  }
  return names;
}

/** A rename that is not synced is at worst undone by a power loss: the file is then handed on again. */
async function syncAll(folders: ReadonlySet<string>): Promise<void> {
  for (const folder of folders) await syncFolder(folder).catch(() => undefined);
}

async function isMissing(file: string): Promise<boolean> {
  return (await look(file).catch((error: unknown) => messageOf(error))) === null;
}

function dateOf(ms: number): string {
  return new Date(ms + zoneMs).toISOString().slice(0, 10);
}

/** By whole characters, the extension kept. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= nameBytesMax) return name;
  const ext = path.extname(name).slice(0, 16);
  let short = '';
  for (const character of path.parse(name).name) {
    if (Buffer.byteLength(short + character + ext) > nameBytesMax) break;
    short += character;
  }
  return short + ext;
}
