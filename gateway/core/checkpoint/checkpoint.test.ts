import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultyDisk } from '#gateway/test/faults/faulty-files.ts';
import { CheckpointImage, parseImage, sealImage } from './checkpoint-file.ts';
import type { CheckpointArray, CheckpointContent, CheckpointSource, LateNumbers } from './checkpoint-file.ts';
import { CheckpointStore, StateMovedOn } from './checkpoint-store.ts';

const layout = 3;

function contentOf(sequence: number): CheckpointContent {
  const values = Float64Array.from({ length: 100 + sequence }, (_, index) => index * sequence + 0.5);
  return {
    meta: { cases: [`煤矿 ${sequence}`] },
    arrays: { values, codes: Uint8Array.of(sequence & 255, 2, 3) },
    position: sequence * 80,
    sequence,
  };
}

function imageOf(content: CheckpointContent): ArrayBuffer {
  const image = new CheckpointImage();
  image.fill(content, layout);
  sealImage(image.memory, image.length);
  const copy = new ArrayBuffer(image.length);
  new Uint8Array(copy).set(new Uint8Array(image.memory, 0, image.length));
  return copy;
}

const arrays: fc.Arbitrary<CheckpointArray> = fc.oneof(
  fc.float64Array(),
  fc.float32Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int8Array(),
  fc.uint8Array(),
);

describe('the image of a checkpoint', () => {
  test('gives back meta and arrays of every type as they were', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), arrays, { noNullPrototype: true }),
        fc.jsonValue({ noUnicodeString: false }).map((value): unknown => JSON.parse(JSON.stringify(value))),
        fc.nat(2 ** 40),
        (columns, meta, sequence) => {
          const content: CheckpointContent = { meta, arrays: columns, position: sequence * 8, sequence };
          const parsed = parseImage(imageOf(content), layout);
          expect(parsed.ok && parsed.content).toEqual(content);
        },
      ),
    );
  });

  test('is refused with any byte changed, cut short, or of another layout', () => {
    const image = imageOf(contentOf(7));
    const bytes = new Uint8Array(image);
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at]! ^= 4;
      expect(parseImage(image, layout)).toEqual({ ok: false, reason: 'damaged' });
      bytes[at]! ^= 4;
    }
    expect(parseImage(image.slice(0, -8), layout)).toEqual({ ok: false, reason: 'damaged' });
    expect(parseImage(image, layout + 1)).toEqual({ ok: false, reason: 'otherLayout' });
    expect(parseImage(image, layout).ok).toBe(true);
  });
});

async function writeSome(store: CheckpointStore, from: number, to: number): Promise<number> {
  let last = from - 1;
  for (let sequence = from; sequence <= to; sequence += 1) {
    const result = await store.write(contentOf(sequence), Promise.resolve());
    if (!result.ok) return last;
    last = sequence;
  }
  return last;
}

describe('the checkpoint store on a faulty disk', () => {
  test('crashed inside any operation, by power or by kill, still has a good checkpoint as new as was promised', async () => {
    const whole = new FaultyDisk({ seed: 1 });
    await writeSome(CheckpointStore.openInline(whole.files(), layout), 1, 6);
    expect(whole.operations).toBeGreaterThan(30);
    for (let endAt = 1; endAt <= whole.operations; endAt += 1) {
      for (let seed = 0; seed < 6; seed += 1) {
        const disk = new FaultyDisk({ seed: seed * 997 + endAt });
        disk.endAt = endAt;
        const promised = await writeSome(CheckpointStore.openInline(disk.files(), layout), 1, 6);
        if (seed % 3 === 0) disk.restartAfterKill();
        else disk.restartAfterPowerLoss();
        const store = CheckpointStore.openInline(disk.files(), layout);
        const found = store.readNewest().content;
        const sequence = found?.sequence ?? 0;
        expect(sequence).toBeGreaterThanOrEqual(promised);
        expect(sequence).toBeLessThanOrEqual(promised + 1);
        expect(found).toEqual(sequence === 0 ? null : contentOf(sequence));
        expect(await writeSome(store, 7, 9)).toBe(9);
        expect(store.readNewest().content?.sequence).toBe(9);
      }
    }
  });

  test('gets its name only when the journal is durable up to it, and none when that fails', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const store = CheckpointStore.openInline(disk.files(), layout);
    const { promise, resolve } = Promise.withResolvers<void>();
    const writing = store.write(contentOf(1), promise);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(store.isBusy).toBe(true);
    expect(disk.list().map(({ name }) => name)).toEqual(['checkpoint.tmp']);
    resolve();
    expect(await writing).toMatchObject({ ok: true, sequence: 1 });
    const failed = await store.write(contentOf(2), Promise.reject(new Error('the journal has failed')));
    expect(failed).toMatchObject({ ok: false, error: { message: 'the journal has failed' } });
    expect(store.readNewest().content?.sequence).toBe(1);
    expect(disk.list().filter(({ name }) => name.endsWith('.ckpt'))).toHaveLength(1);
  });

  test('keeps the newest two and falls back to the older when the newest is damaged', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const store = CheckpointStore.openInline(disk.files(), layout);
    await writeSome(store, 1, 5);
    const names = disk
      .list()
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.ckpt'));
    expect(names).toHaveLength(2);
    disk.damage(names[1]!, 100, 1);
    const found = store.readNewest();
    expect(found.content).toEqual(contentOf(4));
    expect(found.rejected).toEqual([{ name: names[1], reason: 'damaged' }]);
  });

  test('refused for want of space it leaves the older ones and gives the space back', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const store = CheckpointStore.openInline(disk.files(), layout);
    await writeSome(store, 1, 1);
    disk.capacityBytes = disk.usedBytes + 100;
    expect(await store.write(contentOf(2), Promise.resolve())).toMatchObject({
      ok: false,
      error: { code: 'ENOSPC' },
    });
    expect(store.isBusy).toBe(false);
    expect(disk.list()).toHaveLength(1);
    expect(store.readNewest().content).toEqual(contentOf(1));
  });
});

describe('on a full disk', () => {
  test('checkpoints go on in the room that older ones had, also smaller ones in longer files', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const store = CheckpointStore.openInline(disk.files(), layout);
    await writeSome(store, 200, 203);
    disk.capacityBytes = disk.usedBytes;
    expect(await writeSome(store, 204, 204)).toBe(203); // eight bytes longer: refused, its file given back
    for (let sequence = 204; sequence < 208; sequence += 1) {
      const content = { ...contentOf(sequence - 100), sequence, position: sequence * 80 };
      expect(await store.write(content, Promise.resolve())).toMatchObject({ ok: true });
      expect(store.readNewest()).toEqual({ content, rejected: [] });
    }
  });
});

/** Numbers that are read when their turn comes, until they are changed. */
function lateOf(numbers: Float64Array): LateNumbers & { isChanged: boolean; readonly pieces: number } {
  let at = 0;
  return {
    length: numbers.length,
    isChanged: false,
    pieces: 0,
    copyOn(target, count) {
      if (this.isChanged) return 'lost';
      const end = Math.min(at + count, numbers.length);
      target.set(numbers.subarray(at, end), at);
      at = end;
      Object.assign(this, { pieces: this.pieces + 1 });
      return at === numbers.length ? 'done' : 'more';
    },
  };
}

describe('a large checkpoint', () => {
  const large = Float64Array.from({ length: 500_000 }, (_, index) => index / 7);
  const fold = { alarms: Array.from({ length: 20_000 }, (_, n) => ({ id: `甲烷#${n}`, level: n % 4 })) };
  const constant = { points: Array.from({ length: 3_000 }, (_, n) => ({ id: `点 ${n}` })) };
  const whole = (sequence: number): CheckpointContent => {
    const content = contentOf(sequence);
    return { ...content, meta: { fold }, constant, arrays: { ...content.arrays, large } };
  };
  const source = (sequence: number, late: LateNumbers): CheckpointSource => {
    const content = contentOf(sequence);
    return { ...content, meta: { fold }, constant, late: { large: late } };
  };

  test('is copied in pieces, one in each turn of the loop, but for the arrays, which may change at once', async () => {
    const store = CheckpointStore.openInline(new FaultyDisk({ seed: 1 }).files(), layout);
    for (const sequence of [1, 2]) {
      const late = lateOf(large);
      const given = source(sequence, late);
      const writing = store.write(given, Promise.resolve());
      given.arrays['values']!.fill(-1);
      expect(late.pieces).toBe(1);
      expect(store.isBusy).toBe(true);
      let turns = 0;
      const turn = (): void => {
        turns += 1;
        if (store.isBusy) setImmediate(turn);
      };
      setImmediate(turn);
      expect(await writing).toMatchObject({ ok: true, sequence });
      expect(late.pieces).toBeGreaterThan(5);
      expect(turns).toBeGreaterThan(late.pieces);
      expect(store.readNewest()).toEqual({ content: whole(sequence), rejected: [] });
    }
  });

  test('is given up when what was still to be copied has changed, and copied at once the next time', async () => {
    const disk = new FaultyDisk({ seed: 1 });
    const store = CheckpointStore.openInline(disk.files(), layout);
    const late = lateOf(large);
    const writing = store.write(source(1, late), Promise.resolve());
    late.isChanged = true;
    const given = await writing;
    expect(given.ok ? null : given.error).toBeInstanceOf(StateMovedOn);
    expect(disk.list()).toEqual([]);
    const next = lateOf(large);
    const writingNext = store.writeAtOnce(source(2, next), Promise.resolve());
    next.isChanged = true;
    expect(await writingNext).toMatchObject({ ok: true, sequence: 2 });
    expect(store.readNewest()).toEqual({ content: whole(2), rejected: [] });
  });

  test('has the text of its constant from the one that was read, and makes it anew for another object', async () => {
    const files = new FaultyDisk({ seed: 1 }).files();
    await CheckpointStore.openInline(files, layout).write(whole(1), Promise.resolve());
    const store = CheckpointStore.openInline(files, layout);
    const { content } = store.readNewest();
    // Against its contract, so that it shows whose text is written.
    Object.assign(content!.constant!, { points: [] });
    await store.write({ ...whole(2), constant: content!.constant }, Promise.resolve());
    expect(store.readNewest().content).toEqual(whole(2));
    await store.write({ ...whole(3), constant: { points: [] } }, Promise.resolve());
    expect(store.readNewest().content).toEqual({ ...whole(3), constant: { points: [] } });
  });
});

describe('the checkpoint thread', () => {
  test('makes memory ready before the first checkpoint, which is as any other', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fengsui-checkpoint-'));
    const store = CheckpointStore.open(directory, layout);
    try {
      const preparing = store.prepare(contentOf(9));
      expect(store.isBusy).toBe(true);
      await preparing;
      expect(store.isBusy).toBe(false);
      expect(await writeSome(store, 9, 9)).toBe(9);
      expect(store.readNewest()).toEqual({ content: contentOf(9), rejected: [] });
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  });

  test('writes what was copied aside, though the arrays change right after', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fengsui-checkpoint-'));
    const store = CheckpointStore.open(directory, layout);
    try {
      const content = contentOf(9);
      const writing = store.write(content, Promise.resolve());
      content.arrays['values']!.fill(-1);
      expect(await writing).toMatchObject({ ok: true, sequence: 9, position: 720 });
      expect(store.readNewest()).toEqual({ content: contentOf(9), rejected: [] });
      await writeSome(store, 10, 12);
      expect((await readdir(directory)).filter((name) => name.endsWith('.ckpt'))).toHaveLength(2);
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  });
});
