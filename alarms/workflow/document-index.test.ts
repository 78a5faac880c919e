// Look-ups of the workflow: versions of rules, the site tree, and answers where documents are silent.

import { describe, expect, test } from 'vitest';
import type { Rule } from '../rules/rule.ts';
import { worldDocuments } from '../test/case-world.ts';
import { DocumentIndex } from './document-index.ts';

describe('the document index', () => {
  const index = new DocumentIndex(worldDocuments);

  test('a role on a subtree holds on the mines in it and nowhere else', () => {
    expect(index.isWithin('M1', 'M1')).toBe(true);
    expect(index.isWithin('M1', 'K')).toBe(true);
    expect(index.isWithin('M1', 'P')).toBe(true);
    expect(index.isWithin('M2', 'K')).toBe(false);
    expect(index.isWithin('K', 'M1')).toBe(false);
    expect(index.isWithin('M9', 'P')).toBe(false);
  });

  test('a cycle in the tree ends', () => {
    const sites = [
      { id: 'X', name: 'X', kind: 'county', parent: 'Y' },
      { id: 'Y', name: 'Y', kind: 'city', parent: 'X' },
    ] as const;
    expect(new DocumentIndex({ ...worldDocuments, sites }).isWithin('X', 'P')).toBe(false);
  });

  test('a rule is the newest version in force; before the first, the first', () => {
    const version = (inForceFrom: number, gapS: number): Rule => ({
      id: 'R',
      kind: 'status',
      any: 1,
      level: 'blue',
      inForceFrom,
      gapS,
    });
    const rules = [version(200, 2), version(100, 1)];
    const versions = new DocumentIndex({ ...worldDocuments, rules });
    expect([50, 100, 199, 200].map((at) => versions.rule('R', at)?.gapS)).toEqual([1, 1, 1, 2]);
    expect(versions.rule('S', 100)).toBeUndefined();
  });

  test('the gap is the rule’s, else the point’s; a place has none', () => {
    expect(index.gapMs('GAS-01', 'A1', 0)).toBe(30_000);
    expect(index.gapMs('GAS-01', 'P1', 0)).toBeNull();
  });

  test('every scope knows its mine', () => {
    expect(['A1', 'P3', 'M1', '?'].map((scope) => index.mineOf(scope))).toEqual([
      'M1',
      'M2',
      'M1',
      undefined,
    ]);
    expect(index.mines()).toEqual(['M1', 'M2']);
  });
});
