// Recovery over real segments whose events another software recorded: the core starts from them, brings the record in
// line, journals that it did; the next recovery finds nothing that differs. A record that a replay gives is left alone.

import { MessageChannel } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Engine, stateLayoutVersion } from '#alarms/engine/engine.ts';
import type { Input } from '#alarms/engine/input.ts';
import { isActive } from '#alarms/lifecycle/standing.ts';
import type { Event } from '#alarms/log/event.ts';
import type { LogFold } from '#alarms/log/fold.ts';
import { checkInvariants } from '#alarms/log/invariants.ts';
import { verifyChain } from '#alarms/log/chain.ts';
import { Random } from '#alarms/test/random.ts';
import {
  copyOf,
  differingRecord,
  foldOf,
  plainDigest,
  recoveryDocuments,
  Story,
  type RecordedInput,
} from '#alarms/test/recovery-world.ts';
import { ProjectorControl } from '../journal/projection-control.ts';
import { ProjectorProgress } from '../journal/projection-progress.ts';
import { JournalReader } from '../journal/reader.ts';
import { coreCounters, Counters } from '../observability/counters.ts';
import { FaultyDisk } from '../test/faults/faulty-files.ts';
import { recoveredCheckpoint } from './checkpoint-content.ts';
import { CheckpointStore } from './checkpoint/checkpoint-store.ts';
import { Core } from './core.ts';
import { JournalWriter } from './journal/writer.ts';
import { recover, type Recovered, type RecoveredCheckpoint } from './recover.ts';

const documents = recoveryDocuments('recovering');
const segmentBytes = 256 * 1024;
const inputsPerBatch = 16;
const silentLog = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

class Machine {
  private readonly journalDisk = new FaultyDisk({ seed: 1 });
  private readonly checkpointDisk = new FaultyDisk({ seed: 2 });

  async record(recorded: readonly RecordedInput[]): Promise<void> {
    const writer = this.openWriter();
    for (const [at, { input, events }] of recorded.entries()) {
      writer.append(input);
      writer.appendEvents(events);
      const isBatchFull = at % inputsPerBatch === inputsPerBatch - 1;
      if (!isBatchFull && at < recorded.length - 1) continue;
      const onDisk = new Promise<void>((resolve) => (writer.onDurable = () => resolve()));
      writer.submit();
      await onDisk;
    }
    await writer.close();
  }

  recover(checkpoint: RecoveredCheckpoint | null = null): Recovered {
    const reader = new JournalReader(this.journalDisk.files(), checkpoint?.position ?? 0);
    const recovered = recover(checkpoint, reader, plainDigest);
    reader.close();
    return recovered;
  }

  newestCheckpoint(): RecoveredCheckpoint {
    const { content } = this.openStore().readNewest();
    if (content === null) throw new Error('the core left no checkpoint');
    return recoveredCheckpoint(content);
  }

  /** The core from its start to its orderly end. */
  async run(recovered: Recovered): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const counters = new Counters(coreCounters);
    const core = new Core({
      options: {
        journalFolder: '',
        checkpointFolder: '',
        documents: recovered.engine.documents,
        segmentBytes,
        reserveSegments: 1,
        checkpointMs: 3_600_000,
        keepMs: 3_600_000,
        keepBytes: Number.MAX_SAFE_INTEGER,
        intake: { kind: 'embedded', host: '127.0.0.1', port: 0 },
        durable: new SharedArrayBuffer(16),
        progress: new ProjectorProgress().memory,
        control: new ProjectorControl().memory,
        counters: counters.memory,
        serving: port1,
        isDemo: false,
        isInsecure: false,
        logLevel: 'error',
      },
      journal: this.openWriter(),
      store: this.openStore(),
      recovered,
      counters,
      log: silentLog,
    });
    await core.close();
    port2.close();
  }

  journal(): { inputs: Input[]; events: Event[] } {
    const inputs: Input[] = [];
    const events: Event[] = [];
    const reader = new JournalReader(this.journalDisk.files(), 0);
    for (let read = reader.next(); read.kind !== 'end'; read = reader.next()) {
      if (read.kind === 'gap') throw new Error('a gap in the journal');
      for (const entry of read.batch.entries()) {
        if (entry.kind === 'event') events.push(entry.event);
        else inputs.push(entry.input.kind === 'readings' ? copyOf(entry.input) : entry.input);
      }
    }
    reader.close();
    return { inputs, events };
  }

  private openWriter(): JournalWriter {
    const files = this.journalDisk.files();
    return JournalWriter.openInline({ files, segmentBytes, reserveSegments: 1, zeroChunkBytes: 8192 }).writer;
  }

  private openStore(): CheckpointStore {
    return CheckpointStore.openInline(this.checkpointDisk.files(), stateLayoutVersion);
  }
}

function activeIds(fold: LogFold): string[] {
  const alarms = [...fold.alarms.values()];
  return alarms
    .filter(({ base }) => isActive(base))
    .map(({ id }) => id)
    .toSorted();
}

/** The same inputs, stepped by the software that recovers, with the events it gives. */
function undisturbed(recorded: readonly RecordedInput[]): RecordedInput[] {
  const engine = new Engine({ sha256: plainDigest });
  return recorded.map(({ input }, at) => ({ input, events: engine.step(at + 1, copyOf(input)).events }));
}

describe('a journal that another software recorded', () => {
  test('is settled by the first start, and by no later one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
        const random = new Random(seed);
        const recorded = differingRecord(random, new Story(random), 30 + random.below(80));
        const past = recorded.flatMap(({ events }) => events);
        const machine = new Machine();
        await machine.record(recorded);

        const first = machine.recover();
        expect(first.difference).not.toBe(null);
        await machine.run(first);
        const { inputs, events } = machine.journal();
        expect(events.slice(0, past.length)).toEqual(past);
        expect(inputs.filter(({ kind }) => kind === 'recoveryDiffered')).toHaveLength(1);
        expect(inputs[recorded.length]?.kind, 'settled before anything else').toBe('recoveryDiffered');
        expect(raisesOf(events, 'SYS-RECOVERY/m#1')).toBe(1);
        expect(verifyChain(events, plainDigest)).toMatchObject({ holds: true });
        const broken = checkInvariants(events, documents);
        expect(broken.filter(({ seq }) => seq > past.length)).toEqual([]);

        const again = machine.recover();
        expect(again.difference).toBe(null);
        expect(again.engine.snapshot()).toEqual(first.engine.snapshot());
        const fromCheckpoint = machine.recover(machine.newestCheckpoint());
        expect(fromCheckpoint.difference).toBe(null);
        expect(fromCheckpoint.engine.fold.toJson()).toEqual(first.engine.fold.toJson());

        await machine.run(again);
        const later = machine.journal();
        expect(later.inputs.filter(({ kind }) => kind === 'recoveryDiffered')).toHaveLength(1);
        expect(raisesOf(later.events, 'SYS-RECOVERY/m#1')).toBe(1);
        expect(machine.recover().difference).toBe(null);
      }),
      { numRuns: 12, seed: 20_261_124 },
    );
  });

  test('leaves nothing up that only the edited record holds, and raises what it left out', async () => {
    const random = new Random(7);
    const plain = undisturbed(differingRecord(random, new Story(random), 90));
    const events = plain.flatMap((entry) => entry.events);
    const truth = activeIds(foldOf(plain));
    const activeAfter = (count: number): string[] =>
      activeIds(foldOf([{ ...plain[0]!, events: events.slice(0, count) }]));
    const ghostsAfter = (count: number) => activeAfter(count).filter((id) => !truth.includes(id));
    const untoldAfter = (count: number) => truth.filter((id) => !activeAfter(count).includes(id));
    const cut = events.findLastIndex((_, at) => ghostsAfter(at).length > 0 && untoldAfter(at).length > 0);
    const kept = new Set(events.slice(0, cut).map(({ id }) => id));
    const edited = plain.map(({ input, events: all }) => ({
      input,
      events: all.filter(({ id }) => kept.has(id)),
    }));
    const [ghosts, untold] = [ghostsAfter(cut), untoldAfter(cut)];
    expect([ghosts.length, untold.length]).not.toContain(0);

    const machine = new Machine();
    await machine.record(edited);
    const recovered = machine.recover();
    expect(recovered.difference).toMatch(/replay/);
    await machine.run(recovered);
    const journal = machine.journal();
    const settling = journal.events.filter(({ id }) => id.startsWith(`${edited.length + 1}.`));
    for (const id of untold) expect(raisesOf(journal.events, id), `raises of ${id}`).toBe(1);
    for (const id of ghosts) {
      const end = settling.find(({ type, alarm }) => type === 'AlarmReturned' && alarm === id);
      expect(end?.data, `end of ${id}`).toMatchObject({ reason: 'recoveryDiffered' });
    }
  });

  test('without a difference is left alone', async () => {
    const random = new Random(3);
    const plain = undisturbed(differingRecord(random, new Story(random), 80));
    const machine = new Machine();
    await machine.record(plain);
    const recovered = machine.recover();
    expect(recovered.difference).toBe(null);
    await machine.run(recovered);
    const { inputs, events } = machine.journal();
    expect(inputs.filter(({ kind }) => kind === 'recoveryDiffered')).toEqual([]);
    expect(events.filter(({ alarm }) => alarm?.startsWith('SYS-RECOVERY'))).toEqual([]);
  });
});

function isRaise(event: Event, id: string): boolean {
  return event.type === 'AlarmRaised' && event.alarm === id;
}

function raisesOf(events: readonly Event[], id: string): number {
  return events.filter((event) => isRaise(event, id)).length;
}
