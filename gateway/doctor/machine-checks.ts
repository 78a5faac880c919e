// Checks of the machine: Node, clock, limits, memory, ports, certificates.

import { finding } from './data-checks.ts';
import type { ClockFacts, Facts, Finding, LimitFacts, MemoryFacts, PortFacts, TlsFacts } from './facts.ts';

const nodeNeeded = [24, 21, 0] as const;
/** The clock is followed for a moment only; what it moves by in that is a step, not drift. */
const jumpMsWarn = 20;
/** Readings further ahead than this are pulled back (DQ-08): a clock that is wrong makes every reading so. */
const builtAt = Date.UTC(2026, 0, 1);
/** A socket a source, a handful of files a thread, one a screen; the soft limit of most shells is 1024. */
const openFilesWarn = 16_384;
const openFilesFail = 1_024;
/** QuestDB maps each column of each partition. */
const mapCountWanted = 1_048_576;
const gibibyte = 1024 ** 3;
const day = 86_400_000;

export function checkNode({ version }: Facts['node']): Finding {
  const parts = version.split('.').map(Number);
  const i = nodeNeeded.findIndex((wanted, at) => (parts[at] ?? 0) !== wanted);
  const isOld = i >= 0 && (parts[i] ?? 0) < (nodeNeeded[i] ?? 0);
  const wanted = nodeNeeded.join('.');
  if (isOld)
    return finding('node', 'failure', `${version}，需要 ${wanted}`, `${version}; ${wanted} is needed`);
  return finding('node', 'ok', version, version);
}

export function checkClock({ now, jumpMs, watchedMs, isSynchronised }: ClockFacts): Finding {
  const moment = new Date(now).toISOString();
  if (now < builtAt)
    return finding(
      'clock',
      'failure',
      `${moment}：早于本软件，时钟错误`,
      `${moment}: older than this program, the clock is wrong`,
    );
  if (Math.abs(jumpMs) > jumpMsWarn)
    return finding(
      'clock',
      'warning',
      `${watchedMs.toFixed(0)} ms 内跳变 ${jumpMs.toFixed(0)} ms：有程序在拨表`,
      `jumped by ${jumpMs.toFixed(0)} ms within ${watchedMs.toFixed(0)} ms: something sets it`,
    );
  if (isSynchronised === false)
    return finding(
      'clock',
      'warning',
      `${moment}：未与时间服务器同步`,
      `${moment}: not synchronised with a time server`,
    );
  if (isSynchronised === null)
    return finding(
      'clock',
      'warning',
      `${moment}：无法得知是否同步（timedatectl）`,
      `${moment}: cannot tell whether it is synchronised (timedatectl)`,
    );
  return finding('clock', 'ok', `${moment}，已同步`, `${moment}, synchronised`);
}

export function checkOpenFiles({ openFiles }: LimitFacts): Finding {
  if (openFiles === null) return finding('openFiles', 'ok', '本系统无此限制', 'no such limit on this system');
  const cure = { zh: '（LimitNOFILE 或 ulimit -n）', en: ' (LimitNOFILE, or ulimit -n)' };
  if (openFiles < openFilesFail)
    return finding('openFiles', 'failure', `${openFiles}，过小${cure.zh}`, `${openFiles}: too few${cure.en}`);
  if (openFiles < openFilesWarn)
    return finding(
      'openFiles',
      'warning',
      `${openFiles}，建议不小于 ${openFilesWarn}${cure.zh}`,
      `${openFiles}; better ${openFilesWarn} or more${cure.en}`,
    );
  return finding('openFiles', 'ok', `${openFiles}`, `${openFiles}`);
}

/** Matters where QuestDB runs; null: it does not run here. */
export function checkMapCount({ mapCount }: LimitFacts, isQuestdbHere: boolean): Finding | null {
  if (!isQuestdbHere || mapCount === null) return null;
  if (mapCount >= mapCountWanted) return finding('mapCount', 'ok', `${mapCount}`, `${mapCount}`);
  return finding(
    'mapCount',
    'warning',
    `${mapCount}：QuestDB 建议 ${mapCountWanted}（sysctl vm.max_map_count）`,
    `${mapCount}: QuestDB wants ${mapCountWanted} (sysctl vm.max_map_count)`,
  );
}

export function checkMemory({ totalBytes, availableBytes }: MemoryFacts, isQuestdbHere: boolean): Finding {
  // The gateway keeps to 400 MB, QuestDB to 2 GiB of its own and wants the page cache.
  const neededBytes = (isQuestdbHere ? 4 : 1) * gibibyte;
  const words = `${(availableBytes / gibibyte).toFixed(1)} / ${(totalBytes / gibibyte).toFixed(1)} GiB`;
  if (totalBytes < neededBytes)
    return finding(
      'memory',
      'warning',
      `${words}：建议至少 ${neededBytes / gibibyte} GiB`,
      `${words}: ${neededBytes / gibibyte} GiB or more are wanted`,
    );
  if (availableBytes < gibibyte / 2)
    return finding('memory', 'warning', `可用 ${words}：不足`, `${words} available: scarce`);
  return finding('memory', 'ok', `可用 ${words}`, `${words} available`);
}

export function checkPorts(ports: readonly PortFacts[]): Finding[] {
  return ports.map(({ setting, host, port, state }) => {
    const place = `${setting} ${host}:${port}`;
    switch (state) {
      case 'free':
        return finding('ports', 'ok', `${place} 空闲`, `${place} is free`);
      case 'ours':
        return finding('ports', 'ok', `${place} 为运行中的本网关`, `${place} is the running gateway`);
      case 'taken':
        return finding('ports', 'failure', `${place} 被其他程序占用`, `${place} is taken by another program`);
      case 'denied':
        return finding(
          'ports',
          'failure',
          `${place} 当前用户无权使用`,
          `${place} may not be opened by this user`,
        );
      case 'noSuchAddress':
        return finding(
          'ports',
          'failure',
          `${place} 本机无此地址`,
          `${place}: this machine has no such address`,
        );
    }
  });
}

export function checkTls({ certificate, fault, validFrom, validTo }: TlsFacts, now: number): Finding {
  if (fault !== null) return finding('tls', 'failure', fault, fault);
  const until = new Date(validTo).toISOString().slice(0, 10);
  if (validTo <= now)
    return finding('tls', 'failure', `${certificate} 已于 ${until} 过期`, `${certificate} ended on ${until}`);
  if (validFrom > now)
    return finding('tls', 'failure', `${certificate} 尚未生效`, `${certificate} is not valid yet`);
  const days = Math.floor((validTo - now) / day);
  if (days < 30)
    return finding(
      'tls',
      'warning',
      `${certificate} 还有 ${days} 天到期（${until}）`,
      `${certificate} ends in ${days} days (${until})`,
    );
  return finding('tls', 'ok', `${certificate} 有效至 ${until}`, `${certificate} is valid until ${until}`);
}
