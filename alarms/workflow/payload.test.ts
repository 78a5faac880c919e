// Both sides of every bound of a command's payload.

import { describe, expect, test } from 'vitest';
import type { Command } from './command.ts';
import { payloadFaults } from './payload.ts';

const now = Date.UTC(2026, 0, 5);
const ten = '十个字的理由说明文字';
const id = 'a'.repeat(64);

const right: Readonly<Record<Command['name'], object>> = {
  AcknowledgeAlarm: { alarm: 'R/A#1' },
  SilenceAlarm: { alarm: 'R/A#1', minutes: 5 },
  ReceiveCase: { case: 'M/C1' },
  RecordAction: { case: 'M/C1', kind: 'evacuate' },
  RecordMeasure: { case: 'M/C1', kind: 'analyseCause', text: ten, person: '张三', evidence: [id] },
  CompleteHandling: { case: 'M/C1', cause: 'ventilation', text: ten },
  DismissCase: { case: 'M/C1', disposition: 'resolved', text: ten },
  VerifyCase: { case: 'M/C1', result: 'pass', mode: 'online' },
  FeedBackCase: { case: 'M/C1', text: ten },
  ArchiveCase: { case: 'M/C1' },
  ReturnCase: { case: 'M/C1', text: ten },
  ReopenCase: { case: 'M/C1', text: ten },
  DecideHazard: { case: 'M/C1', decision: 'confirmed', text: ten },
};

function faultsOf(name: Command['name'], changes: object): readonly string[] {
  const payload = { commandId: 'c1', ...right[name], ...changes };
  const by = { id: 'p', name: 'p', grants: [] };
  // Wrong on purpose: what comes from outside has no type yet.
  return payloadFaults({ name, by, payload } as unknown as Command, now);
}

describe('the payload of a command', () => {
  test.each(Object.keys(right) as Command['name'][])('%s as it should be has no fault', (name) => {
    expect(faultsOf(name, {})).toEqual([]);
  });

  test.each([
    ['ReceiveCase', 'commandId', ['x', 'x'.repeat(128)], ['', 'x'.repeat(129)]],
    ['ReceiveCase', 'version', [0, 7], [-1, 1.5, Number.NaN]],
    ['ReceiveCase', 'remark', ['', 'x'.repeat(500)], ['x'.repeat(501)]],
    ['ReceiveCase', 'evidence', [[], Array(20).fill(id)], [Array(21).fill(id), ['']]],
    ['AcknowledgeAlarm', 'phrase', ['', 'x'.repeat(500)], ['x'.repeat(501)]],
    ['SilenceAlarm', 'minutes', [1, 15], [0, 16, 1.5, Number.NaN]],
    ['RecordAction', 'kind', ['cutPower', 'other'], ['dance']],
    ['RecordAction', 'at', [now, now + 60_000, now - 86_400_000], [now + 60_001, -1, 0.5, Number.NaN]],
    ['RecordAction', 'place', ['', 'x'.repeat(100)], ['x'.repeat(101)]],
    ['RecordAction', 'n', [0, 100_000], [-1, 100_001, 0.5]],
    ['RecordAction', 'of', [0, 100_000], [-1, 100_001]],
    ['RecordAction', 'text', ['', 'x'.repeat(2000)], ['x'.repeat(2001)]],
    ['RecordMeasure', 'kind', ['cutAndEvacuate', 'holdResponsible'], ['cutPower']],
    [
      'RecordMeasure',
      'text',
      [ten, 'x'.repeat(2000)],
      ['', 'x'.repeat(9), `  ${'x'.repeat(9)}  `, 'x'.repeat(2001)],
    ],
    ['RecordMeasure', 'person', ['张', 'x'.repeat(100)], ['', '  ', 'x'.repeat(101)]],
    ['RecordMeasure', 'evidence', [[id]], [[], undefined]],
    ['CompleteHandling', 'cause', ['other'], ['', 'x'.repeat(101)]],
    ['CompleteHandling', 'text', [ten], ['x'.repeat(9)]],
    ['DismissCase', 'disposition', ['resolved', 'falseAlarm'], ['ignored']],
    ['DismissCase', 'text', [ten], ['']],
    ['VerifyCase', 'result', ['pass', 'fail'], ['maybe']],
    ['VerifyCase', 'mode', ['online', 'onSite'], ['by phone']],
    ['VerifyCase', 'place', ['井下'], ['x'.repeat(101)]],
    ['VerifyCase', 'text', ['', ten], ['x'.repeat(2001)]],
    ['FeedBackCase', 'text', [ten], ['']],
    ['FeedBackCase', 'to', [[], Array(20).fill('县局')], [Array(21).fill('县局'), ['']]],
    ['ArchiveCase', 'text', ['', ten], ['x'.repeat(2001)]],
    ['ReturnCase', 'text', [ten], ['']],
    ['ReopenCase', 'text', [ten], ['']],
    ['DecideHazard', 'decision', ['confirmed', 'rejected'], ['later']],
    ['DecideHazard', 'text', [ten], ['']],
  ] as const)('%s: %s has its bounds', (name, field, good, bad) => {
    for (const value of good) expect(faultsOf(name, { [field]: value })).toEqual([]);
    for (const value of bad) expect(faultsOf(name, { [field]: value })).toEqual([field]);
  });

  test('n of m people: n is not above m', () => {
    expect(faultsOf('RecordAction', { n: 3, of: 3 })).toEqual([]);
    expect(faultsOf('RecordAction', { n: 4, of: 3 })).toEqual(['of']);
  });

  test('all faults are named at once', () => {
    const changes = { commandId: '', text: '', cause: '', remark: 'x'.repeat(501) };
    expect(faultsOf('CompleteHandling', changes)).toEqual(['commandId', 'remark', 'cause', 'text']);
  });
});
