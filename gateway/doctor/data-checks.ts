// Checks of the data folder and its disk. Thresholds of room are those at which the gateway itself acts (docs/operations.md).

import type { CheckName, CheckpointFacts, DataFacts, Facts, Finding, JournalFacts, Level } from './facts.ts';

const mebibyte = 1024 * 1024;
/** Each batch waits for one synced write: 10 ms are the whole budget of an alarm, at 200 ms screens stand still. */
const syncMsWarn = 10;
const syncMsFail = 200;
/** A disk that answers faster has not been asked: a cache without a battery, or memory. */
const syncMsBelievable = 0.015;

type Kind = 'local' | 'network' | 'memory' | 'container' | 'unclear';

/** `f_type` of statfs(2). SQLite's lock and O_DSYNC mean nothing certain on network shares; memory ends with the power. */
const fileSystems: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map([
  [0xef53, ['ext4', 'local']],
  [0x58465342, ['xfs', 'local']],
  [0x9123683e, ['btrfs', 'local']],
  [0x2fc12fc1, ['zfs', 'local']],
  [0xf2f52010, ['f2fs', 'local']],
  [0x6969, ['nfs', 'network']],
  [0x517b, ['smb', 'network']],
  [0xff534d42, ['cifs', 'network']],
  [0xfe534d42, ['smb2', 'network']],
  [0x01021997, ['9p', 'network']],
  [0x00c36400, ['ceph', 'network']],
  [0x5346414f, ['afs', 'network']],
  [0x0bd00bd0, ['lustre', 'network']],
  [0x786f4256, ['vboxsf', 'network']],
  [0x01021994, ['tmpfs', 'memory']],
  [0x858458f6, ['ramfs', 'memory']],
  [0x794c7630, ['overlayfs', 'container']],
  [0x65735546, ['fuse', 'unclear']],
]);

export function checkData({ data, clock }: Facts): Finding[] {
  if (data === null)
    return [
      finding('dataFolder', 'warning', '未设置 FENGSUI_DATA，未检查', 'FENGSUI_DATA is not set: not checked'),
    ];
  return [
    checkFolder(data),
    ...(data.exists ? [checkFileSystem(data), checkRoom(data), checkSync(data)] : []),
    ...(data.journal === null ? [] : [checkJournal(data.journal, clock.now)]),
    ...(data.checkpoints === null ? [] : [checkCheckpoints(data.checkpoints, data.journal)]),
  ];
}

export function checkFolder({ folder, exists, unwritable, owner }: DataFacts): Finding {
  if (unwritable !== null)
    return finding(
      'dataFolder',
      'failure',
      `不可写：${folder}（${unwritable}）`,
      `${folder} is not writable (${unwritable})`,
    );
  if (!exists)
    return finding(
      'dataFolder',
      'ok',
      `${folder} 尚不存在，首次启动时建立`,
      `${folder} is not there yet; the first start makes it`,
    );
  if (owner !== null && owner.folder !== owner.own)
    return finding(
      'dataFolder',
      'warning',
      `属主为用户 ${owner.folder}，当前用户 ${owner.own}：请以网关的用户运行`,
      `belongs to user ${owner.folder}, asked as user ${owner.own}: ask as the gateway's user`,
    );
  return finding('dataFolder', 'ok', folder, folder);
}

export function checkFileSystem({ fileSystem }: DataFacts): Finding {
  const [name, kind] = (fileSystem === null ? undefined : fileSystems.get(fileSystem)) ?? [
    fileSystem === null ? '?' : `0x${fileSystem.toString(16)}`,
    'unclear' as const,
  ];
  switch (kind) {
    case 'local':
      return finding('fileSystem', 'ok', name, name);
    case 'network':
      return finding(
        'fileSystem',
        'failure',
        `${name} 为网络共享：锁与同步写不可靠，请用本地磁盘`,
        `${name} is a network share: its locks and synced writes cannot be relied on; use a local disk`,
      );
    case 'memory':
      return finding(
        'fileSystem',
        'failure',
        `${name} 在内存中：断电即失`,
        `${name} lives in memory: gone with the power`,
      );
    case 'container':
      return finding(
        'fileSystem',
        'warning',
        `${name} 为容器层：随容器删除，请挂载卷`,
        `${name} is the container's own layer: gone with the container; mount a volume`,
      );
    case 'unclear':
      return finding(
        'fileSystem',
        'warning',
        `${name}：无法判断是否为本地磁盘`,
        `${name}: cannot tell whether this is a local disk`,
      );
  }
}

export function checkRoom({ space, reserve }: DataFacts): Finding {
  if (space === null) return finding('room', 'warning', '无法读取磁盘空间', 'free space cannot be read');
  const { freeBytes, totalBytes } = space;
  const share = totalBytes === 0 ? 0 : freeBytes / totalBytes;
  const missingBytes = Math.max(0, reserve.wantedBytes - reserve.madeBytes);
  const free = `${mib(freeBytes)} MiB (${(share * 100).toFixed(0)} %)`;
  if (share < 0.05)
    return finding(
      'room',
      'failure',
      `仅余 ${free}：历史已暂停，将牺牲旧日志段`,
      `only ${free} free: history pauses, old segments go`,
    );
  if (freeBytes < missingBytes)
    return finding(
      'room',
      'failure',
      `余 ${free}，日志预留还需 ${mib(missingBytes)} MiB（FENGSUI_JOURNAL_MIB）`,
      `${free} free, the journal's reserve still needs ${mib(missingBytes)} MiB (FENGSUI_JOURNAL_MIB)`,
    );
  if (share < 0.1)
    return finding(
      'room',
      'warning',
      `余 ${free}：低于 10 % 报警线`,
      `${free} free: below the alarm at 10 %`,
    );
  return finding('room', 'ok', `余 ${free}`, `${free} free`);
}

export function checkSync({ syncMs }: DataFacts): Finding {
  if (syncMs === null) return finding('sync', 'warning', '未能测量', 'could not be measured');
  const { median, worst } = syncMs;
  const words = `${median.toFixed(2)} ms, ≤ ${worst.toFixed(1)} ms`;
  if (median >= syncMsFail)
    return finding(
      'sync',
      'failure',
      `${words}：磁盘过慢，报警将延迟`,
      `${words}: the disk is too slow, alarms come late`,
    );
  if (median >= syncMsWarn)
    return finding(
      'sync',
      'warning',
      `${words}：每条报警多等这么久`,
      `${words}: every alarm waits that long`,
    );
  if (median < syncMsBelievable)
    return finding(
      'sync',
      'warning',
      `${words}：快得不可信，可能未真正落盘（无掉电保护的缓存）`,
      `${words}: too fast to be true: perhaps a cache that forgets at a power cut`,
    );
  return finding('sync', 'ok', words, words);
}

export function checkJournal(
  { segments, start, end, damage, writtenAt }: JournalFacts,
  now: number,
): Finding {
  const [first] = damage;
  if (first !== undefined)
    return finding(
      'journal',
      'failure',
      `自 ${first.from} 至 ${first.to} 损坏（共 ${damage.length} 段）：保留原件并运行 verify`,
      `damaged from ${first.from} to ${first.to} (${damage.length} stretches): keep it and run verify`,
    );
  if (writtenAt !== null && writtenAt > now + 60_000)
    return finding(
      'journal',
      'failure',
      `写于 ${new Date(writtenAt).toISOString()}，晚于当前时钟：时钟曾被回拨`,
      `was written at ${new Date(writtenAt).toISOString()}, later than the clock: it was set back`,
    );
  return finding(
    'journal',
    'ok',
    `${segments} 段，${start} 至 ${end}，校验无误`,
    `${segments} segments, ${start} to ${end}, all sound`,
  );
}

export function checkCheckpoints(
  { position, rejected }: CheckpointFacts,
  journal: JournalFacts | null,
): Finding {
  if ((position ?? 0) < (journal?.start ?? 0))
    return finding(
      'checkpoint',
      'failure',
      '没有可用检查点，且日志开头已释放：无法恢复，请用备份',
      'no good checkpoint, and the beginning of the journal is gone: it cannot recover; use a backup',
    );
  const [first] = rejected;
  if (first !== undefined)
    return finding(
      'checkpoint',
      'warning',
      `${first.name} 不可用（${first.reason === 'damaged' ? '损坏' : '其他版本'}），启动会更慢`,
      `${first.name} is of no use (${first.reason === 'damaged' ? 'damaged' : 'of another release'}): a start takes longer`,
    );
  if (position === null) return finding('checkpoint', 'ok', '尚无', 'none yet');
  return finding('checkpoint', 'ok', `位于 ${position}`, `at ${position}`);
}

export function finding(check: CheckName, level: Level, zh: string, en: string): Finding {
  return { check, level, zh, en };
}

function mib(bytes: number): string {
  return Math.floor(bytes / mebibyte).toString();
}
