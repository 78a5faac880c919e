// Makes a data folder of a backup: every file against its SHA-256, the journal batch by batch, the chain of events as
// `verify` does. The folder gets its name only when all of it holds, so that no gateway starts on half of one.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { verifyFolder, type Verdict } from '../verify/command.ts';
import { copyFile, privateFolder, syncFolder } from './files.ts';
import { inspect } from './journal-copy.ts';
import { manifestFile, parseManifest, type Manifest } from './manifest.ts';
import { isEmptyFolder } from './take.ts';

/** A refusal or failure for people. */
export class RestoreFailed extends Error {
  override readonly name = 'RestoreFailed';
}

export interface Restored {
  readonly manifest: Manifest;
  readonly verdict: Verdict;
}

/** `dataFolder` must not exist, or be empty. */
export function restoreBackup(backupFolder: string, dataFolder: string): Restored {
  if (existsSync(dataFolder) && !isEmptyFolder(dataFolder))
    throw new RestoreFailed(
      `${dataFolder} is not empty: nothing is written over. 目标目录非空：${dataFolder}`,
    );
  const manifest = readManifest(backupFolder);
  const partial = `${dataFolder}.restoring`;
  if (existsSync(partial))
    throw new RestoreFailed(
      `${partial} is there: a restore is under way, or one was broken off; remove it. 存在未完成的恢复，请先删除`,
    );
  mkdirSync(partial, { recursive: true, mode: privateFolder });
  try {
    copyChecked(backupFolder, partial, manifest);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  const fault = journalFault(partial, manifest);
  const verdict = verifyFolder(eventsPath(partial), join(partial, 'journal'), null);
  const why = fault ?? verdict.broken?.reason ?? null;
  if (why !== null) {
    // Kept for whoever must make do with it; under a name that no start uses by itself.
    const unverified = `${dataFolder}.unverified`;
    renameSync(partial, unverified);
    throw new RestoreFailed(
      `What was restored does not verify (${why}); it is kept in ${unverified}. 恢复内容校验失败，保留于 ${unverified}`,
    );
  }
  if (existsSync(dataFolder)) rmdirSync(dataFolder);
  renameSync(partial, dataFolder);
  syncFolder(dirname(resolve(dataFolder)));
  return { manifest, verdict };
}

function eventsPath(folder: string): string | null {
  const path = join(folder, 'events.db');
  return existsSync(path) ? path : null;
}

function readManifest(folder: string): Manifest {
  const path = join(folder, manifestFile);
  if (!existsSync(path))
    throw new RestoreFailed(
      `${folder} has no ${manifestFile}: it is no backup, or an unfinished one. 不是完整的备份：${folder}`,
    );
  const parsed = parseManifest(readFileSync(path, 'utf8'));
  if (typeof parsed === 'string') throw new RestoreFailed(parsed);
  return parsed;
}

function copyChecked(from: string, to: string, { files }: Manifest): void {
  for (const { path, bytes, sha256 } of files) {
    if (!existsSync(join(from, path)))
      throw new RestoreFailed(`${path} is missing in the backup. 备份缺少文件：${path}`);
    const copied = copyFile(join(from, path), join(to, path));
    if (copied.bytes !== bytes || copied.sha256 !== sha256)
      throw new RestoreFailed(
        `${path} is not what was backed up: its SHA-256 differs. 文件校验和不符：${path}`,
      );
  }
  for (const folder of foldersOf(to)) syncFolder(folder);
}

function journalFault(folder: string, { journal }: Manifest): string | null {
  const found = inspect(join(folder, 'journal'), journal.end);
  const [first] = found.damage;
  if (first !== undefined) return `the journal is damaged from position ${first.from} to ${first.to}`;
  const isSame = found.start === journal.start && found.lastSequence === journal.lastSequence;
  return isSame ? null : `the journal is not the one of ${manifestFile}`;
}

function foldersOf(folder: string): string[] {
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inside.flatMap(({ name }) => foldersOf(join(folder, name))), folder];
}
