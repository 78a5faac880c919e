// What the commands print for people, in both languages. Passwords are printed here once and stored nowhere in clear.

import type { Gateway } from '../gateway.ts';
import type { FirstPassword } from '../serving/accounts/people.ts';

export const roleZh: Readonly<Record<string, string>> = {
  dispatcher: '调度员',
  safetyOfficer: '安全员',
  leader: '矿领导',
  verifier: '核查员',
  supervisor: '监管',
  auditor: '审计',
  administrator: '管理员',
  wall: '大屏',
};

export function printReady(gateway: Gateway, isDemo: boolean): void {
  const title = isDemo
    ? '演示回放 — 非实时数据 (replay for demonstration, not live data)'
    : '网关已运行 (gateway is running)';
  process.stdout.write(`\nFengsui 烽燧 · ${title}\n  ${gateway.url}\n`);
}

export function printPasswords(people: readonly FirstPassword[]): void {
  process.stdout.write('\n一次性显示的初始口令，请记下 (shown once, note them down):\n');
  for (const { id, name, role, password } of people) {
    process.stdout.write(`  ${id.padEnd(12)}${password}   ${name} ${roleZh[role] ?? role}\n`);
  }
}

export function printResetHint(): void {
  process.stdout.write(
    '\n口令已在首次启动时给出；重置 (reset one): npm run -s fengsui -- user reset dispatcher|officer|leader|verifier\n',
  );
}

/** The screen shows it too, as stale values; here stands what to do. */
export function printReplayEnded(code: number | null, signal: string | null): void {
  const how = signal ?? `exit code ${code}`;
  process.stdout.write(
    `\n回放进程已结束（${how}），不再有新数据：请按 Ctrl-C 后重新 npm start (the replay has ended, no more readings come: press Ctrl-C and start again)\n`,
  );
}
