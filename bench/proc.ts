// CPU time and memory of another process as Linux tells them (/proc): all threads, kernel time included.

import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds of CPU by thread id; threads that have ended are missing, so compare by difference. */
export interface ThreadTimes {
  readonly name: string;
  readonly cpuNs: number;
}

const ticksPerSecond = 100;

/** User and system time of the whole process, ended threads included. In steps of 10 ms. */
export function processCpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / ticksPerSecond;
}

export function threadTimes(pid: number): Map<string, ThreadTimes> {
  const times = new Map<string, ThreadTimes>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const name = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
      const cpuNs = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      times.set(thread, { name, cpuNs });
    } catch {
      // It has ended since the listing.
    }
  }
  return times;
}

/** Microseconds of CPU by thread name and id, of those that used any, most first. */
export function threadTimesBetween(
  before: ReadonlyMap<string, ThreadTimes>,
  after: ReadonlyMap<string, ThreadTimes>,
): readonly { readonly thread: string; readonly us: number }[] {
  return [...after]
    .map(([id, { name, cpuNs }]) => ({
      thread: `${name}/${id}`,
      us: (cpuNs - (before.get(id)?.cpuNs ?? 0)) / 1000,
    }))
    .filter(({ us }) => us > 0)
    .toSorted((a, b) => b.us - a.us);
}

/** Resident memory; `isShared`: pages that others use too count in part (for sums over processes). */
export function residentMb(pid: number, isShared = false): number {
  return isShared ? megabytesOf(pid, 'smaps_rollup', 'Pss') : megabytesOf(pid, 'status', 'VmRSS');
}

/** The most resident memory it ever had. */
export function peakResidentMb(pid: number): number {
  return megabytesOf(pid, 'status', 'VmHWM');
}

function megabytesOf(pid: number, file: string, key: string): number {
  const line = readFileSync(`/proc/${pid}/${file}`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${key}:`));
  return Number(/\d+/.exec(line ?? '')?.[0] ?? NaN) / 1024;
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      return text === '' ? [] : text.split(' ').map(Number);
    } catch {
      return [];
    }
  });
}
