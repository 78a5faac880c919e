// A snapshot of the rule engine: typed arrays by name, handed out by reference so that the caller copies them in one go,
// the samples of the windows, and a little plain data. It fits only an engine of the same points and rules. The names are of the checkpoint's
// format, not of the journal: an older checkpoint that does not fit is refused and the journal stepped again.

import { invariant } from '../kernel/result.ts';
import type { CountedAlarm } from './core.ts';
import type { EngineParts } from './engine-parts.ts';
import { HeldSamples } from './held-samples.ts';
import type { WindowLayout } from './windows.ts';

export type TypedArray = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array | Int8Array;

export interface EngineSnapshot {
  readonly arrays: Readonly<Record<string, TypedArray>>;
  readonly json: unknown;
}

/** The same, the samples of the windows still to be copied: at once, or piece by piece while the engine goes on. */
export interface EngineSnapshotInPieces extends EngineSnapshot {
  readonly late: Readonly<Record<string, HeldSamples>>;
}

/** What is restored may come back as any kind of column, from a file for one. */
export interface StoredSnapshot {
  readonly arrays: Readonly<Record<string, ArrayLike<number>>>;
  readonly json: unknown;
}

/** Infinity has no JSON: null. */
interface SnapshotJson {
  readonly clock: number | null;
  readonly hasBegun: boolean;
  readonly counted: readonly (readonly [number, readonly CountedAlarm[]])[];
  readonly judgedFrom: readonly (readonly [number, number])[];
  readonly countedDropped: number;
  readonly retired: readonly (readonly [string, number])[];
  readonly windows: WindowLayout;
}

const heldName = 'rules.held';

/** Every fixed-size array, under its name. */
function fixedArrays(engine: EngineParts): [string, TypedArray][] {
  const named = (group: string, arrays: object): [string, TypedArray][] =>
    Object.entries(arrays).map(([name, array]) => [`rules.${group}.${name}`, array as TypedArray]);
  return [
    ...named('accept', engine.accept.arrays),
    ...named('intrinsic', engine.intrinsic.arrays),
    ...named('state', engine.core.state),
    ...named('windows', engine.core.windows.arrays),
    ['rules.timers', engine.core.timers.wanted],
  ];
}

export function snapshotEngine(engine: EngineParts): EngineSnapshot {
  const { arrays, late, json } = snapshotInPieces(engine);
  const held = late[heldName]!;
  const samples = new Float64Array(held.length);
  held.copyOn(samples, samples.length);
  return { arrays: { ...arrays, [heldName]: samples }, json };
}

export function snapshotInPieces(engine: EngineParts): EngineSnapshotInPieces {
  const { core } = engine;
  const json: SnapshotJson = {
    clock: finiteOrNull(core.clock),
    hasBegun: core.hasBegun,
    counted: [...core.counted].map(([instance, alarms]) => [instance, alarms.map((alarm) => ({ ...alarm }))]),
    judgedFrom: [...core.judgedFrom],
    countedDropped: core.countedDropped,
    retired: [...engine.retiredRaises],
    windows: core.windows.layout(),
  };
  return {
    arrays: Object.fromEntries(fixedArrays(engine)),
    late: { [heldName]: new HeldSamples(core.windows) },
    json,
  };
}

export function restoreEngine(engine: EngineParts, snapshot: StoredSnapshot): void {
  const { core } = engine;
  for (const [name, target] of fixedArrays(engine)) {
    const source = snapshot.arrays[name];
    invariant(source !== undefined && source.length === target.length, `snapshot: ${name} does not fit`);
    target.set(source);
  }
  const held = snapshot.arrays[heldName];
  invariant(held !== undefined, 'snapshot: the windows are missing');
  // Written by snapshotEngine and protected by the checkpoint's own checksum.
  const json = snapshot.json as SnapshotJson;
  core.clock = json.clock ?? -Infinity;
  core.hasBegun = json.hasBegun;
  core.counted.clear();
  for (const [instance, alarms] of json.counted) {
    core.counted.set(
      instance,
      alarms.map((alarm) => ({ ...alarm })),
    );
  }
  core.judgedFrom.clear();
  for (const [instance, time] of json.judgedFrom) core.judgedFrom.set(instance, time);
  core.countedDropped = json.countedDropped;
  engine.retiredRaises = new Map(json.retired);
  core.windows.restore(held, json.windows);
  core.timers.rebuild();
}

function finiteOrNull(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}
