// Every base × input of the alarm machine, against a table typed by hand, and the printed document of it.

import { describe, expect, test } from 'vitest';
import type { AlarmBase } from '../log/event.ts';
import { alarmBases, transition, type AlarmInput, type Transition } from './transition.ts';

const short: Readonly<Record<AlarmBase, string>> = {
  normal: 'N',
  unacknowledged: 'U',
  acknowledged: 'A',
  returned: 'R',
  latchedUnacknowledged: 'LU',
  latchedAcknowledged: 'LA',
};

const inputs: Readonly<Record<string, AlarmInput>> = {
  Raise: { kind: 'raise' },
  Return: { kind: 'return', latching: false, hidden: false },
  'Return, latching': { kind: 'return', latching: true, hidden: false },
  'Return, never announced': { kind: 'return', latching: true, hidden: true },
  'level up': { kind: 'levelUp' },
  'level down': { kind: 'levelDown' },
  Unknown: { kind: 'unknown' },
  Known: { kind: 'known' },
  Withdraw: { kind: 'withdraw' },
  're-alarm due': { kind: 'reAlarmDue' },
  Acknowledge: { kind: 'acknowledge' },
  Reset: { kind: 'reset', unknown: false },
  'Reset while unknown': { kind: 'reset', unknown: true },
};

// N | U | A | R | LU | LA
const expected = `
Raise                   | U Raised     | ✗ | ✗ | U Superseded Raised | U Superseded Raised | U Superseded Raised
Return                  | ✗ | R Returned | N Returned | ✗ | ✗ | ✗
Return, latching        | ✗ | LU Returned | LA Returned | ✗ | ✗ | ✗
Return, never announced | ✗ | N Returned | N Returned | ✗ | ✗ | ✗
level up                | ✗ | U LevelRaised Reannounced | U LevelRaised Reannounced | ✗ | ✗ | ✗
level down              | ✗ | U LevelLowered | A LevelLowered | ✗ | ✗ | ✗
Unknown                 | – | U ConditionLost | A ConditionLost | R ConditionLost | LU ConditionLost | LA ConditionLost
Known                   | – | U ConditionRegained | A ConditionRegained | R ConditionRegained | LU ConditionRegained | LA ConditionRegained
Withdraw                | – | N Withdrawn | N Withdrawn | N Withdrawn | N Withdrawn | N Withdrawn
re-alarm due            | – | – | U Reannounced | – | – | –
Acknowledge             | NOT_IN_ALARM | A Acknowledged | ALREADY_ACKNOWLEDGED | N Acknowledged | LA Acknowledged | ALREADY_ACKNOWLEDGED
Reset                   | NOT_LATCHED | ALARM_ACTIVE | ALARM_ACTIVE | NOT_LATCHED | ALARM_UNACKNOWLEDGED | N Reset
Reset while unknown     | NOT_LATCHED | ALARM_ACTIVE | ALARM_ACTIVE | NOT_LATCHED | ALARM_UNACKNOWLEDGED | CONDITION_UNKNOWN
`;

function cell(next: Transition): string {
  if (next.kind === 'impossible') return '✗';
  if (next.kind === 'nothing') return '–';
  if (next.kind === 'refused') return next.code;
  return `${short[next.to]} ${next.events.map((event) => event.slice('Alarm'.length)).join(' ')}`;
}

function rowOf(name: string): readonly string[] {
  return alarmBases.map((base) => cell(transition(base, inputs[name]!)));
}

const expectedRows = expected
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((text) => text.trim()));

describe('the alarm machine', () => {
  test('the table names every input', () => {
    expect(expectedRows.map(([name]) => name)).toEqual(Object.keys(inputs));
  });

  test.each(expectedRows.map(([name = '', ...cells]) => ({ name, cells })))('$name', ({ name, cells }) => {
    expect(rowOf(name)).toEqual(cells);
  });

  test('the document shows the machine as it is', async () => {
    await expect(document()).toMatchFileSnapshot('../../docs/alarm-lifecycle.md');
  });
});

function document(): string {
  const rows = Object.keys(inputs).map((name) => `| ${name} | ${rowOf(name).join(' | ')} |`);
  const links = new Set<string>();
  for (const [name, input] of Object.entries(inputs)) {
    for (const base of alarmBases) {
      const next = transition(base, input);
      if (next.kind === 'goes' && next.to !== base) links.add(`  ${base} --> ${next.to}: ${name}`);
    }
  }
  return `# Alarm life cycle

<!-- Printed by alarms/lifecycle/transition.test.ts; do not edit. Renew with \`vitest run alarms/lifecycle -u\`. -->

One machine per (rule, scope), after ISA-18.2. An alarm \`<rule>/<scope>#<n>\` lives from its raise until base normal or
until it is superseded: one that returns and comes again is a new one.

N normal 正常 · U unacknowledged 未确认 · A acknowledged 已确认 · R returned 已恢复未确认 · LU, LA latched 闭锁, not and
already acknowledged. A cell is the next base and the events (prefix \`Alarm\`), a refusal, – for nothing, or ✗ for what
the engine never sends. After Superseded the base is that of the successor.

| input | ${alarmBases.map((base) => short[base]).join(' | ')} |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

"Unknown" 未知 is an overlay: base and level stay, and a point without data is never shown as normal. Silencing 消音 stops
the sound only. Re-alarm, reset and the covers (shelved, suppressed, out of service, planned) have their place in the
table and no command yet.

When a recovery differs from the record (SYS-RECOVERY), an alarm that the record holds up and no rule does ends by Return
with reason \`recoveryDiffered\`: no data has shown it return, so who has not acknowledged it still owes that. What the
rules hold up and the record does not is a Raise.

\`\`\`mermaid
stateDiagram-v2
${[...links].join('\n')}
\`\`\`
`;
}
