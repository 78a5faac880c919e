// Seeded fuzzing of the decoders: node --expose-gc gateway/test/fuzz/fuzz.ts TARGET SECONDS [SEED]
// Checks: nothing throws, every refusal has a known code, the heap of the second half is not that of the first and more.
// A finding prints seed and input (base64), so that it becomes a test. Exit code 1 on findings.

import { intakeRefusals } from '#gateway/protocol/refusals.ts';
import { SeededRandom } from '../faults/random.ts';
import { mutate } from './mutate.ts';
import { targets, type FuzzTarget } from './targets.ts';

/** What a run may hold on to: caches, compiled code and the engine's own. */
const heapGrowthMax = 16 * 1024 * 1024;
const findingsMax = 10;

interface Outcome {
  runs: number;
  readonly findings: string[];
  readonly reasons: Map<string, number>;
}

function runOnce(target: FuzzTarget, random: SeededRandom, outcome: Outcome): void {
  const { corpus, tokens } = target;
  const index = random.below(corpus.length);
  const bytes = mutate(corpus, index, tokens, random);
  // Mostly as what it was, at times as something else.
  const choice = random.isLikely(0.9) ? index : random.below(corpus.length);
  outcome.runs += 1;
  try {
    for (const reason of target.run(bytes, choice)) {
      outcome.reasons.set(reason, (outcome.reasons.get(reason) ?? 0) + 1);
      if (!Object.hasOwn(intakeRefusals, reason)) report(outcome, `unknown code ${reason}`, bytes, choice);
    }
  } catch (error) {
    report(outcome, `threw ${String(error)}`, bytes, choice);
  }
}

function report(outcome: Outcome, what: string, bytes: Uint8Array, choice: number): void {
  if (outcome.findings.length >= findingsMax) return;
  const input = Buffer.from(bytes).subarray(0, 4096).toString('base64');
  outcome.findings.push(`${what} · choice ${choice} · ${input}`);
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function main([name = '', secondsText = '10', seedText = '1']: readonly string[]): number {
  const make = Object.hasOwn(targets, name) ? targets[name] : undefined;
  const [seconds, seed] = [Number(secondsText), Number(seedText)];
  if (make === undefined || !(seconds > 0) || !Number.isInteger(seed)) {
    console.error(`usage: fuzz.ts ${Object.keys(targets).join('|')} SECONDS [SEED]`);
    return 2;
  }
  const target = make();
  const random = new SeededRandom(seed);
  const outcome: Outcome = { runs: 0, findings: [], reasons: new Map() };
  const runFor = (durationMs: number) => {
    const end = performance.now() + durationMs;
    while (performance.now() < end) for (let i = 0; i < 50; i += 1) runOnce(target, random, outcome);
  };
  runFor(seconds * 500);
  const halfway = heapUsed();
  runFor(seconds * 500);
  const growth = heapUsed() - halfway;
  if (globalThis.gc !== undefined && growth > heapGrowthMax)
    outcome.findings.push(`heap grew by ${growth} bytes`);
  const measured = globalThis.gc === undefined ? 'not measured (--expose-gc)' : `${growth} bytes`;
  console.log(`${name}: ${outcome.runs} runs in ${seconds} s, seed ${seed}, heap growth ${measured}`);
  for (const [reason, count] of [...outcome.reasons].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`  ${reason} ${count}`);
  for (const finding of outcome.findings) console.log(`FINDING ${finding}`);
  return outcome.findings.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
