// The house rules that no linter knows: pages equal the code, the core has no clock, nothing names a workplace.

import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { errorsPage } from './errors-page.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (name) => /^(node_modules|dist|var|\.git)$/.test(name) })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !/(^|\/)(node_modules|dist|var)\//.test(file))
    .sort();

test('docs/errors.md is what the registries of codes say', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(root, 'docs', 'errors.md'), errorsPage());
  expect(read('docs/errors.md')).toBe(errorsPage());
});

test('every setting stands in .env.example and in docs/operations.md, and no other', () => {
  const tools = /^FENGSUI_(CI|CHROMIUM|CONFORMANCE|KILLS|CONFIG|SEED)$/;
  const named = (text: string): string[] =>
    [...new Set(text.match(/FENGSUI_[A-Z_]+/g) ?? [])].filter((name) => !tools.test(name)).sort();
  const schema = named(
    /const schema = z\.strictObject\(\{([\s\S]*?)\n\}\);/.exec(read('gateway/config.ts'))?.[1] ?? '',
  );
  expect(schema.length).toBeGreaterThan(10);
  expect(named(read('.env.example'))).toEqual(schema);
  expect(named(read('docs/operations.md'))).toEqual(schema);
});

test('the core reads no clock, takes no chance and knows no platform', () => {
  const banned =
    /\bDate\.now\b|new Date\(\)|Math\.random|performance\.|from 'node:|process\.|setTimeout|setInterval/;
  const found = files('alarms/**/*.ts')
    .filter((file) => !/\.test\.ts$|^alarms\/test\//.test(file))
    .filter((file) => banned.test(withoutComments(read(file))));
  expect(found, 'time is an argument of the core: pass it in (CONTRIBUTING.md)').toEqual([]);
});

/** Lists, not logic: the words of a language, the stories of one machine. */
const mayBeLong = new Set([
  'alarms/workflow/stories.test.ts',
  'dashboard/src/language/en.ts',
  'dashboard/src/language/zh.ts',
  'gateway/adapters/mqtt-broker/broker.test.ts',
]);

test('files are of one subject: none beyond 500 lines', () => {
  const long = files(
    '{alarms,gateway,dashboard/src,simulators,seeds,scripts,bench,tests}/**/*.{ts,vue}',
  ).filter((file) => !mayBeLong.has(file) && read(file).split('\n').length > 500);
  expect(long).toEqual([]);
});

test('no test is skipped or alone without a condition', () => {
  const found = files('{alarms,gateway,dashboard/src,simulators,seeds,bench,tests}/**/*.test.ts').filter(
    (file) => /\b(it|test|describe)\.(only|todo|fails|skip)\(/.test(read(file)),
  );
  expect(found.filter((file) => file !== 'gateway/test/house/house.test.ts')).toEqual([]);
});

test('the project speaks of itself alone', () => {
  const foreign = new RegExp(['/wo', 'rk/|\\.\\./sha', 'red/|registry\\.np', 'mjs'].join(''));
  const found = files('**/*.{ts,mjs,md,json,vue,css,html}')
    .concat(['.ci/run', '.env.example', '.npmrc'])
    .filter((file) => foreign.test(read(file)));
  expect(found).toEqual([]);
});

test('links in the pages lead somewhere', () => {
  const broken: string[] = [];
  for (const page of files('**/*.md').filter((file) => !file.startsWith('tests/conformance/'))) {
    for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      if (!existsSync(join(root, dirname(page), target))) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('recorded data carries its provenance and licence', () => {
  const folders = new Set(files('{seeds,tests}/**/*.csv.gz').map((file) => dirname(file)));
  expect(folders.size).toBeGreaterThan(1);
  for (const folder of folders) expect(read(join(folder, 'PROVENANCE.md'))).toMatch(/CC BY 4\.0/);
});

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}
