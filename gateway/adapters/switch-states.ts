// Switches out of readings: which point took another state when. Shared by the histories, each of which remembers the
// changes it has and gives them back at a restart, so that the same readings always make the same changes. The rule:
// an accepted, usable reading of a switch, with a whole number that differs from the state of its newest change and a
// time after it, is a change. Readings that come late or twice change nothing. Knows no store.

import { unusableMask } from '#alarms/kernel/quality.ts';
import type { SwitchChangeReport } from '#alarms/telemetry/report.ts';

export interface SwitchFrame {
  readonly count: number;
  readonly slots: Uint32Array;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly status: Uint16Array;
  /** 0 = accepted. */
  readonly outcomes: Uint8Array;
}

export interface SwitchState {
  readonly time: number;
  readonly state: number;
}

export class SwitchStates {
  /** By slot; null = no switch. */
  private ids: readonly (string | null)[] = [];
  private readonly states = new Map<string, SwitchState>();

  /** The documents from here on; `stored`: the newest change that the store has of a switch. */
  configure(
    points: readonly { readonly id: string; readonly isSwitch: boolean }[],
    stored: (id: string) => SwitchState | null,
  ): void {
    const hasAny = points.some(({ isSwitch }) => isSwitch);
    this.ids = hasAny ? points.map(({ id, isSwitch }) => (isSwitch ? id : null)) : [];
    for (const id of this.ids) {
      if (id === null || this.states.has(id)) continue;
      const state = stored(id);
      if (state !== null) this.states.set(id, state);
    }
  }

  /** Forgets what it knows; `configure` comes next. */
  clear(): void {
    this.ids = [];
    this.states.clear();
  }

  /** A change that somebody else reported counts like one of our own. */
  reported({ point, time, state }: SwitchChangeReport): void {
    const known = this.states.get(point);
    if (known === undefined || time >= known.time) this.states.set(point, { time, state });
  }

  take(frame: SwitchFrame, tell: (change: SwitchChangeReport) => void): void {
    const { ids } = this;
    if (ids.length === 0) return;
    for (let i = 0; i < frame.count; i += 1) {
      const id = ids[frame.slots[i]!];
      if (id === null || id === undefined || frame.outcomes[i] !== 0) continue;
      const state = frame.values[i]! + 0;
      if (!Number.isInteger(state) || (frame.status[i]! & unusableMask) !== 0) continue;
      const time = frame.times[i]!;
      const known = this.states.get(id);
      if (known !== undefined && (known.state === state || time <= known.time)) continue;
      this.states.set(id, { time, state });
      tell({ point: id, time, state, previous: known?.state ?? null });
    }
  }
}
