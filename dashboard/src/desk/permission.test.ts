import { expect, test } from 'vitest';
import type { SiteNode } from '../stream/contract.ts';
import { isStageOpen, isWithin, rolesLacking } from './permission.ts';

const sites: readonly SiteNode[] = [
  { id: 'county', name: '县', kind: 'county' },
  { id: 'group', name: '集团', kind: 'group', parent: 'county' },
  { id: 'm1', name: '一矿', kind: 'mine', parent: 'group' },
  { id: 'm2', name: '二矿', kind: 'mine', parent: 'group' },
];

test('a role holds on the subtree of its site', () => {
  expect(isWithin(sites, 'm1', 'county')).toBe(true);
  expect(isWithin(sites, 'm1', 'm2')).toBe(false);
  expect(isWithin(sites, 'unknown', 'county')).toBe(false);
});

test('the roles needed are named when the person has none of them here', () => {
  const dispatcherAt = (site: string) => ({ grants: [{ role: 'dispatcher' as const, site }], sites });
  expect(rolesLacking(dispatcherAt('group'), 'ReceiveCase', 'm1')).toEqual([]);
  expect(rolesLacking(dispatcherAt('m2'), 'ReceiveCase', 'm1')).toEqual(['dispatcher', 'leader']);
  expect(rolesLacking(dispatcherAt('m1'), 'VerifyCase', 'm1')).toEqual(['verifier', 'leader', 'supervisor']);
});

test('stages open and close commands; responsibility may still be held after the verification', () => {
  expect(isStageOpen('DismissCase', 'handled')).toBe(true);
  expect(isStageOpen('DismissCase', 'handling')).toBe(false);
  expect(isStageOpen('RecordMeasure', 'verified')).toBe(false);
  expect(isStageOpen('RecordMeasure', 'verified', true)).toBe(true);
  expect(isStageOpen('AcknowledgeAlarm', 'archived')).toBe(true);
});
