// *Room*: what the journal does as the disk fills up. Pure: facts in, state and decision out. In order: an alarm
// (low); embedded history pauses and checkpointed segments go although nobody has projected them (sacrificing);
// acknowledging stops (full), only when the reserve is used up. Each state is left a little later than it was
// entered, so that it does not flutter.

import type { RoomState } from '#alarms/engine/input.ts';

export interface RoomFacts {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly spareSegments: number;
  readonly activeBytesLeft: number;
  readonly isHeld: boolean;
  readonly isGrowthRefused: boolean;
}

export const roomShares = {
  lowBelow: 0.1,
  lowUntil: 0.11,
  sacrificingBelow: 0.05,
  sacrificingUntil: 0.06,
} as const;

/** Kept of the last segment for the record that says that the journal is full. */
export const fullHeadroomBytes = 64 * 1024;

export function nextRoomState(before: RoomState, facts: RoomFacts): RoomState {
  if (isReserveUsedUp(before, facts)) return 'full';
  const share = facts.totalBytes === 0 ? 0 : facts.freeBytes / facts.totalBytes;
  const wasSacrificing = before === 'sacrificing' || before === 'full';
  if (share < (wasSacrificing ? roomShares.sacrificingUntil : roomShares.sacrificingBelow))
    return 'sacrificing';
  return share < (before === 'ok' ? roomShares.lowBelow : roomShares.lowUntil) ? 'low' : 'ok';
}

/** Left only when a whole segment can be had again: the rest of the last one is not enough to go on. */
function isReserveUsedUp(before: RoomState, facts: RoomFacts): boolean {
  if (facts.isHeld) return true;
  if (facts.spareSegments > 0 || !facts.isGrowthRefused) return false;
  return before === 'full' || facts.activeBytesLeft < fullHeadroomBytes;
}

export interface SacrificeFacts {
  /** End of the oldest segment that is not being written; null when there is none. */
  readonly oldestEnd: number | null;
  readonly checkpointed: number;
}

/** Position up to which the journal must go now, one segment at a time; null: nothing goes. */
export function sacrificeUpTo(state: RoomState, facts: SacrificeFacts): number | null {
  switch (state) {
    case 'ok':
    case 'low':
      return null;
    case 'sacrificing':
    case 'full':
      return facts.oldestEnd !== null && facts.oldestEnd <= facts.checkpointed ? facts.oldestEnd : null;
  }
}
