// The house rules that no linter knows: pages equal the code, the core has no clock, nothing names a workplace, data
// has a source. What each rule is stands in house-rules.ts; here they meet the files.

import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { refusals } from '#alarms/workflow/refusals.ts';
import { intrinsicRule } from '#alarms/lifecycle/intrinsic-rules.ts';
import { readSettings } from '#gateway/config.ts';
import { apiRefusals } from '#gateway/protocol/api-refusals.ts';
import { intakeRefusals } from '#gateway/protocol/refusals.ts';
import { errorsPage } from './errors-page.ts';
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

const root = join(import.meta.dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const ignored = /(^|\/)(node_modules|dist|var|\.git|\.cache)(\/|$)/;
const files = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (name) => ignored.test(name) })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !ignored.test(file))
    .sort();

const source = '{alarms,gateway,dashboard/src,simulators,seeds,scripts,bench,tests}';
/** Pages of ours; those of the conformance cases came with the data. */
const pages = files('**/*.md').filter((file) => !file.startsWith('tests/conformance/'));

test('docs/errors.md is what the registries of codes say', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(join(root, 'docs', 'errors.md'), errorsPage());
  expect(read('docs/errors.md'), 'renew it: UPDATE_DOCS=1 npx vitest run gateway/test/house').toBe(
    errorsPage(),
  );
});

test('a code has one meaning, both languages, and pages name no other', () => {
  const registries = [intakeRefusals, refusals, apiRefusals];
  const codes = registries.flatMap((registry) => Object.keys(registry));
  expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  const entries = registries.flatMap((registry) => Object.entries(registry));
  expect(entries.filter(([, texts]) => !isBilingual(texts)).map(([code]) => code)).toEqual([]);
  const known = new Set(codes);
  const named = [...read('docs/protocol.md').matchAll(/`([A-Z]{2,}(?:_[A-Z]+)+)`/g)].map(
    ([, code = '']) => code,
  );
  const closings = new Set(['SESSION_ENDED', 'SLOW_CONSUMER', 'SHUTTING_DOWN']);
  expect(
    named.filter((code) => !code.startsWith('FENGSUI_') && !known.has(code) && !closings.has(code)),
  ).toEqual([]);
});

test('every setting stands in .env.example and in docs/operations.md, and no other', () => {
  const settings = named(schemaText());
  expect(settings.length).toBeGreaterThan(10);
  expect(named(read('.env.example'))).toEqual(settings);
  expect(named(read('docs/operations.md'))).toEqual(settings);
  for (const page of pages)
    expect(
      named(read(page)).filter((name) => !settings.includes(name)),
      `in ${page}`,
    ).toEqual([]);
});

test('the lines of .env.example are settings as they stand, with the defaults of the code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fengsui-house-'));
  try {
    const example = read('.env.example').replaceAll(/^# (?=FENGSUI_)/gm, '');
    expect(example.match(/^FENGSUI_/gm)).toHaveLength(named(schemaText()).length);
    writeFileSync(join(folder, 'settings'), example);
    const { tls, mqttUrl, dataFolder, siteFolder, mqttUsername, mqttPassword, journalMib, questdb, ...rest } =
      readSettings({ FENGSUI_CONFIG: join(folder, 'settings') });
    expect([dataFolder, siteFolder, journalMib]).toEqual(['/var/lib/fengsui', '/etc/fengsui/site', 1024]);
    expect([mqttUrl, mqttUsername, mqttPassword]).toEqual(['mqtts://broker.example:8883', 'fengsui', '']);
    expect(questdb).toEqual({ url: 'http://127.0.0.1:9000', prefix: 'fengsui_' });
    expect(tls).toEqual({ certFile: '/etc/fengsui/cert.pem', keyFile: '/etc/fengsui/key.pem' });
    expect(readSettings({})).toMatchObject(rest);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what the tools read from the environment is no unknown setting to the gateway', () => {
  const known = new Set([...named(schemaText()), ...toolNames()]);
  const used = files(`{${source}/**/*.{ts,mjs},dashboard/*.ts,.ci/run}`).flatMap((file) =>
    [...read(file).matchAll(/\benv\[['"](FENGSUI_[A-Z_]+)|^(FENGSUI_[A-Z_]+)=/gm)].map(
      ([, name, assigned]) => name ?? assigned ?? '',
    ),
  );
  expect(used.length).toBeGreaterThan(3);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
});

test('the core reads no clock, takes no chance and knows no platform', () => {
  const core = files('alarms/**/*.ts').filter((file) => !/\.test\.ts$|^alarms\/test\//.test(file));
  expect(core.length).toBeGreaterThan(50);
  expect(core.flatMap((file) => coreFaults(file, read(file)))).toEqual([]);
});

/** Longer than a file should be, each with its reason. */
const mayBeLong = new Map([
  ['alarms/workflow/stories.test.ts', 'the stories of one machine, read from top to bottom'],
  ['dashboard/src/language/en.ts', 'the words of a language: a list, no logic'],
  ['dashboard/src/language/zh.ts', 'the words of a language: a list, no logic'],
  ['dashboard/src/style/tokens.css', 'the colours and measures of the design in one place'],
  ['gateway/adapters/mqtt-broker/broker.test.ts', 'one broker, one fixture, every bound of it'],
]);

test('files are of one subject: none beyond 500 lines but those that say why', () => {
  const long = files(`${source}/**/*.{ts,mjs,vue,css}`).filter((file) => read(file).split('\n').length > 501);
  expect(long.filter((file) => !mayBeLong.has(file))).toEqual([]);
  expect(
    [...mayBeLong.keys()].filter((file) => !long.includes(file)),
    'no longer long',
  ).toEqual([]);
});

test('a file says first what it is', () => {
  const own = files(`${source}/**/*.{ts,mjs}`).filter((file) => !file.endsWith('.test.ts'));
  const silent = own.filter((file) => !/^(#!.*\n)?(\/\/|\/\*)/.test(read(file)));
  expect(silent).toEqual([]);
});

test('no test is skipped or alone without a condition', () => {
  const tests = files(`${source}/**/*.test.ts`);
  expect(tests.length).toBeGreaterThan(80);
  expect(tests.flatMap((file) => testFaults(file, read(file)))).toEqual([]);
});

test('the project speaks of itself alone', () => {
  const texts = files('**/*.{ts,mjs,md,json,vue,css,html}').concat(['.ci/run', '.env.example', '.npmrc']);
  expect(texts.flatMap((file) => foreignWords(file, read(file)))).toEqual([]);
});

test('links, paths and commands of the pages lead somewhere', () => {
  const scripts = new Set([...Object.keys(packageScripts()), 'start', 'test']);
  const commands = new Set(
    [...read('gateway/main.ts').matchAll(/case '([a-z]+)':/g)].map(([, name = '']) => name),
  );
  const isThere = (path: string): boolean => existsSync(join(root, path)) || files(path).length > 0;
  const dead = pages.flatMap((page) => [
    ...deadLinks(page, read(page), (target) => existsSync(join(root, dirname(page), target))),
    ...deadPaths(page, read(page), isThere),
    ...deadCommands(page, read(page), { scripts, commands }),
  ]);
  expect(dead).toEqual([]);
});

test('the scripts of package.json start programs that are there', () => {
  const programs = Object.values(packageScripts()).flatMap(
    (line) => line.match(/[\w./-]+\.(?:ts|mjs)\b/g) ?? [],
  );
  expect(programs.length).toBeGreaterThan(8);
  expect(programs.filter((program) => !existsSync(join(root, program)))).toEqual([]);
});

test('every seed says where it comes from and under which licence', () => {
  const page = read('seeds/README.md');
  const folders = new Set(files('seeds/*/**/*').map((file) => file.split('/')[1] ?? ''));
  for (const folder of folders)
    expect(page, `seeds/${folder}`).toMatch(new RegExp(`\`${folder}/\`.*(Apache-2\\.0|CC BY)`));
  const recorded = files('{seeds,tests}/**/*.{csv,csv.gz}');
  expect(recorded.length).toBeGreaterThan(3);
  for (const file of recorded) {
    const provenance = join(dirname(file), 'PROVENANCE.md');
    expect(existsSync(join(root, provenance)), `${file} wants ${provenance}`).toBe(true);
    expect(read(provenance), `in ${provenance}`).toMatch(/CC BY 4\.0/);
    expect(read(provenance), `in ${provenance}`).toMatch(/10\.17632\/yd7vw4c5mk\.1/);
  }
  for (const file of recorded.filter((name) => name.startsWith('seeds/')))
    expect(read(join(dirname(file), 'PROVENANCE.md')), `for ${file}`).toContain(file.split('/').at(-1));
});

test('rules and places of the catalogue have names in both languages and a basis with its mark', () => {
  for (const file of files('seeds/catalogue/*.json')) {
    const pairs = languagePairs(JSON.parse(read(file)));
    expect(pairs.length, `in ${file}`).toBeGreaterThan(2);
    expect(
      pairs.filter((pair) => !isBilingual(pair)),
      `in ${file}`,
    ).toEqual([]);
  }
  const rules = files('seeds/catalogue/{gas,data-quality}.json').flatMap(
    (file) => JSON.parse(read(file)) as { id: string; basis?: { clause?: string; mark?: string } }[],
  );
  expect(rules.length).toBeGreaterThan(10);
  const baseless = rules.filter(
    ({ basis }) => !/^[CFKD?](\/[CFKD?])?$/.test(basis?.mark ?? '') || !basis?.clause,
  );
  expect(baseless.map(({ id }) => id)).toEqual([]);
  for (const id of ['DQ-08', 'DQ-12', 'SYS-ROOM', 'SYS-RECOVERY', 'DEF-01', 'LNK-START'])
    expect(isBilingual(intrinsicRule(id).name), `name of ${id}`).toBe(true);
});

test('the pages for users speak Chinese and English', () => {
  const readme = read('README.md');
  expect(readme).toMatch(/^## English/m);
  expect(readme.indexOf('## 开始')).toBeGreaterThan(0);
  expect(readme.indexOf('## 开始')).toBeLessThan(readme.indexOf('## English'));
  expect(readme).toContain('<!-- bench:begin -->');
  expect(readme).toContain('<!-- bench:end -->');
});

function schemaText(): string {
  return /const schema = z\.strictObject\(\{([\s\S]*?)\n\}\);/.exec(read('gateway/config.ts'))?.[1] ?? '';
}

/** The project's tools have settings of their own, which the gateway lets pass. */
function toolNames(): string[] {
  const list = /const toolNames = new Set\(\[([\s\S]*?)\]\)/.exec(read('gateway/config.ts'))?.[1] ?? '';
  return ['FENGSUI_CONFIG', ...(list.match(/FENGSUI_[A-Z_]+/g) ?? [])];
}

/** Settings of the gateway that a text names. */
function named(text: string): string[] {
  const tools = new Set(toolNames());
  return [...new Set(text.match(/\bFENGSUI_[A-Z_]+[A-Z]\b/g) ?? [])]
    .filter((name) => !tools.has(name))
    .sort();
}

function packageScripts(): Record<string, string> {
  return (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
}
