// Counters of one thread in shared memory: the owner adds, serving reads them for /metrics and the screens.
// The list of names is fixed at compile time, so that labels stay bounded. Plain adds: one writer per counter.

export const coreCounters = [
  'frames',
  'readings',
  'readingsAccepted',
  'readingsDuplicate',
  'readingsLate',
  'readingsClockAhead',
  'framesDuplicate',
  'framesRefused',
  'readingsRefused',
  'readingsQuarantined',
  'bytesReceived',
  'batches',
  'batchBytes',
  'events',
  'commands',
  'commandsRefused',
  'acknowledgements',
  'acknowledgementsDropped',
  'intakePauses',
  'checkpoints',
  'checkpointPauseUs',
  'checkpointFailures',
  'ticks',
  'connections',
  'connectionsRefused',
  'brokerSessionsNew',
  'brokerSubscriptionsRefused',
  'brokerDisconnects',
  'unrecordedFrames',
  'uploads',
  'uploadsDuplicate',
  'uploadsOutdated',
  'definitions',
  'reports',
  'segmentsSacrificed',
] as const;

export type CoreCounter = (typeof coreCounters)[number];

export class Counters<Name extends string> {
  readonly memory: SharedArrayBuffer;
  private readonly cells: Float64Array;
  private readonly indexes: ReadonlyMap<Name, number>;

  constructor(names: readonly Name[], memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(names.length * 8);
    this.cells = new Float64Array(this.memory);
    this.indexes = new Map(names.map((name, i) => [name, i]));
  }

  add(name: Name, amount = 1): void {
    const i = this.indexes.get(name)!;
    this.cells[i] = this.cells[i]! + amount;
  }

  set(name: Name, value: number): void {
    this.cells[this.indexes.get(name)!] = value;
  }

  get(name: Name): number {
    return this.cells[this.indexes.get(name)!]!;
  }

  toObject(): Record<Name, number> {
    const object = {} as Record<Name, number>;
    for (const [name, i] of this.indexes) object[name] = this.cells[i]!;
    return object;
  }
}
