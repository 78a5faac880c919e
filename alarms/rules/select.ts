// Which points a selector means: all fields that are given must match; none given = every point.

import type { Point } from '../registry/site.ts';
import type { Selector } from './rule.ts';

export function selectorTest(select: Selector | undefined): (point: Point) => boolean {
  const tests: ((point: Point) => boolean)[] = [];
  const add = (wanted: readonly string[] | undefined, field: (point: Point) => string | undefined): void => {
    if (wanted === undefined) return;
    const set = new Set(wanted);
    tests.push((point) => {
      const value = field(point);
      return value !== undefined && set.has(value);
    });
  };
  add(select?.measurand, (point) => point.measurand);
  add(select?.points, (point) => point.id);
  add(select?.place, (point) => point.place);
  add(select?.placeType, (point) => point.placeType);
  add(select?.locationType, (point) => point.locationType);
  add(select?.mine, (point) => point.mine);
  return (point) => tests.every((test) => test(point));
}
