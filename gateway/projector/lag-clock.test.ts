import { describe, expect, it } from 'vitest';
import { LagClock, type LagLook } from './lag-clock.ts';

const look = (committed: number, durable: number, steady: number, newestInputAt = 0): LagLook => ({
  committed,
  durable,
  steady,
  newestInputAt,
  now: 1_000_000 + steady,
});

describe('the lag of a lane', () => {
  it('is nothing when caught up, and after a quiet minute only the time since something new came', () => {
    const lag = new LagClock();
    expect(lag.read(look(100, 100, 0))).toBe(0);
    expect(lag.read(look(100, 100, 60_000))).toBe(0);
    expect(lag.read(look(100, 200, 60_010))).toBe(0);
    expect(lag.read(look(100, 300, 60_050))).toBe(40);
    expect(lag.read(look(300, 300, 60_060))).toBe(0);
  });

  it('is the wait of the group under steady load, not the time since it was last level with the journal', () => {
    const lag = new LagClock();
    lag.read(look(0, 0, 0));
    let most = 0;
    let committed = 0;
    for (let steady = 10; steady < 600_000; steady += 10) {
      // A group each second; the journal is always a little ahead.
      if (steady % 1_000 === 0) committed = steady - 10;
      most = Math.max(most, lag.read(look(committed, steady, steady)));
    }
    expect(most).toBeGreaterThanOrEqual(900);
    expect(most).toBeLessThanOrEqual(1_110);
  });

  it('grows while nothing is committed, for hours, in bounded memory', () => {
    const lag = new LagClock();
    lag.read(look(0, 0, 0));
    let last = 0;
    for (let steady = 100; steady <= 7_200_000; steady += 100) last = lag.read(look(0, steady, steady));
    expect(last).toBe(7_200_000 - 100);
  });

  it('is the age of the newest input while a backlog of before the start is worked off', () => {
    const lag = new LagClock();
    expect(lag.read(look(0, 1_000, 0, 1_000_000 - 3_600_000))).toBe(3_600_000);
    expect(lag.read(look(500, 1_500, 1_000, 1_000_000 - 1_000))).toBe(2_000);
    expect(lag.read(look(1_200, 2_000, 1_200))).toBeLessThanOrEqual(200);
  });

  it('never is negative when the clock is set back', () => {
    const lag = new LagClock();
    expect(lag.read(look(0, 10, 0, 5_000_000))).toBe(0);
  });
});
