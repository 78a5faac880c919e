// Refused input: counted by reason for ever, sampled into a short list for the screen, and readings of unknown
// points kept (journalled) up to a bound. One bad sender cannot fill anything: samples per source are limited.

import { intakeRefusals, type IntakeRefusal } from '../protocol/refusals.ts';
import type { QuarantineSample } from '../protocol/stream.ts';

/** Samples kept for the screen; the oldest goes first. */
const samplesMax = 200;
/** New samples of one source in one second; a flood of bad frames shows as a counter, not as a list. */
const samplesPerSourceAndSecond = 5;
/** Characters of the payload shown: enough to see what the sender does wrong. */
const sampleLength = 160;

export class Quarantine {
  private readonly counts = new Map<IntakeRefusal, number>();
  private readonly perSource = new Map<string, number>();
  private readonly recent: QuarantineSample[] = [];
  private fresh: QuarantineSample[] = [];
  private sampleSecond = 0;
  private sampledThisSecond = new Map<string, number>();

  refuse(
    reason: IntakeRefusal,
    count: number,
    topic: string,
    source: string,
    now: number,
    sample: () => string,
  ): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
    if (this.perSource.size < 50_000 || this.perSource.has(source)) {
      this.perSource.set(source, (this.perSource.get(source) ?? 0) + count);
    }
    if (!this.maySample(source, now)) return;
    const text = intakeRefusals[reason];
    const entry: QuarantineSample = {
      at: now,
      topic: topic.slice(0, 200),
      source: source.slice(0, 100),
      reason,
      zh: text.zh,
      en: text.en,
      sample: sample().slice(0, sampleLength),
    };
    this.recent.push(entry);
    if (this.recent.length > samplesMax) this.recent.shift();
    this.fresh.push(entry);
    if (this.fresh.length > samplesMax) this.fresh.shift();
  }

  refusedBy(source: string): number {
    return this.perSource.get(source) ?? 0;
  }

  byReason(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  samples(): readonly QuarantineSample[] {
    return this.recent;
  }

  /** Samples that came since the last call. */
  takeFresh(): readonly QuarantineSample[] {
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  private maySample(source: string, now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.sampleSecond) {
      this.sampleSecond = second;
      this.sampledThisSecond = new Map();
    }
    const taken = this.sampledThisSecond.get(source) ?? 0;
    if (taken >= samplesPerSourceAndSecond || this.sampledThisSecond.size > 1000) return false;
    this.sampledThisSecond.set(source, taken + 1);
    return true;
  }
}
