// Notifications for a set of folders, gathered into one call. They hasten a scan and carry no meaning: what cannot be
// watched, or is missed, the scan finds.

import { type FSWatcher, watch } from 'node:fs';
import { messageOf } from './disk.ts';
import { foldersMax, watchDelayMs } from './options.ts';

/** Root, mines and systems. Each costs one of the user's inotify watches (8,192 on old kernels). */
const watchesMax = 2 * foldersMax + 1;

export class FolderWatch {
  private readonly watchers = new Map<string, FSWatcher>();
  private readonly changed: () => void;
  private readonly failed: (detail: string) => void;
  private readonly refused = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(changed: () => void, failed: (detail: string) => void) {
    this.changed = changed;
    this.failed = failed;
  }

  /** Watches exactly these from now on. */
  follow(folders: readonly string[]): void {
    const wanted = new Set(folders.slice(0, watchesMax));
    for (const [folder, watcher] of this.watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.watchers.delete(folder);
    }
    for (const folder of this.refused) {
      if (!wanted.has(folder)) this.refused.delete(folder);
    }
    for (const folder of wanted) {
      if (!this.watchers.has(folder)) this.begin(folder);
    }
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private begin(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        this.later();
      });
      watcher.on('error', (error) => {
        watcher.close();
        this.watchers.delete(folder);
        this.refuse(folder, error);
      });
      this.watchers.set(folder, watcher);
      this.refused.delete(folder);
    } catch (error) {
      this.refuse(folder, error);
    }
  }

  /** Tried again with every scan, told of once. */
  private refuse(folder: string, error: unknown): void {
    if (this.refused.has(folder)) return;
    this.refused.add(folder);
    this.failed(`${folder}: ${messageOf(error)}`);
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.changed();
    }, watchDelayMs);
  }
}
