// All checks over the gathered facts, and what is printed of them: a table in both languages, or JSON for machines.

import { checkData } from './data-checks.ts';
import { checkTitles, type Facts, type Finding } from './facts.ts';
import {
  checkClock,
  checkMapCount,
  checkMemory,
  checkNode,
  checkOpenFiles,
  checkPorts,
  checkTls,
} from './machine-checks.ts';
import { checkBroker, checkQuestdb } from './outside-checks.ts';

export function examine(facts: Facts): Finding[] {
  const isQuestdbHere = facts.questdb?.isLocal === true;
  const mapCount = checkMapCount(facts.limits, isQuestdbHere);
  return [
    checkNode(facts.node),
    ...checkData(facts),
    checkClock(facts.clock),
    checkOpenFiles(facts.limits),
    ...(mapCount === null ? [] : [mapCount]),
    checkMemory(facts.memory, isQuestdbHere),
    ...checkPorts(facts.ports),
    ...(facts.tls === null ? [] : [checkTls(facts.tls, facts.clock.now)]),
    ...(facts.broker === null ? [] : checkBroker(facts.broker)),
    ...(facts.questdb === null ? [] : checkQuestdb(facts.questdb)),
  ];
}

/** 0: all well; 1: warnings; 2: failures. */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === 'failure')) return 2;
  return findings.some(({ level }) => level === 'warning') ? 1 : 0;
}

const marks = { ok: '  ok', warning: 'WARN', failure: 'FAIL' } as const;

export function tableOf(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ check, level, zh, en }) => {
    const title = checkTitles[check];
    const head = `${marks[level]}  ${wide(`${title.zh} ${title.en}`, 28)}`;
    return zh === en ? [`${head}${zh}`] : [`${head}${zh}`, `${' '.repeat(34)}${en}`];
  });
  const count = (wanted: Finding['level']) => findings.filter(({ level }) => level === wanted).length;
  return [
    ...lines,
    `${count('failure')} 项失败 failures, ${count('warning')} 项警告 warnings, ${count('ok')} 项正常 ok`,
  ];
}

export function jsonOf(findings: readonly Finding[]): string {
  return JSON.stringify({ exitCode: exitCodeOf(findings), findings }, null, 2);
}

/** Chinese letters take two columns of a terminal. */
function wide(text: string, columns: number): string {
  const width = Array.from(text).reduce((sum, letter) => sum + (/[⺀-鿿＀-￯]/.test(letter) ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(1, columns - width));
}
