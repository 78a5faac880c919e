import { expect, test } from 'vitest';
import { reasonRows } from './reasons.ts';

test('only what was refused is listed, the most frequent first, with words or its code', () => {
  const rows = reasonRows({ EMPTY: 0, BAD_TIME: 2, ODD: 7 }, { BAD_TIME: { zh: '时间', en: 'time' } });
  expect(rows).toEqual([
    { code: 'ODD', count: 7, zh: 'ODD', en: 'ODD' },
    { code: 'BAD_TIME', count: 2, zh: '时间', en: 'time' },
  ]);
});
