import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSameJson } from './same-json.ts';

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a value is the same as what its JSON gives back', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => isSameJson(copy(value), copy(copy(value)))));
  expect(isSameJson({ a: undefined, b: [{ c: 1 }] }, { b: [{ c: 1, d: undefined }] })).toBe(true);
});

test('two values are the same exactly when their JSON is', () => {
  const small = fc.jsonValue({ maxDepth: 2, noUnicodeString: true }).map(copy);
  fc.assert(
    fc.property(small, small, (a, b) => {
      expect(isSameJson(a, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test('one value changed, one name more, or another order anywhere makes the difference', () => {
  const documents = {
    sites: [{ id: 'a', kind: 'mine' }],
    rules: [{ limit: 1, ladder: [{ n: 1 }, { n: 2 }] }],
  };
  const differing = [
    { ...documents, times: null },
    { rules: documents.rules, sites: documents.sites },
    { ...documents, sites: [{ id: 'a', kind: 'face' }] },
    { ...documents, rules: [{ limit: 1, ladder: [{ n: 1 }, { n: 3 }] }] },
    { ...documents, rules: [{ limit: 1, ladder: [{ n: 1 }] }] },
    { ...documents, rules: { 0: documents.rules[0] } },
    null,
  ];
  for (const other of differing) {
    expect(isSameJson(documents, other)).toBe(false);
    expect(isSameJson(other, documents)).toBe(false);
  }
});
