import { expect, test } from 'vitest';
import { listedNamesMax, listsPerSourceMax, SourceTable } from './sources.ts';

const name = (source: string) => ({ mine: 'm1', system: 'safety', source });

function tableOf(sources: number): SourceTable {
  const table = new SourceTable();
  for (let i = 0; i < sources; i += 1) table.add(i, name(`s${i}`));
  return table;
}

test('numbered lists of a source outlive a checkpoint, are replaced by number, and are nobody else’s', () => {
  const table = tableOf(2);
  table.bindList(0, 3, ['a', 'b']);
  table.bindList(0, 4, ['c']);
  table.bindList(0, 3, ['d']);
  const { arrays, json } = table.snapshot();
  const restored = new SourceTable();
  restored.restore(arrays, JSON.parse(JSON.stringify(json)));
  for (const one of [table, restored]) {
    expect([...one.listsOf(0)]).toEqual([
      [3, ['d']],
      [4, ['c']],
    ]);
    expect([...one.listsOf(1)]).toEqual([]);
  }
  expect(restored.snapshot().json).toEqual(json);
});

test('a checkpoint that is being written is not changed by a list bound meanwhile', () => {
  const table = tableOf(1);
  table.bindList(0, 1, ['a']);
  const { json } = table.snapshot();
  const before = JSON.stringify(json);
  table.bindList(0, 2, ['b']);
  table.bindList(0, 1, ['c']);
  expect(JSON.stringify(json)).toBe(before);
});

test('lists are bounded per source and, by their names, in all, also after a restart', () => {
  const table = tableOf(2);
  for (let list = 0; list < listsPerSourceMax; list += 1) table.bindList(0, list, ['a']);
  expect(table.mayBind(0, listsPerSourceMax, 1)).toBe(false);
  expect(table.mayBind(0, 0, 5)).toBe(true);
  const { arrays, json } = table.snapshot();
  const restored = new SourceTable();
  restored.restore(arrays, json);
  for (const one of [table, restored]) {
    expect(one.mayBind(1, 0, listedNamesMax - listsPerSourceMax)).toBe(true);
    expect(one.mayBind(1, 0, listedNamesMax - listsPerSourceMax + 1)).toBe(false);
    // A list in place of another needs only what it is longer.
    expect(one.mayBind(0, 0, listedNamesMax - listsPerSourceMax + 1)).toBe(true);
  }
});
