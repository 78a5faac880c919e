// While nothing can be recorded, gas is still judged: a throw-away copy of the engine steps the readings, and what it
// raises is shown as 未记录, with sound, never as a case. The copy is dropped when there is room again; the readings
// were not acknowledged and come once more.

import { Engine } from '#alarms/engine/engine.ts';
import type { ConditionRaised } from '#alarms/rules/condition.ts';
import type { ReadingsFrame } from '#alarms/telemetry/frame.ts';

const noDigest = (): string => '';

export class UnrecordedCopy {
  private readonly engine: Engine;
  private sequence = 0;

  constructor(original: Engine) {
    this.engine = Engine.restore(structuredClone(original.snapshot()), noDigest);
  }

  step(frame: ReadingsFrame): readonly ConditionRaised[] {
    this.sequence += 1;
    if (frame.source >= this.engine.sources.size || frame.source < 0) return [];
    this.engine.step(this.sequence, { kind: 'readings', frame });
    return this.engine.raisedInLastStep();
  }
}

/** Does the record say that room is short? It may be long ago when the gateway starts again. */
export function isRoomAlarmUp({ fold }: Engine): boolean {
  return [...fold.alarms.values()].some(
    ({ rule, base }) => rule === 'SYS-ROOM' && (base === 'unacknowledged' || base === 'acknowledged'),
  );
}
