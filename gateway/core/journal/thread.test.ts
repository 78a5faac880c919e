// The journal thread on real files: what it says is durable is there, after a close and after kill -9.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JournalReader } from '#gateway/journal/reader.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { journalStart } from '#gateway/journal/segment-name.ts';
import { makeFrame } from '#gateway/journal/entry.ts';
import { JournalWriter } from './writer.ts';

const segmentBytes = 64 * 1024;
const child = fileURLToPath(new URL('../../test/faults/journal-child.ts', import.meta.url));
/** The thread tells its status once a second. */
const patience = { timeout: 20_000, interval: 50 };
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fengsui-journal-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function durable(writer: JournalWriter): Promise<number> {
  return new Promise((resolve, reject) => {
    writer.onDurable = resolve;
    writer.onFailure = reject;
  });
}

/** Sequences and texts of everything in the journal; throws at a gap. */
function readAll(): { readonly sequence: number; readonly now: number; readonly detail: string }[] {
  const files = new NodeFiles(directory);
  const reader = new JournalReader(files, journalStart(files));
  const found = [];
  for (;;) {
    const read = reader.next();
    if (read.kind === 'end') break;
    if (read.kind === 'gap') throw new Error(`gap from ${read.from} to ${read.to}`);
    for (const { kind, sequence, ...rest } of read.batch.entries()) {
      if (!('input' in rest) || rest.input.kind !== 'recoveryDiffered') throw new Error(`unexpected ${kind}`);
      found.push({ sequence, now: rest.input.now, detail: rest.input.detail });
    }
  }
  reader.close();
  return found;
}

/** Starts the child, kills it once it has told `lines` durable batches; the last number it told. */
async function killAfter(lines: number): Promise<number> {
  const running = spawn(process.execPath, [child, directory, String(segmentBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(running, 'exit');
  let told = '';
  running.stdout.setEncoding('utf8');
  running.stdout.on('data', (text: string) => {
    told += text;
    if (told.split('\n').length > lines) running.kill('SIGKILL');
  });
  await once(running.stdout, 'end');
  await ended;
  return Number(told.split('\n').at(-2) ?? 0);
}

describe('the journal thread', () => {
  test('killed with -9 at any time, the reopened journal has all that was told, and goes on', async () => {
    let atLeast = 0;
    for (const lines of [1, 40, 7, 300]) {
      atLeast = await killAfter(lines);
      const found = readAll();
      expect(found.length).toBeGreaterThanOrEqual(atLeast);
      expect(found.every(({ sequence, now }, index) => sequence === index + 1 && now === sequence)).toBe(
        true,
      );
    }
    const writer = await JournalWriter.open({ directory, segmentBytes, reserveSegments: 2 });
    const first = writer.nextSequence;
    expect(first).toBe(readAll().length + 1);
    writer.append({ kind: 'recoveryDiffered', now: first, detail: 'after' });
    const done = durable(writer);
    writer.submit();
    await done;
    await writer.close();
    expect(readAll().at(-1)).toEqual({ sequence: first, now: first, detail: 'after' });
    expect(atLeast).toBeGreaterThan(300);
  });

  test('carries readings and huge batches, recycles what is released, and keeps its reserve', async () => {
    const writer = await JournalWriter.open({ directory, segmentBytes, reserveSegments: 3 });
    await vi.waitFor(() => expect(writer.room().spareSegments).toBe(3), patience);
    const frame = makeFrame(1000);
    frame.count = 1000;
    for (let batch = 0; batch < 40; batch += 1) {
      frame.received = batch;
      writer.append({ kind: 'readings', frame });
      if (batch === 20) writer.append({ kind: 'recoveryDiffered', now: 1, detail: 'x'.repeat(3_000_000) });
      const done = durable(writer);
      writer.submit();
      expect(await done).toBe(writer.position);
      writer.release(writer.position);
    }
    await vi.waitFor(() => {
      expect(writer.times.writes).toBe(40);
      expect(writer.room()).toMatchObject({ segments: 1, spareSegments: 3 });
    }, patience);
    await writer.close();
    const names = await readdir(directory);
    expect(names.filter((name) => name.startsWith('spare-'))).toHaveLength(3);
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
    expect(sizes).toEqual(names.map(() => segmentBytes));
    expect(writer.durable.position).toBe(writer.position);
  });

  test('wakes a reader that waits for the durable position', async () => {
    const writer = await JournalWriter.open({ directory, segmentBytes, reserveSegments: 0 });
    const waiting = writer.durable.whenBeyond(0, 20_000);
    writer.append({ kind: 'tick', now: 1 });
    writer.submit();
    expect(await waiting).toBe('advanced');
    const reader = new JournalReader(new NodeFiles(directory), 0);
    expect(reader.next(writer.durable.position).kind).toBe('batch');
    expect(reader.next(writer.durable.position).kind).toBe('end');
    const stopped = writer.durable.whenBeyond(writer.durable.position, 20_000);
    writer.durable.stop();
    expect(await stopped).toBe('stopped');
    await writer.close();
  });

  test('tells an error of the thread as a failure, and can still be closed', async () => {
    const writer = await JournalWriter.open({ directory, segmentBytes, reserveSegments: 0 });
    await rm(directory, { recursive: true });
    const failed = new Promise<Error>((resolve) => {
      writer.onFailure = resolve;
    });
    writer.append({ kind: 'recoveryDiffered', now: 1, detail: 'x'.repeat(segmentBytes) });
    writer.submit();
    expect(await failed).toMatchObject({ code: 'ENOENT' });
    expect([writer.isIdle, writer.position]).toEqual([false, 0]);
    await writer.close();
  });

  test('fails to open with the reason when the directory is none', async () => {
    const file = join(directory, 'a-file');
    await writeFile(file, '');
    await expect(JournalWriter.open({ directory: file, segmentBytes, reserveSegments: 0 })).rejects.toThrow(
      'EEXIST',
    );
  });
});
