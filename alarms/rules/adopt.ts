// After a recovery that differed from the record: the numbers of alarms become those of the record, and what is up is
// listed so that the record can be brought in line with it. States, timers and windows stay as the inputs made them.

import type { ConditionRaised, NumberOf, StandingCondition } from './condition.ts';
import { type Core, isUp, peakOf } from './core.ts';
import type { EngineParts } from './engine-parts.ts';
import { raisedCondition } from './machine.ts';
import { counterKey } from './program.ts';

interface Renumbering {
  readonly before: number;
  readonly after: number;
  readonly isUp: boolean;
}

/** `recorded`: every (rule, scope) that ever had a number. */
export function adoptNumbers(
  engine: EngineParts,
  numberOf: NumberOf,
  recorded: Iterable<readonly [rule: string, scope: string]>,
): void {
  const { core, program } = engine;
  const { raises } = core.state;
  const counters = program.counterKeys.map((key) => ({ key, isUp: false }));
  for (let instance = 0; instance < program.instances; instance += 1) {
    if (isUp(core, instance)) counters[program.counter[instance]!]!.isUp = true;
  }
  const renumbered = new Map<string, Renumbering>();
  for (const [counter, { key, isUp }] of counters.entries()) {
    const [rule, scope] = key.split('\u0000') as [string, string];
    const before = raises[counter]!;
    const after = numberOf(rule, scope, isUp);
    raises[counter] = after;
    if (before !== after) renumbered.set(key, { before, after, isUp });
  }
  if (renumbered.size > 0) renumberCounted(core, renumbered);
  engine.intrinsic.adoptNumbers(numberOf);
  const present = new Set(program.counterKeys);
  engine.retiredRaises = new Map();
  for (const [rule, scope] of recorded) {
    const key = counterKey(rule, scope);
    if (!present.has(key)) engine.retiredRaises.set(key, numberOf(rule, scope, false));
  }
}

/** What occurrences have counted keeps counting; one that the record never had bears no number that will be given. */
function renumberCounted(core: Core, renumbered: ReadonlyMap<string, Renumbering>): void {
  for (const alarms of core.counted.values()) {
    for (const [at, alarm] of alarms.entries()) {
      const change = renumbered.get(alarm.key);
      if (change === undefined) continue;
      const { before, after, isUp } = change;
      if (isUp && alarm.end === null && alarm.n === before) alarms[at] = { ...alarm, n: after };
      else if (alarm.n > after || (isUp && alarm.n === after)) alarms[at] = { ...alarm, n: 0 };
    }
  }
}

export function standingConditions(engine: EngineParts, now: number): StandingCondition[] {
  const { core, program } = engine;
  const { knownAt, unknown } = core.state;
  const standing: StandingCondition[] = [];
  for (let instance = 0; instance < program.instances; instance += 1) {
    if (!isUp(core, instance)) continue;
    const isUnknown = unknown[instance] === 1;
    const unknownAt = isUnknown ? knownAt[instance]! + program.gapMs[instance]! : null;
    standing.push({ condition: conditionOf(core, instance), unknownAt });
  }
  for (const condition of engine.intrinsic.standing(now)) standing.push({ condition, unknownAt: null });
  return standing;
}

/** What was compared when it was raised is not kept; of a threshold it is the value, whose peak is. */
function conditionOf(core: Core, instance: number): ConditionRaised {
  const { rule } = core.program.versions[core.program.version[instance]!]!;
  const quantity = rule.kind === 'threshold' ? (peakOf(core, instance)?.value ?? null) : null;
  return raisedCondition(core, instance, quantity);
}
