// Every conformance case whose rule kinds are built must give exactly its alarms; what is not built is named.

import { describe, expect, it } from 'vitest';
import { backtest } from '#alarms/rules/backtest.ts';
import { alarmLine } from '#alarms/rules/collect.ts';
import { type ConformanceCase, type ExpectedAlarm, microCases, outsideRecording, recording } from './read.ts';

function linesOf(conformance: ConformanceCase): string[] {
  const { points, rules, readings } = conformance;
  return backtest(points, rules, readings).alarms.map(alarmLine);
}

/** Marks as a set; delayedS only where the case says it. */
function comparable(alarm: ExpectedAlarm, hasDelayedS: boolean): unknown {
  const { delayedS, marks, ...rest } = alarm;
  return { ...rest, marks: [...marks].sort(), ...(hasDelayedS ? { delayedS } : {}) };
}

function alarmsOf(conformance: ConformanceCase): { found: unknown[]; expected: unknown[] } {
  const lines: ExpectedAlarm[] = linesOf(conformance).map((line) => JSON.parse(line));
  const hasDelayedS = conformance.expected.some((alarm) => 'delayedS' in alarm);
  return {
    found: lines.map((alarm) => comparable(alarm, hasDelayedS)),
    expected: conformance.expected.map((alarm) => comparable(alarm, hasDelayedS)),
  };
}

describe('micro cases', () => {
  for (const conformance of microCases()) {
    const { name, covers, notBuilt } = conformance;
    const title = notBuilt.length > 0 ? `kind not built: ${notBuilt.join(', ')}` : covers;
    it.skipIf(notBuilt.length > 0)(`${name}: ${title}`, () => {
      const { found, expected } = alarmsOf(conformance);
      expect(found).toStrictEqual(expected);
    });
  }
});

describe('recordings', () => {
  it('28ch-1s gives its alarms, for all rules of built kinds', () => {
    const { found, expected } = alarmsOf(recording('28ch-1s'));
    expect(expected.length).toBeGreaterThan(150);
    expect(found).toStrictEqual(expected);
  });

  it('28ch-1s gives the same bytes twice', () => {
    const conformance = recording('28ch-1s');
    expect(linesOf(conformance).join('\n')).toBe(linesOf(conformance).join('\n'));
  });

  const methane = outsideRecording('methane-30s');
  const where = methane === null ? 'not beside the project (its licence keeps it out)' : 'gives its alarms';
  it.skipIf(methane === null)(`methane-30s: ${where}`, () => {
    const { found, expected } = alarmsOf(methane!);
    expect(expected.length).toBeGreaterThan(300);
    expect(found).toStrictEqual(expected);
  });
});
