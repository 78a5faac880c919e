// A backup as one file: a tar archive made and read by the machine's `tar`, which every system of ours has (Windows
// since 2018). What is unpacked is checked against the manifest by whoever asked, as any backup is.

import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { privateFolder, sealFile, syncFolder } from './files.ts';

export class ArchiveFailed extends Error {
  override readonly name = 'ArchiveFailed';
}

export function isArchiveName(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/.test(path);
}

/** The whole folder into a new file, which has its name when it is whole and on disk. */
export function pack(folder: string, file: string): void {
  const unfinished = `${file}.tmp`;
  try {
    tar([`-c${compression(file)}f`, resolve(unfinished), '-C', folder, '.']);
    sealFile(unfinished);
    renameSync(unfinished, file);
    syncFolder(dirname(resolve(file)));
  } finally {
    rmSync(unfinished, { force: true });
  }
}

export function unpack(file: string, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: privateFolder });
  tar([`-x${compression(file)}f`, resolve(file), '-C', folder]);
}

function compression(file: string): string {
  return file.endsWith('.tar') ? '' : 'z';
}

function tar(args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('tar', args, { encoding: 'utf8' });
  if (error !== undefined) throw new ArchiveFailed(`tar cannot be run: ${error.message} 无法运行 tar`);
  if (status !== 0) throw new ArchiveFailed(`tar: ${stderr.trim().slice(0, 500)} 打包或解包失败`);
}
