import { describe, expect, it } from 'vitest';
import type { SiteNode } from '#alarms/registry/site.ts';
import { isVisible, scopeOf } from './scope.ts';

const sites: SiteNode[] = [
  { id: 'p', name: '省', kind: 'province' },
  { id: 'c', name: '县', kind: 'county', parent: 'p' },
  { id: 'm1', name: '一矿', kind: 'mine', parent: 'c' },
  { id: 'm2', name: '二矿', kind: 'mine', parent: 'p' },
];

describe('the scope of a person', () => {
  it('is the mines under the sites of all grants', () => {
    const table: [grants: string[], mines: string[], isWhole: boolean][] = [
      [['p'], ['m1', 'm2'], true],
      [['c'], ['m1'], false],
      [['m2'], ['m2'], false],
      [['c', 'm2'], ['m1', 'm2'], true],
      [['nowhere'], [], false],
      [[], [], false],
    ];
    for (const [grants, mines, isWhole] of table) {
      const scope = scopeOf(
        grants.map((site) => ({ role: 'leader', site })),
        sites,
      );
      expect([[...scope.mines], scope.isWhole]).toEqual([mines, isWhole]);
      expect(isVisible(scope, '')).toBe(true);
      expect(isVisible(scope, 'm1')).toBe(mines.includes('m1'));
    }
  });

  it('ends on a tree whose parents go round', () => {
    const ring: SiteNode[] = [
      { id: 'a', name: 'a', kind: 'group', parent: 'b' },
      { id: 'b', name: 'b', kind: 'group', parent: 'a' },
    ];
    expect([...scopeOf([{ role: 'wall', site: 'z' }], ring).sites]).toEqual([]);
    expect([...scopeOf([{ role: 'wall', site: 'a' }], ring).sites]).toEqual(['a', 'b']);
  });
});
