// When anything was last received, from any source: the age of the whole system's data. Null = nothing ever came.

import type { StreamState } from '../stream/state.ts';

export function newestReceived(state: StreamState): number | null {
  let newest = 0;
  for (const source of state.status?.sources ?? []) newest = Math.max(newest, source.lastReceived);
  for (const reading of state.values.values()) newest = Math.max(newest, reading.r);
  return newest === 0 ? null : newest;
}
