// The data folder: made when missing, checked to be writable, locked so that no second gateway uses it, and marked
// when it belongs to a demonstration. The lock is SQLite's own file lock: it ends with the process, kill -9 included.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigurationError } from './config.ts';

export interface DataFolderLock {
  release(): void;
}

const demoMark = 'DEMO';

/** Throws ConfigurationError with one clear sentence. */
export function openDataFolder(folder: string, isDemo: boolean): DataFolderLock {
  makeWritable(folder);
  const isMarkedDemo = existsSync(join(folder, demoMark));
  if (isMarkedDemo && !isDemo) {
    throw new ConfigurationError([
      `${folder} is the data folder of a demonstration; serve refuses it: give FENGSUI_DATA another folder. 该目录为演示数据，正式运行请另设 FENGSUI_DATA。`,
    ]);
  }
  const isInUse = existsSync(join(folder, 'journal'));
  if (isDemo && !isMarkedDemo && isInUse) {
    throw new ConfigurationError([
      `${folder} holds real data; demo refuses it: give FENGSUI_DATA another folder. 该目录已有正式数据，演示请另设 FENGSUI_DATA。`,
    ]);
  }
  const lock = lockFolder(folder);
  if (isDemo)
    writeFileSync(join(folder, demoMark), '演示回放 — 非实时数据 replay for demonstration, not live data\n');
  return lock;
}

export function isDemoFolder(folder: string): boolean {
  return existsSync(join(folder, demoMark));
}

function makeWritable(folder: string): void {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    writeFileSync(probe, '');
    readFileSync(probe);
    rmSync(probe);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigurationError([
      `The data folder ${folder} is not writable (${why}). 数据目录不可写：${folder}`,
    ]);
  }
}

/** Step by step, for `recursive` never comes back where the file system lets nothing be made, as under /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // another start may have made it in between
  }
}

function lockFolder(folder: string): DataFolderLock {
  const database = new DatabaseSync(join(folder, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new ConfigurationError([
      `Another gateway is running on the data folder ${folder}. 该数据目录已有网关在运行：${folder}`,
    ]);
  }
  return { release: () => database.close() };
}
