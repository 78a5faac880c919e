// Faults of a sender, composed by name: each stage takes the frames of one station in order and passes on what a faulty
// device would send. Seeded per station, so that a run can be had again; what changes stamps is pure in (station, frame)
// besides, so that the book's verifier knows the stamps without having kept them.

import { hashUnit } from '../random.ts';
import type { MadeFrame } from './frame-writer.ts';
import { brokenFrames, type BrokenFrame } from './broken.ts';

/** A frame on its way. */
export interface Outgoing {
  readonly made: MadeFrame;
  readonly sequence: number;
  readonly shiftMs: number;
  /** Sent once more after itself, as the same packet with DUP set. */
  readonly isResent: boolean;
  /** Something else goes out instead, made from the frame; it is no part of the book. */
  readonly broken: BrokenFrame | null;
}

export interface Stage {
  /** What comes out when this one goes in. */
  push(outgoing: Outgoing): readonly Outgoing[];
  /** What is still held, at the end. */
  flush(): readonly Outgoing[];
}

/** Milliseconds that the stamps of a frame were moved by. */
export type ShiftOf = (station: number, frame: number) => number;

export const noShift: ShiftOf = () => 0;

export const stageNames = ['disorder', 'duplicates', 'clock-skew', 'gaps', 'stale', 'broken'] as const;
export type StageName = (typeof stageNames)[number];

/** Frames that are held to be mixed. */
const disorderDepth = 8;
const duplicateShare = 0.1;
const gapShare = 0.05;
const staleShare = 0.05;
const brokenShare = 0.1;
/** A clock is off by up to this, backwards: ahead of the gateway's it would be pulled back, and drifts on at 50 ppm. */
const skewMaxMs = 20_000;
const skewDriftPerFrameMs = 0.05;
/** Stale readings are of another hour, and of no other reading's millisecond while a period is more than one. */
const staleMs = 6 * 3_600_000 + 1;

export function isStageName(name: string): name is StageName {
  return (stageNames as readonly string[]).includes(name);
}

export function composeStages(names: readonly StageName[], seed: number, station: number): Stage {
  return new Chain(names.map((name, place) => makeStage(name, seed, `${place} ${name} ${station}`, station)));
}

/** Of all stages in the order given; undefined when none changes a stamp. */
export function shiftOfStages(names: readonly StageName[], seed: number): ShiftOf | undefined {
  const shifts = names.flatMap((name, place): ShiftOf[] => {
    if (name === 'clock-skew')
      return [(station, frame) => skewOf(seed, `${place} ${name} ${station}`, frame)];
    if (name === 'stale') return [(station, frame) => staleOf(seed, `${place} ${name} ${station}`, frame)];
    return [];
  });
  if (shifts.length === 0) return undefined;
  return (station, frame) => shifts.reduce((sum, shift) => sum + shift(station, frame), 0);
}

function makeStage(name: StageName, seed: number, key: string, station: number): Stage {
  const chance = (frame: number) => hashUnit(seed, key, frame);
  switch (name) {
    case 'disorder':
      return new Disorder(seed, key);
    case 'duplicates':
      return each((outgoing) => {
        if (outgoing.broken !== null || chance(outgoing.made.frame) >= duplicateShare) return [outgoing];
        // By turns: the network's repetition, the device's own, and both.
        const kind = Math.floor(hashUnit(seed, `${key} kind`, outgoing.made.frame) * 3);
        const first = { ...outgoing, isResent: kind !== 1 };
        return kind === 0 ? [first] : [first, { ...outgoing, isResent: false }];
      });
    case 'clock-skew':
      return each((outgoing) => [
        { ...outgoing, shiftMs: outgoing.shiftMs + skewOf(seed, key, outgoing.made.frame) },
      ]);
    case 'gaps':
      return each((outgoing) => (chance(outgoing.made.frame) < gapShare ? [] : [outgoing]));
    case 'stale':
      return each((outgoing) => [
        { ...outgoing, shiftMs: outgoing.shiftMs + staleOf(seed, key, outgoing.made.frame) },
      ]);
    case 'broken':
      return each((outgoing) => {
        if (chance(outgoing.made.frame) >= brokenShare) return [outgoing];
        const at = Math.floor(hashUnit(seed, `${key} kind`, outgoing.made.frame) * brokenFrames.length);
        const broken = brokenFrames[(at + station) % brokenFrames.length]!;
        return [{ ...outgoing, isResent: false, broken }, outgoing];
      });
  }
}

function skewOf(seed: number, key: string, frame: number): number {
  return -Math.floor(hashUnit(seed, key, 0) * skewMaxMs + frame * skewDriftPerFrameMs);
}

function staleOf(seed: number, key: string, frame: number): number {
  return hashUnit(seed, key, frame) < staleShare ? -staleMs : 0;
}

function each(push: Stage['push']): Stage {
  return { push, flush: () => [] };
}

class Disorder implements Stage {
  private readonly held: Outgoing[] = [];
  private readonly seed: number;
  private readonly key: string;
  private drawn = 0;

  constructor(seed: number, key: string) {
    this.seed = seed;
    this.key = key;
  }

  push(outgoing: Outgoing): readonly Outgoing[] {
    this.held.push(outgoing);
    return this.held.length < disorderDepth ? [] : [this.draw()];
  }

  flush(): readonly Outgoing[] {
    return Array.from({ length: this.held.length }, () => this.draw());
  }

  private draw(): Outgoing {
    this.drawn += 1;
    const at = Math.floor(hashUnit(this.seed, this.key, this.drawn) * this.held.length);
    return this.held.splice(at, 1)[0]!;
  }
}

class Chain implements Stage {
  private readonly stages: readonly Stage[];

  constructor(stages: readonly Stage[]) {
    this.stages = stages;
  }

  push(outgoing: Outgoing): readonly Outgoing[] {
    return this.through(0, [outgoing]);
  }

  flush(): readonly Outgoing[] {
    return this.stages.flatMap((stage, index) => this.through(index + 1, stage.flush()));
  }

  private through(from: number, outgoing: readonly Outgoing[]): readonly Outgoing[] {
    let passing = outgoing;
    for (let index = from; index < this.stages.length; index += 1)
      passing = passing.flatMap((one) => this.stages[index]!.push(one));
    return passing;
  }
}
