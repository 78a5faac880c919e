// What becomes of files whose fate is known, through the drop folder on a real temp folder.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Core, acknowledge, body, nameAt, settle, textOf, useDropKit } from './testing/drop-kit.ts';

const { dropFolder, folderOf, kept, put, time } = useDropKit();

test('keeps both files of one name', async () => {
  const core = new Core();
  core.decide = acknowledge;
  const folder = dropFolder(core);
  for (const content of ['1||', '2||', '3||']) {
    put(nameAt(1), content);
    await settle(folder);
  }
  const names = kept('done', '2026-11-24');
  const contents = names.map((name) =>
    readFileSync(path.join(folderOf(), 'done', '2026-11-24', name), 'utf8'),
  );
  expect(contents.toSorted()).toEqual(['1||', '2||', '3||']);
});

test('a file that was acknowledged but not moved before the end is handed on again at the next start', async () => {
  const blocked = path.join(folderOf(), 'done');
  writeFileSync(blocked, 'in the way');
  const first = new Core();
  first.decide = acknowledge;
  put(nameAt(1));
  const killed = dropFolder(first);
  await settle(killed);
  await settle(killed);
  expect(first.messages).toHaveLength(1);
  await killed.close();

  rmSync(blocked);
  const second = new Core();
  second.decide = acknowledge;
  await settle(dropFolder(second));
  expect(second.messages.map(textOf)).toEqual([body]);
  expect(kept('done', '2026-11-24')).toEqual([nameAt(1)]);
});

test('without a way into done it hands no file on twice, tries again, and holds up no other mine', async () => {
  const blocked = path.join(folderOf(), 'done');
  writeFileSync(blocked, 'in the way');
  const core = new Core();
  core.decide = acknowledge;
  for (let second = 0; second < 40; second += 1) {
    put(nameAt(second));
    put(nameAt(second), body, folderOf('sy-02'));
  }
  const folder = dropFolder(core);
  for (let n = 0; n < 20; n += 1) {
    time.now += 100;
    await settle(folder);
  }
  const taken = (mine: string): number =>
    core.messages.filter(({ topic }) => topic.split('/')[2] === mine).length;
  expect(taken('sy-02')).toBe(40);
  // Stops soon after the bound of files that cannot be moved: those in the core by then still come.
  expect(taken('sy-01')).toBeGreaterThanOrEqual(16);
  expect(taken('sy-01')).toBe(folder.status().unmovedFiles);
  expect(folder.status().lastError).toContain('is in the way');
  expect(folder.status().totals.movesFailed).toBeGreaterThan(0);

  rmSync(blocked);
  time.now += 60_000;
  await settle(folder);
  await settle(folder);
  expect(taken('sy-01')).toBe(40);
  expect(kept('done', '2026-11-24')).toHaveLength(40);
  expect(folder.status()).toMatchObject({ unmovedFiles: 0, lastError: '' });
});

test('does not follow a link that was put in the place of done', async () => {
  const outside = mkdtempSync(path.join(tmpdir(), 'outside-'));
  symlinkSync(outside, path.join(folderOf(), 'done'));
  const core = new Core();
  core.decide = acknowledge;
  put(nameAt(1));
  await settle(dropFolder(core));
  expect(readdirSync(outside)).toEqual([]);
  expect(existsSync(path.join(folderOf(), nameAt(1)))).toBe(true);
  rmSync(outside, { recursive: true });
});

test('a file that its sender takes away after the acknowledgement is no fault', async () => {
  const core = new Core();
  const file = put(nameAt(1));
  const folder = dropFolder(core);
  await settle(folder);
  rmSync(file);
  core.messages[0]?.acknowledge();
  await folder.idle();
  expect(folder.status()).toMatchObject({ unmovedFiles: 0, heldFiles: 0 });
  expect(folder.status().totals.movesFailed).toBe(0);
});

test('days of done are those of the mines, and old ones are removed', async () => {
  const core = new Core();
  core.decide = acknowledge;
  const folder = dropFolder(core);
  time.now = Date.UTC(2026, 10, 24, 16, 30);
  put(nameAt(1));
  await settle(folder);
  expect(kept('done')).toEqual(['2026-11-25']);
  mkdirSync(path.join(folderOf(), 'done', 'by-hand'));
  time.now += 7 * 86_400_000;
  await settle(folder);
  expect(kept('done')).toEqual(['2026-11-25', 'by-hand']);
  time.now += 86_400_000;
  await settle(folder);
  expect(kept('done')).toEqual(['by-hand']);
  expect(folder.status().totals.pruned).toBe(1);
});

test('rejected files are removed when they are old', async () => {
  const core = new Core();
  const folder = dropFolder(core, { fileBytesMax: 10 });
  time.now = Date.now();
  put(nameAt(1));
  await settle(folder);
  expect(kept('rejected')).toHaveLength(2);
  time.now += 31 * 86_400_000;
  await settle(folder);
  expect(kept('rejected')).toEqual([]);
});
