import { expect, test } from 'vitest';
import { formatRoute, parseRoute } from './route.ts';

test.each([
  ['', 'overview', ''],
  ['#/', 'overview', ''],
  ['#/alarms', 'alarms', ''],
  ['#/cases/demo%2FC7', 'cases', 'demo/C7'],
  ['#/cases/demo/C7', 'cases', 'demo/C7'],
  ['#/nowhere/else', 'overview', ''],
])('%s leads to %s %s', (hash, screen, id) => {
  expect(parseRoute(hash)).toMatchObject({ screen, id });
});

test('filters live in the address, empty ones do not', () => {
  const hash = formatRoute('alarms', '', { level: 'red,orange', place: '', q: '上隅角' });
  expect(hash).not.toContain('place');
  expect(parseRoute(hash)).toEqual({
    screen: 'alarms',
    id: '',
    query: { level: 'red,orange', q: '上隅角' },
  });
});

test('a case id with a slash comes back as it was', () => {
  expect(parseRoute(formatRoute('cases', 'demo/C12')).id).toBe('demo/C12');
});

test('a broken percent sign is no reason to fail', () => {
  expect(parseRoute('#/cases/%E4%').id).toBe('%E4%');
});
