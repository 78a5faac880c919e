import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandPayloads } from '#gateway/protocol/api.ts';
import { actionKinds, caseCommands, causes, emptyForm, payloadOf, textShort } from './forms.ts';
import { fieldLacks, measureKinds } from './lacks.ts';

const one = { id: 'demo/C7', version: 12 };
/** Chosen by a person: nothing of it is a default. */
const chosen = { cause: 'work', disposition: 'resolved', result: 'pass', decision: 'rejected' } as const;
const form = {
  ...emptyForm('上隅角'),
  ...chosen,
  text: '采空区瓦斯随来压涌出，抽采负压不足',
  person: '邵广平',
  n: '19',
  of: '22',
  to: '集团、县局',
  remark: '已通知',
};
const evidence = ['a'.repeat(64)];

test.each(caseCommands)('what the form of %s sends is what the gateway takes', (command) => {
  const payload = { ...payloadOf(command, one, form, evidence), commandId: 'test-0001' };
  const parsed = commandPayloads[command].safeParse(payload);
  expect(parsed.error?.issues ?? []).toEqual([]);
});

test.each(caseCommands)('a form of %s with only what must be filled in is taken too', (command) => {
  const least = { ...emptyForm(''), ...chosen, text: form.text, person: form.person };
  const payload = { ...payloadOf(command, one, least, []), commandId: 'test-0001' };
  expect(commandPayloads[command].safeParse(payload).success).toBe(true);
});

test.each(['CompleteHandling', 'DismissCase', 'VerifyCase', 'DecideHazard'] as const)(
  'an empty form of %s has decided nothing',
  (command) => {
    const undecided = { ...emptyForm(''), text: form.text };
    const payload = { ...payloadOf(command, one, undecided, []), commandId: 'test-0001' };
    expect(commandPayloads[command].safeParse(payload).success).toBe(false);
  },
);

test.each(caseCommands)('a form of %s is sent exactly when the gateway takes it', (command) => {
  const word = fc.string({ unit: 'grapheme', maxLength: 14 });
  const number = fc.oneof(fc.constant(''), fc.nat(99_999).map(String));
  const forms = fc.record({
    actionKind: fc.constantFrom(...actionKinds),
    measureKind: fc.constantFrom(...measureKinds),
    cause: fc.constantFrom('', ...causes),
    disposition: fc.constantFrom('' as const, 'resolved' as const, 'falseAlarm' as const),
    result: fc.constantFrom('' as const, 'pass' as const, 'fail' as const),
    mode: fc.constantFrom('online' as const, 'onSite' as const),
    decision: fc.constantFrom('' as const, 'confirmed' as const, 'rejected' as const),
    remark: word,
    place: word,
    text: word,
    person: word,
    to: word,
    n: number,
    of: number,
  });
  fc.assert(
    fc.property(forms, (filled) => {
      const payload = { ...payloadOf(command, one, filled, evidence), commandId: 'test-0001' };
      const isTaken = commandPayloads[command].safeParse(payload).success;
      expect(fieldLacks(command, filled, evidence.length).length === 0).toBe(isTaken);
    }),
  );
});

test('decisions name the version that was seen, entries do not', () => {
  expect(payloadOf('DismissCase', one, form, [])).toMatchObject({ version: 12 });
  expect(payloadOf('RecordAction', one, form, [])).not.toHaveProperty('version');
});

test('n of m is sent as numbers, nonsense is not sent', () => {
  expect(payloadOf('RecordAction', one, form, [])).toMatchObject({ n: 19, of: 22 });
  expect(payloadOf('RecordAction', one, { ...form, n: 'x', of: '' }, [])).not.toHaveProperty('n');
});

test('characters are counted as people count them, blanks around do not help', () => {
  expect(textShort('DismissCase', { ...form, text: '  九个字不够吧呀啊  ' })).toBe(2);
  expect(textShort('DismissCase', form)).toBe(0);
  expect(textShort('RecordAction', { ...form, text: '' })).toBe(0);
});
