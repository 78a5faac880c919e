import { expect, test } from 'vitest';
import { alarmId, pairOf, parseAlarmId } from './alarm-id.ts';

test('an alarm id can be taken apart again, whatever the scope is called', () => {
  for (const scope of ['A1', 'M1/P#1', 'm.一号/工作面', '#7']) {
    expect(parseAlarmId(alarmId('GAS-01', scope, 12))).toEqual({ rule: 'GAS-01', scope, n: 12 });
    expect(alarmId('GAS-01', scope, 12)).toBe(`${pairOf('GAS-01', scope)}#12`);
  }
});

test('what is no alarm id is told apart', () => {
  for (const text of [
    '',
    'GAS-01',
    'GAS-01/A1',
    'GAS-01/A1#',
    'GAS-01/A1#0',
    'GAS-01/A1#01',
    '/A1#1',
    'GAS-01/#1',
  ])
    expect(parseAlarmId(text)).toBeNull();
});
