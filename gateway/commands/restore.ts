// `fengsui restore --from DIR|FILE.tar --data NEW`: a data folder out of a backup, verified before it gets its name.
// Exit code 0: restored; 1: the backup does not hold; 2: the call.

import { existsSync, rmSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ArchiveFailed, unpack } from '../backup/archive.ts';
import { restoreBackup, RestoreFailed, type Restored } from '../backup/restore.ts';
import { ConfigurationError } from '../config.ts';
import { isOfSystem } from './backup.ts';
import { standardOutput, type UserOutput } from './user.ts';

const usage = 'usage: fengsui restore --from DIR|FILE.tar|FILE.tar.gz --data NEW';

export async function restoreCommand(
  args: readonly string[],
  output: UserOutput = standardOutput,
): Promise<number> {
  const { from, data } = parse(args);
  if (from === undefined || data === undefined) throw new ConfigurationError([usage]);
  try {
    if (!existsSync(from)) throw new RestoreFailed(`${from} is not there. 找不到备份：${from}`);
    report(statSync(from).isDirectory() ? restoreBackup(from, data) : fromFile(from, data), data, output);
    return 0;
  } catch (error) {
    if (!(error instanceof RestoreFailed || error instanceof ArchiveFailed || isOfSystem(error))) throw error;
    output.error(`Not restored: ${error.message} 未恢复`);
    return 1;
  }
}

function fromFile(file: string, data: string): Restored {
  const folder = `${data}.unpacked`;
  if (existsSync(folder))
    throw new RestoreFailed(
      `${folder} is there: a restore is under way, or one was broken off; remove it. 存在未完成的恢复，请先删除`,
    );
  try {
    unpack(file, folder);
    return restoreBackup(folder, data);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report({ manifest, verdict }: Restored, data: string, output: UserOutput): void {
  const { journal, takenAt, files } = manifest;
  output.out(
    `OK 恢复完成 ${data}: backup of ${takenAt}, ${files.length} files, journal ${journal.start} to ${journal.end}, last input ${journal.lastSequence}`,
  );
  output.out(`校验通过 verified: ${verdict.events} events, ${verdict.heads.size} mines`);
  output.out('The gateway of the backup must not run on beside this one. 原网关不得与本网关同时运行。');
}

function parse(args: readonly string[]): { readonly from?: string; readonly data?: string } {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { from: text, data: text }, strict: true }).values;
  } catch (error) {
    throw new ConfigurationError([error instanceof Error ? error.message : String(error), usage]);
  }
}
