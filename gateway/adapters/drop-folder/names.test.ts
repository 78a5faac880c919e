import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareNames, isBeingWritten, isMineFolder, parseFileName, systemOfFolder } from './names.ts';

const code = '150622004499';
const name = `${code}_CDSS_20261124080000.txt`;

test('names: what is an upload, what is being written, which is older', () => {
  expect(parseFileName(`${code}_RYSS_20261124080000.TXT`)).toEqual({
    mineCode: code,
    kind: 'RYSS',
    stamp: '20261124080000',
  });
  for (const each of [
    'a',
    `${code}_RYSS_2026.txt`,
    `../${name}`,
    `${name}.tmp`,
    `${code}__20261124080000.txt`,
  ]) {
    expect(parseFileName(each)).toBeNull();
  }
  for (const each of ['.hidden', 'a.tmp', 'a.PART', 'a.filepart', 'a~'])
    expect(isBeingWritten(each)).toBe(true);
  expect(isBeingWritten(name)).toBe(false);
});

test('the order of names is total: sorting any permutation gives the same', () => {
  const anyName = fc.oneof(
    fc
      .tuple(fc.stringMatching(/^\d{12}$/), fc.constantFrom('CDSS', 'RYSS'), fc.stringMatching(/^\d{14}$/))
      .map((parts) => `${parts.join('_')}.txt`),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(anyName), (names) => {
      expect(names.toReversed().toSorted(compareNames)).toEqual(names.toSorted(compareNames));
    }),
  );
});

test('folders: mines are ids and none of ours, systems are our words and those of the field', () => {
  expect(['sy-01', '150622004499', '某矿', 'done', 'rejected', '.git', '..'].filter(isMineFolder)).toEqual([
    'sy-01',
    '150622004499',
  ]);
  expect(['aqjk', 'jxry', 'slope', 'toString', 'AQJK'].map(systemOfFolder)).toEqual([
    'safety',
    'personnel',
    'slope',
    null,
    null,
  ]);
});
