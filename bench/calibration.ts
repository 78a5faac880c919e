// A fixed piece of work that says how fast this machine is now: integer arithmetic and reads from a memory that no cache
// holds, as the hot path has both. Never changed: its figure on the reference run stands in reference.json.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from './case.ts';

const referenceFile = join(import.meta.dirname, 'reference.json');
const wordsLog2 = 23;
const stepsPerRun = 4_000_000;
const runsWhole = 9;

export interface Reference {
  readonly machine: string;
  readonly calibrationNs: number;
}

/** CPU nanoseconds per step, median of several runs. */
export function calibrate(runs = runsWhole): number {
  const words = new Int32Array(2 ** wordsLog2);
  for (let i = 0; i < words.length; i += 1) words[i] = Math.imul(i, 0x9e3779b1);
  kernel(words, stepsPerRun); // compiled by now
  const figures: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage();
    kernel(words, stepsPerRun);
    const { user, system } = process.cpuUsage(before);
    figures.push(((user + system) * 1000) / stepsPerRun);
  }
  return Number(median(figures).toFixed(2));
}

export function readReference(): Reference {
  return JSON.parse(readFileSync(referenceFile, 'utf8')) as Reference;
}

export function writeReference(reference: Reference): void {
  writeFileSync(referenceFile, `${JSON.stringify(reference, null, 2)}\n`);
}

/** Eight dependent rounds of integer work, then a read and a write at a place that they chose. */
function kernel(words: Int32Array, steps: number): number {
  const mask = words.length - 1;
  let state = 0x2545f491;
  for (let step = 0; step < steps; step += 1) {
    for (let round = 0; round < 8; round += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    const at = state & mask;
    words[at] = (words[at]! + state) | 0;
  }
  return state;
}
