// `fengsui backup --to DIR|FILE.tar [--data DIR]`: a consistent copy of the data folder, beside a running gateway or
// without one. Exit code 0: whole; 1: failed, or the journal itself is damaged (the copy is there all the same); 2: the call.

import { existsSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ArchiveFailed, isArchiveName, pack } from '../backup/archive.ts';
import type { Manifest } from '../backup/manifest.ts';
import { BackupFailed, takeBackup } from '../backup/take.ts';
import { ConfigurationError, readSettings } from '../config.ts';
import { standardOutput, type UserOutput } from './user.ts';

const usage = 'usage: fengsui backup --to DIR|FILE.tar|FILE.tar.gz [--data DIR]';

export async function backupCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  const { to, data } = parse(args);
  const dataFolder = data ?? readSettings(environment).dataFolder;
  if (to === undefined) throw new ConfigurationError([usage]);
  if (dataFolder === null)
    throw new ConfigurationError([
      'FENGSUI_DATA is missing: give --data DIR. 未设置数据目录 FENGSUI_DATA',
      usage,
    ]);
  try {
    const manifest = isArchiveName(to)
      ? await intoFile(dataFolder, to, output)
      : await takeBackup(dataFolder, to, Date.now(), notesTo(output));
    return report(manifest, to, output);
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof ArchiveFailed || isOfSystem(error))) throw error;
    output.error(`No backup was made: ${error.message} 备份未完成`);
    return 1;
  }
}

async function intoFile(dataFolder: string, file: string, output: UserOutput): Promise<Manifest> {
  if (existsSync(file)) throw new BackupFailed(`${file} is there already. 目标文件已存在：${file}`);
  const folder = `${file}.folder`;
  const manifest = await takeBackup(dataFolder, folder, Date.now(), notesTo(output));
  try {
    pack(folder, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return manifest;
}

function report({ journal, files }: Manifest, to: string, output: UserOutput): number {
  const mebibytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1024 / 1024;
  output.out(
    `OK 备份完成 ${to}: ${files.length} files, ${mebibytes.toFixed(1)} MiB, journal ${journal.start} to ${journal.end}, last input ${journal.lastSequence}`,
  );
  for (const { from, to: end } of journal.damage)
    output.error(
      `The journal itself is damaged from position ${from} to ${end}; it was copied as it is. 日志有损坏段`,
    );
  return journal.damage.length === 0 ? 0 : 1;
}

function notesTo(output: UserOutput) {
  return { retried: (why: string) => output.error(`Begins anew: ${why}. 日志已回收，重新开始`) };
}

export function isOfSystem(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && /^(E[A-Z0-9]+|ERR_SQLITE_ERROR)$/.test(String(error.code))
  );
}

function parse(args: readonly string[]): { readonly to?: string; readonly data?: string } {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { to: text, data: text }, strict: true }).values;
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
}
