import { expect, test } from 'vitest';
import { commandPayloads } from '#gateway/protocol/api.ts';
import { caseCommands, emptyForm, payloadOf, textShort } from './forms.ts';

const one = { id: 'demo/C7', version: 12 };
const form = {
  ...emptyForm('上隅角'),
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
  const least = { ...emptyForm(''), text: form.text, person: form.person };
  const payload = { ...payloadOf(command, one, least, []), commandId: 'test-0001' };
  expect(commandPayloads[command].safeParse(payload).success).toBe(true);
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
