// The tree of the drop folder: which `<mine>/<system>` there are. One mine that cannot be read costs the others nothing.

import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { System } from '#gateway/protocol/topics.ts';
import { isGone, listFolders, messageOf } from './disk.ts';
import { isMineFolder, systemOfFolder } from './names.ts';
import { foldersMax } from './options.ts';

/** One `<mine>/<system>`. */
export interface Folder {
  readonly path: string;
  readonly mine: string;
  readonly system: System;
  readonly connection: string;
  /** Oldest first; what is taken is taken from the front. */
  names: string[];
  hasMore: boolean;
  stuck: number;
}

export interface FolderTree {
  /** By path; those that were known are the same objects. */
  readonly folders: Map<string, Folder>;
  readonly ignored: readonly string[];
  /** All levels: what is to be watched. */
  readonly levels: readonly string[];
  readonly errors: readonly string[];
}

/** Throws when the drop folder itself is not to be had. */
export async function findFolders(drop: string, known: ReadonlyMap<string, Folder>): Promise<FolderTree> {
  await mkdir(drop, { recursive: true });
  const root = await realpath(drop);
  const folders = new Map<string, Folder>();
  const levels = [root];
  const errors: string[] = [];
  const mines = await listFolders(root, foldersMax);
  const ignored = mines.others.map((name) => path.join(root, name));
  for (const mine of mines.folders) {
    const minePath = path.join(root, mine);
    if (!isMineFolder(mine)) {
      ignored.push(minePath);
      continue;
    }
    levels.push(minePath);
    const systems = await listFolders(minePath, foldersMax).catch((error: unknown) => {
      if (!isGone(error)) errors.push(messageOf(error));
      return { folders: [], others: [] };
    });
    ignored.push(...systems.others.map((name) => path.join(minePath, name)));
    for (const name of systems.folders) {
      const at = path.join(minePath, name);
      const system = systemOfFolder(name);
      if (system === null || folders.size >= foldersMax) ignored.push(at);
      else folders.set(at, known.get(at) ?? newFolder(at, mine, system, name));
    }
  }
  return { folders, ignored, levels: [...levels, ...folders.keys()], errors };
}

function newFolder(at: string, mine: string, system: System, name: string): Folder {
  return { path: at, mine, system, connection: `drop:${mine}/${name}`, names: [], hasMore: false, stuck: 0 };
}
