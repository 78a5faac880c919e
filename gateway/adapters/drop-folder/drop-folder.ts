// Drop folder for upload files: finds `<mine>/<system>/<code>_<KIND>_<stamp>.txt`, hands each to the intake handler as
// a message on `mine/v1/{mine}/{system}/upload-{code}/file/{KIND}`, oldest first in each folder and the folders in
// turn. A file is moved to done/ only after `acknowledge`, that is, after the journal has it; a refused one goes to
// rejected/ with a reason file; an abandoned one stays and is tried again.
//
// At least once: a gateway killed between `acknowledge` and the rename finds the file again at its next start and hands
// it on again; readings of one point and time are then the same once more. Notifications only hasten a scan: a missed
// one costs one scan.

import path from 'node:path';
import type { Intake, IntakeHandler } from '#gateway/ports.ts';
import { type IntakeRefusal, intakeRefusals } from '#gateway/protocol/refusals.ts';
import { isGone, listFiles, look, messageOf, readUpload } from './disk.ts';
import { type Folder, findFolders } from './folders.ts';
import { type UploadFileName, isOurs, parseFileName } from './names.ts';
import {
  type DropFolderCounter,
  type DropFolderOptions,
  dropFolderDefaults,
  namesOfFolderMax,
  namesOfFolderMin,
  pruneEveryMs,
  rememberedMax,
  retryMsMax,
  retryMsMin,
  stuckOfFolderMax,
} from './options.ts';
import { PutAside, prune } from './put-aside.ts';
import { FolderWatch } from './watch.ts';

export interface DropFolderStatus {
  readonly state: 'connected' | 'disconnected';
  readonly isPaused: boolean;
  readonly heldFiles: number;
  readonly heldBytes: number;
  /** Without their end, waited for. */
  readonly waitingFiles: number;
  /** Acknowledged and not yet moved. */
  readonly unmovedFiles: number;
  readonly totals: Readonly<Record<DropFolderCounter, number>>;
  /** Empty while all is well. */
  readonly lastError: string;
}

interface Unfinished {
  readonly size: number;
  readonly mtimeMs: number;
  readonly since: number;
}

type Settings = Required<Omit<DropFolderOptions, 'events'>> & Pick<DropFolderOptions, 'events'>;

export class DropFolder implements Intake {
  private readonly settings: Settings;
  private readonly handler: IntakeHandler;
  private readonly aside: PutAside;
  private readonly totals = new Map<DropFolderCounter, number>();
  private folders = new Map<string, Folder>();
  /** Path → bytes, of files that the core has and that are not durable yet. */
  private readonly held = new Map<string, number>();
  private heldBytes = 0;
  /** Acknowledged and not yet moved: never handed on a second time by this process. */
  private readonly settled = new Set<string>();
  private unfinished = new Map<string, Unfinished>();
  private ignored = new Set<string>();
  private isPausedOutside = false;
  private isClosing = false;
  private isRooted = false;
  private lastError = '';
  /** Until nothing waits to be moved: a scan that is well does not make it good. */
  private moveError = '';
  private notBefore = 0;
  private failures = 0;
  private prunedAt = -Infinity;
  private turn = 0;
  /** Files that were handed on or put aside. */
  private progress = 0;
  private scanning: Promise<void> | null = null;
  private isScanWanted = false;
  private taking: Promise<void> | null = null;
  private isTakingWanted = false;
  private readonly background = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | null = null;
  private watch: FolderWatch | null = null;

  /** Does nothing by itself: `start` scans and watches from then on, `scan` looks once. */
  constructor(options: DropFolderOptions, handler: IntakeHandler) {
    this.settings = { ...dropFolderDefaults, now: Date.now, report: noReport, ...options };
    this.handler = handler;
    this.aside = new PutAside(this.settings.now);
  }

  readonly state = (): 'connected' | 'disconnected' => (this.isRooted ? 'connected' : 'disconnected');

  status(): DropFolderStatus {
    const count = (counter: DropFolderCounter): number => this.totals.get(counter) ?? 0;
    return {
      state: this.state(),
      isPaused: this.isPausedOutside,
      heldFiles: this.held.size,
      heldBytes: this.heldBytes,
      waitingFiles: this.unfinished.size,
      unmovedFiles: this.settled.size,
      totals: {
        taken: count('taken'),
        done: count('done'),
        rejected: count('rejected'),
        waiting: count('waiting'),
        incomplete: count('incomplete'),
        ignored: count('ignored'),
        abandoned: count('abandoned'),
        movesFailed: count('movesFailed'),
        readsFailed: count('readsFailed'),
        watchesFailed: count('watchesFailed'),
        pruned: count('pruned'),
      },
      lastError: this.lastError === '' ? this.moveError : this.lastError,
    };
  }

  /** Resolves after the first scan; a folder that is not to be had is waited for, not an error. */
  async start(): Promise<void> {
    this.watch = new FolderWatch(
      () => {
        void this.scan();
      },
      (detail) => {
        this.count('watchesFailed', detail);
      },
    );
    this.timer = setInterval(() => {
      void this.scan();
    }, this.settings.scanEveryMs);
    await this.scan();
  }

  pause(): void {
    this.isPausedOutside = true;
  }

  resume(): void {
    this.isPausedOutside = false;
    void this.scan();
  }

  /** There are no connections here: what was abandoned is tried again at once. */
  reconnectAll(): void {
    this.notBefore = 0;
    void this.scan();
  }

  /** What the core still has stays in the folder and comes again; moves that are due are made. */
  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.watch?.close();
    await this.idle();
    for (const { connection } of this.folders.values()) this.handler.disconnected(connection);
    this.folders.clear();
  }

  /** Looks at everything once and hands on what may be taken. A call during a scan makes it look again. Never throws. */
  scan(): Promise<void> {
    this.isScanWanted = true;
    this.scanning ??= this.scanAll().finally(() => {
      this.scanning = null;
    });
    return this.scanning;
  }

  /** Resolves when no scan and no move is under way. */
  async idle(): Promise<void> {
    while (this.scanning !== null || this.taking !== null || this.background.size > 0) {
      await Promise.all([this.scanning, this.taking, ...this.background]);
    }
  }

  private async scanAll(): Promise<void> {
    while (this.isScanWanted && !this.isClosing) {
      this.isScanWanted = false;
      try {
        await this.findFolders();
        await this.findFiles();
        await this.pruneOld();
      } catch (error) {
        this.isRooted = !isGone(error) && this.isRooted;
        this.lastError = messageOf(error);
        this.count('readsFailed', this.lastError);
      }
      await this.aside.run();
      const decidedBefore = this.progress;
      await this.take();
      const isMoreToCome = [...this.folders.values()].some(
        ({ names, hasMore }) => hasMore && names.length === 0,
      );
      // Only after something was taken: a portion that all waits for its end would be looked at without a pause.
      if (isMoreToCome && this.progress > decidedBefore && this.mayTake()) this.isScanWanted = true;
    }
  }

  private async findFolders(): Promise<void> {
    const tree = await findFolders(this.settings.folder, this.folders);
    this.isRooted = true;
    this.lastError = '';
    this.replaceFolders(tree.folders);
    this.rememberIgnored(tree.ignored);
    for (const error of tree.errors) this.fail(error);
    this.watch?.follow(tree.levels);
  }

  private replaceFolders(found: Map<string, Folder>): void {
    for (const [key, { connection }] of this.folders) {
      if (!found.has(key)) this.handler.disconnected(connection);
    }
    for (const [key, folder] of found) {
      if (!this.folders.has(key)) this.handler.connected(folder.connection, folder.path);
    }
    this.folders = found;
  }

  private async findFiles(): Promise<void> {
    const share = Math.floor(this.settings.namesMax / Math.max(1, this.folders.size));
    const namesMax = Math.min(namesOfFolderMax, Math.max(namesOfFolderMin, share));
    const present = new Set<string>();
    for (const folder of this.folders.values()) {
      const listing = await listFiles(folder.path, namesMax).catch((error: unknown) => {
        if (isGone(error)) return { names: [], hasMore: false, ignored: [] };
        this.fail(error);
        return { names: [], hasMore: false, ignored: [] };
      });
      folder.hasMore = listing.hasMore;
      folder.names = listing.names.filter((name) => !this.isKnown(path.join(folder.path, name)));
      for (const name of listing.names) present.add(path.join(folder.path, name));
      this.rememberIgnored(listing.ignored.map((name) => path.join(folder.path, name)));
    }
    // Taken away by hand while we waited for their end.
    for (const file of this.unfinished.keys()) {
      if (!present.has(file)) this.unfinished.delete(file);
    }
  }

  private isKnown(file: string): boolean {
    return this.held.has(file) || this.settled.has(file);
  }

  /** Counted when first seen. */
  private rememberIgnored(paths: readonly string[]): void {
    for (const each of paths) {
      if (this.ignored.has(each) || isOurs(path.basename(each))) continue;
      if (this.ignored.size >= rememberedMax) this.ignored.clear();
      this.ignored.add(each);
      this.count('ignored', each);
    }
  }

  private mayTake(): boolean {
    const { heldFilesMax, heldBytesMax, fileBytesMax, now } = this.settings;
    return (
      !this.isPausedOutside &&
      !this.isClosing &&
      now() >= this.notBefore &&
      this.held.size < heldFilesMax &&
      // Room for one file of any size, unless nothing is held at all.
      (this.held.size === 0 || this.heldBytes + fileBytesMax <= heldBytesMax)
    );
  }

  /** One file after the other, so that they reach the core in their order. */
  private take(): Promise<void> {
    this.isTakingWanted = true;
    this.taking ??= this.takeAll().finally(() => {
      this.taking = null;
    });
    return this.taking;
  }

  private async takeAll(): Promise<void> {
    while (this.isTakingWanted) {
      this.isTakingWanted = false;
      for (let folder = this.nextFolder(); folder !== null; folder = this.nextFolder()) {
        const name = folder.names.shift();
        if (name === undefined) continue;
        await this.offer(folder, name).catch((error: unknown) => {
          this.fail(error);
        });
      }
    }
  }

  private nextFolder(): Folder | null {
    if (!this.mayTake()) return null;
    const folders = [...this.folders.values()];
    for (let n = 0; n < folders.length; n += 1) {
      const folder = folders[(this.turn + n) % folders.length];
      if (folder === undefined || folder.names.length === 0 || folder.stuck >= stuckOfFolderMax) continue;
      this.turn = (this.turn + n + 1) % folders.length;
      return folder;
    }
    return null;
  }

  private async offer(folder: Folder, name: string): Promise<void> {
    const file = path.join(folder.path, name);
    if (this.isKnown(file)) return;
    const stat = await look(file);
    if (stat === null) return;
    if (!stat.isFile()) return this.rememberIgnored([file]);
    const isNew = !this.unfinished.has(file);
    const isQuiet = this.isQuiet(file, stat.size, stat.mtimeMs);
    if (stat.size > this.settings.fileBytesMax) return this.reject(folder, name, 'FRAME_TOO_LARGE');
    const parsed = parseFileName(name);
    if (parsed === null) {
      // It may be renamed yet to what it is to be called.
      if (isQuiet) this.reject(folder, name, 'FILE_NAME_INVALID');
      return;
    }
    const { fileBytesMax: bytesMax, endMarks } = this.settings;
    const read = await readUpload(file, { bytesMax, endMarks, withoutEnd: isQuiet });
    if (read.kind === 'notAFile') return this.rememberIgnored([file]);
    if (read.kind === 'tooLarge') return this.reject(folder, name, 'FRAME_TOO_LARGE');
    if (read.kind === 'unfinished' && isNew) this.count('waiting', file);
    if (read.kind !== 'read') return;
    this.unfinished.delete(file);
    if (!read.hasEnd) this.count('incomplete', file);
    this.hand(folder, name, parsed, read.bytes);
  }

  /** Whether it has not grown for the time; remembers since when. */
  private isQuiet(file: string, size: number, mtimeMs: number): boolean {
    const now = this.settings.now();
    const seen = this.unfinished.get(file);
    if (seen !== undefined && seen.size === size && seen.mtimeMs === mtimeMs) {
      return now - seen.since >= this.settings.quietMs;
    }
    if (seen !== undefined || this.unfinished.size < rememberedMax) {
      this.unfinished.set(file, { size, mtimeMs, since: now });
    }
    return false;
  }

  private hand(folder: Folder, name: string, parsed: UploadFileName, payload: Uint8Array): void {
    const file = path.join(folder.path, name);
    let refusal: IntakeRefusal | null = null;
    let isDecided = false;
    const decide = (then: () => void): void => {
      if (isDecided) return;
      isDecided = true;
      this.held.delete(file);
      this.heldBytes -= payload.length;
      then();
      this.continue();
    };
    this.held.set(file, payload.length);
    this.heldBytes += payload.length;
    this.progress += 1;
    this.count('taken', file);
    this.handler.message({
      topic: `mine/v1/${folder.mine}/${folder.system}/upload-${parsed.mineCode}/file/${parsed.kind}`,
      payload,
      qos: 1,
      connection: folder.connection,
      refused: (reason) => {
        refusal ??= reason;
      },
      acknowledge: () => {
        decide(() => {
          this.failures = 0;
          this.settle(folder, name, refusal);
        });
      },
      abandon: () => {
        decide(() => {
          this.backOff(file);
        });
      },
    });
  }

  /** All files wait, not this one only: it is the journal that cannot take any, and their order is kept. */
  private backOff(file: string): void {
    this.notBefore =
      this.settings.now() + Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.failures, 10));
    this.failures += 1;
    this.count('abandoned', file);
  }

  private settle(folder: Folder, name: string, refusal: IntakeRefusal | null): void {
    const file = path.join(folder.path, name);
    this.unfinished.delete(file);
    this.settled.add(file);
    let isStuck = false;
    this.aside.add({
      folder: folder.path,
      name,
      reason: refusal === null ? null : () => this.reasonText(file, name, refusal),
      moved: () => {
        this.settled.delete(file);
        if (isStuck) folder.stuck -= 1;
        if (this.settled.size === 0) this.moveError = '';
        this.count(refusal === null ? 'done' : 'rejected', refusal === null ? file : `${file}: ${refusal}`);
      },
      failed: (error) => {
        if (!isStuck) folder.stuck += 1;
        isStuck = true;
        this.moveError = messageOf(error);
        this.count('movesFailed', this.moveError);
      },
    });
  }

  private reject(folder: Folder, name: string, reason: IntakeRefusal): void {
    this.progress += 1;
    this.settle(folder, name, reason);
    this.continue();
  }

  private async reasonText(file: string, name: string, reason: IntakeRefusal): Promise<string> {
    const { zh, en } = intakeRefusals[reason];
    const head = `${name}\n${reason}\n${zh}\n${en}\n`;
    const { fileBytesMax: bytesMax, report } = this.settings;
    if (reason === 'FILE_NAME_INVALID' || reason === 'FRAME_TOO_LARGE') return head;
    const read = await readUpload(file, { bytesMax, endMarks: [], withoutEnd: true });
    if (read.kind !== 'read') return head;
    try {
      return `${head}\n${report(name, read.bytes, reason)}\n`;
    } catch (error) {
      // The reason itself must not be lost for the want of its details.
      return `${head}\n${messageOf(error)}\n`;
    }
  }

  /** After a file was decided: moves it and takes the next; outside of the core's call. */
  private continue(): void {
    const next = (async () => {
      await this.aside.run();
      await this.take();
      // Names of a long backlog come in portions.
      const isUsedUp = [...this.folders.values()].some(({ names, hasMore }) => hasMore && names.length === 0);
      if (isUsedUp && this.mayTake() && this.held.size === 0) void this.scan();
    })();
    this.background.add(next);
    void next.finally(() => this.background.delete(next));
  }

  private async pruneOld(): Promise<void> {
    const now = this.settings.now();
    if (now - this.prunedAt < pruneEveryMs) return;
    this.prunedAt = now;
    const { doneKeptDays: doneDays, rejectedKeptDays: rejectedDays } = this.settings;
    for (const folder of this.folders.values()) {
      const removed = await prune(folder.path, now, { doneDays, rejectedDays }).catch((error: unknown) => {
        this.fail(error);
        return 0;
      });
      if (removed > 0) this.count('pruned', `${removed} files of ${folder.path}`, removed);
    }
  }

  private fail(error: unknown): void {
    this.lastError = messageOf(error);
    this.count('readsFailed', this.lastError);
  }

  private count(counter: DropFolderCounter, detail: string, by = 1): void {
    this.totals.set(counter, (this.totals.get(counter) ?? 0) + by);
    this.settings.events?.count?.(counter, detail);
  }
}

function noReport(): string {
  return '';
}
