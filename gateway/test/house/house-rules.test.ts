// Each house rule finds what it is there for, and leaves alone what only looks like it.

import { expect, test } from 'vitest';
import {
  coreFaults,
  deadCommands,
  deadLinks,
  deadPaths,
  foreignWords,
  isBilingual,
  languagePairs,
  testFaults,
} from './house-rules.ts';

const clocks = [
  'const now = Date.now();',
  'const at = new Date();',
  'const at = new Date;',
  'const text = Date();',
  'const t = performance.now();',
  'const x = Math.random();',
  'const id = crypto.randomUUID();',
  "import { readFileSync } from 'node:fs';",
  "const fs = await import('node:fs');",
  'setTimeout(work, 10);',
  "if (process.env['X'] === '1') return;",
];

test.each(clocks)('the core may not say: %s', (line) => {
  const found = coreFaults('alarms/x.ts', `// first\n${line}\n`);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/^alarms\/x\.ts:2: .+ \(.{10,}\)$/);
});

test.each([
  'const at = new Date(ms);',
  '// Date.now is for the edge',
  '/* new Date() */ const a = 1;',
  "const words = 'performance of Date.now';",
  'const processed = state.process;',
  "import { level } from '../kernel/level.ts';",
])('the core may say: %s', (line) => {
  expect(coreFaults('alarms/x.ts', line)).toEqual([]);
});

test('a test that is alone or skipped is found, one with a condition is not', () => {
  const bad = ["it.only('a', f);", "test.skip('a', f);", "describe.skip.each([1])('a', f);", "xit('a', f);"];
  for (const line of [...bad, "test.todo('a');", "test.concurrent.only('a', f);"])
    expect(testFaults('a.test.ts', line), `for ${line}`).toHaveLength(1);
  for (const line of ["test.skipIf(!found)('a', f);", "expect(text).toBe('it.only(');", 'exit(1);'])
    expect(testFaults('a.test.ts', line), `for ${line}`).toEqual([]);
});

test('links and paths that lead nowhere are found', () => {
  const exists = (path: string): boolean => path === 'there.md' || path === 'docs';
  const page = 'see [a](there.md#part), [b](gone.md), [c](https://x.org), `docs/`, `docs/gone.md`';
  expect(deadLinks('p.md', page, exists)).toEqual(['p.md: link to gone.md']);
  expect(deadPaths('p.md', page, exists)).toEqual(['p.md: names docs/gone.md']);
});

test('commands that nobody can run are found', () => {
  const known = { scripts: new Set(['fengsui', 'bench']), commands: new Set(['verify']) };
  const page = '`npm run bench`, `npm run -s fengsui -- verify`, `npm run fly`, `fengsui walk X`';
  expect(deadCommands('p.md', page, known)).toEqual(['p.md: npm run fly', 'p.md: fengsui walk']);
});

test('words of a workplace are found', () => {
  for (const word of [
    ['/wo', 'rk/main'],
    ['../sha', 'red/x'],
    ['https://registry.np', 'mjs.org/a'],
  ])
    expect(foreignWords('a.ts', `const a = '${word.join('')}';`)).toHaveLength(1);
  expect(foreignWords('a.ts', 'the network/framework is shared/used')).toEqual([]);
});

test('a text without its twin, or the wrong way round, is no pair', () => {
  expect(isBilingual({ zh: '甲烷', en: 'methane' })).toBe(true);
  for (const pair of [{ zh: '甲烷' }, { zh: '', en: 'a' }, { zh: 'a', en: '甲' }, { zh: '甲', en: ' ' }])
    expect(isBilingual(pair)).toBe(false);
  expect(languagePairs([{ name: { zh: '甲', en: 'a' }, deep: [{ en: 'b' }] }])).toHaveLength(2);
});
