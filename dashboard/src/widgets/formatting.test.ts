import { describe, expect, test } from 'vitest';
import {
  decimalsOf,
  formatAge,
  formatBytes,
  formatClock,
  formatDate,
  formatLength,
  formatMoment,
  formatNumber,
  formatShort,
  unitText,
  weekday,
  withoutCode,
} from './formatting.ts';

const at = Date.UTC(2026, 2, 18, 6, 32, 8);

describe('numbers', () => {
  test('methane has two decimals, CO none, temperature one', () => {
    expect(formatNumber(1.864, decimalsOf('CH4'))).toBe('1.86');
    expect(formatNumber(6.4, decimalsOf('CO'))).toBe('6');
    expect(formatNumber(34.62, decimalsOf('temperature'))).toBe('34.6');
  });

  test('thousands are parted by a thin space, only left of the point', () => {
    expect(formatNumber(1284, 0)).toBe('1\u2009284');
    expect(formatNumber(1234567.1234, 4)).toBe('1\u2009234\u2009567.1234');
  });

  test('minus is a true minus, and never stands before a rounded zero', () => {
    expect(formatNumber(-0.06, 2)).toBe('−0.06');
    expect(formatNumber(-0.001, 2)).toBe('0.00');
  });

  test('a limit shows the places it has', () => {
    expect(formatShort(1.5)).toBe('1.5');
    expect(formatShort(34)).toBe('34');
    expect(formatShort(0.1 + 0.2)).toBe('0.3');
  });

  test('units are written as people write them', () => {
    expect(unitText('%CH4')).toBe('%CH₄');
    expect(unitText('m/s')).toBe('m/s');
  });

  test('sizes go by 1024', () => {
    expect(formatBytes(512)).toBe('512 B');
    expect(formatBytes(20 * 1024 * 1024)).toBe('20.0 MiB');
  });
});

describe('ages', () => {
  test.each([
    [-5, '0 秒', '0 s'],
    [2_400, '2 秒', '2 s'],
    [380_000, '6 分 20 秒', '6 min 20 s'],
    [360_000, '6 分', '6 min'],
    [18 * 60_000 + 59_000, '18 分', '18 min'],
    [5 * 3_600_000 + 10 * 60_000, '5 时 10 分', '5 h 10 min'],
    [6 * 86_400_000 + 3_600_000, '6 日', '6 d'],
  ])('%i ms is %s', (ms, zh, en) => {
    expect(formatAge(ms, 'zh')).toBe(zh);
    expect(formatAge(ms, 'en')).toBe(en);
  });

  test('a running length is m:ss, then h:mm:ss', () => {
    expect(formatLength(46_000)).toBe('0:46');
    expect(formatLength(733_000)).toBe('12:13');
    expect(formatLength(4_082_000)).toBe('1:08:02');
  });
});

describe('times', () => {
  test('the clock is that of the mine, whatever zone the desk is in', () => {
    expect(formatClock(at)).toBe('14:32:08');
    expect(formatDate(at)).toBe('2026-03-18');
    expect(weekday(at, 'zh')).toBe('周三');
    expect(weekday(at, 'en')).toBe('Wed');
  });

  test('another day shows its date', () => {
    expect(formatMoment(at, at + 60_000)).toBe('14:32:08');
    expect(formatMoment(at, at + 86_400_000)).toBe('03-18 14:32:08');
  });
});

test('a name without the code of its source at the end; one that is nothing else stays', () => {
  expect(withoutCode('上隅角甲烷 T0 (MM261)')).toBe('上隅角甲烷 T0');
  expect(withoutCode('牵引方向（1 左 0 右） (F_SIDE)')).toBe('牵引方向（1 左 0 右）');
  expect(withoutCode('CO（备用）支架')).toBe('CO（备用）支架');
  expect(withoutCode('(MM261)')).toBe('(MM261)');
});
