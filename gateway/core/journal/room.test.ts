import { describe, expect, test } from 'vitest';
import type { RoomState } from '#alarms/engine/input.ts';
import { fullHeadroomBytes, nextRoomState, sacrificeUpTo } from './room.ts';
import type { RoomFacts } from './room.ts';

const plenty: RoomFacts = {
  freeBytes: 500,
  totalBytes: 1000,
  spareSegments: 16,
  activeBytesLeft: 10 * fullHeadroomBytes,
  isHeld: false,
  isGrowthRefused: false,
};
const noReserve = { spareSegments: 0, isGrowthRefused: true };

const states: readonly (readonly [string, RoomState, Partial<RoomFacts>, RoomState])[] = [
  ['half of the disk is free', 'ok', {}, 'ok'],
  ['exactly a tenth is free', 'ok', { freeBytes: 100 }, 'ok'],
  ['less than a tenth is free', 'ok', { freeBytes: 99 }, 'low'],
  ['low ends only above 11 %', 'low', { freeBytes: 109 }, 'low'],
  ['low ends at 11 %', 'low', { freeBytes: 110 }, 'ok'],
  ['exactly a twentieth is free', 'low', { freeBytes: 50 }, 'low'],
  ['less than a twentieth is free', 'low', { freeBytes: 49 }, 'sacrificing'],
  ['from ok straight below a twentieth', 'ok', { freeBytes: 10 }, 'sacrificing'],
  ['sacrificing ends only above 6 %', 'sacrificing', { freeBytes: 59 }, 'sacrificing'],
  ['sacrificing ends at 6 %, still low', 'sacrificing', { freeBytes: 60 }, 'low'],
  ['no byte is free but the reserve is whole', 'sacrificing', { freeBytes: 0 }, 'sacrificing'],
  ['a batch is held', 'sacrificing', { freeBytes: 0, isHeld: true }, 'full'],
  ['a batch is held though the disk looks free', 'ok', { isHeld: true }, 'full'],
  ['the last spare is in use, with room in it', 'sacrificing', { freeBytes: 0, ...noReserve }, 'sacrificing'],
  [
    'the last spare is in use, and only the headroom left',
    'sacrificing',
    { freeBytes: 0, ...noReserve, activeBytesLeft: fullHeadroomBytes - 1 },
    'full',
  ],
  ['full lasts while no segment can be had', 'full', { freeBytes: 0, ...noReserve }, 'full'],
  [
    'full ends with a spare',
    'full',
    { freeBytes: 0, spareSegments: 1, isGrowthRefused: true },
    'sacrificing',
  ],
  ['full ends when the disk lets the reserve grow', 'full', { freeBytes: 300, spareSegments: 0 }, 'ok'],
  ['a disk of unknown size is not called free', 'ok', { freeBytes: 0, totalBytes: 0 }, 'sacrificing'],
];

describe('the state of room', () => {
  test.each(states)('when %s: from %s', (_, before, facts, expected) => {
    expect(nextRoomState(before, { ...plenty, ...facts })).toBe(expected);
  });

  test.each([
    ['ok keeps everything', 'ok', 800, 900, null],
    ['low keeps everything', 'low', 800, 900, null],
    ['sacrificing gives the oldest segment that is checkpointed', 'sacrificing', 800, 800, 800],
    ['full gives it too', 'full', 800, 900, 800],
    ['nothing goes that is not checkpointed', 'full', 800, 799, null],
    ['the segment being written never goes', 'full', null, 900, null],
  ] as const)('%s', (_, state, oldestEnd, checkpointed, expected) => {
    expect(sacrificeUpTo(state, { oldestEnd, checkpointed })).toBe(expected);
  });
});
