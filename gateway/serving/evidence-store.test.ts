import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EvidenceStore, type EvidenceFile } from './evidence-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fengsui-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bounds = { fileBytes: 100, totalBytes: 250 };

async function* chunks(...parts: (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

const jpeg = Buffer.from('ffd8ffe000104a4649460001', 'hex');

describe('the evidence store', () => {
  it('reads the type from the first bytes, however they are cut', async () => {
    const store = await EvidenceStore.open(folder, bounds);
    const table: [bytes: Buffer, contentType: string][] = [
      [jpeg, 'image/jpeg'],
      [Buffer.from('%PDF-1.7\n'), 'application/pdf'],
      [Buffer.from('RIFF0000WEBPVP8 '), 'image/webp'],
      [Buffer.from('89504e470d0a1a0a00', 'hex'), 'image/png'],
    ];
    for (const [bytes, contentType] of table) {
      const saved = await store.save(chunks(...Array.from(bytes, (byte) => Buffer.of(byte))), 'p');
      expect(saved).toMatchObject({ contentType, bytes: bytes.length, uploadedBy: 'p' });
    }
    for (const wrong of ['RIFF0000WAVEfmt ', 'GIF89a', '<svg onload=alert(1)>', '', ' %PDF-1.7']) {
      expect(await store.save(chunks(wrong), 'p')).toBe('EVIDENCE_TYPE_UNSUPPORTED');
    }
  });

  it('is bounded per file and in total, and frees what a refused upload had claimed', async () => {
    const store = await EvidenceStore.open(folder, bounds);
    const file = (n: number, length = 90): Buffer =>
      Buffer.concat([jpeg, Buffer.alloc(length - jpeg.length, n)]);
    expect(await store.save(chunks(file(1, 101)), 'p')).toBe('EVIDENCE_TOO_LARGE');
    expect(store.bytes).toBe(0);
    expect(await store.save(chunks(file(1)), 'p')).toMatchObject({ bytes: 90 });
    expect(await store.save(chunks(file(1)), 'q')).toMatchObject({ bytes: 90, uploadedBy: 'p' });
    expect(store.bytes).toBe(90);
    expect(await store.save(chunks(file(2)), 'p')).toMatchObject({ bytes: 90 });
    expect(await store.save(chunks(file(3)), 'p')).toBe('EVIDENCE_STORE_FULL');
    expect(readdirSync(join(folder, 'evidence'))).toHaveLength(2);
  });

  it('takes only a few uploads at once', async () => {
    const store = await EvidenceStore.open(folder, { fileBytes: 100, totalBytes: 10_000 });
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(n: number): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([jpeg, Buffer.of(n)]);
      await gate;
    }
    const running = [0, 1, 2, 3].map((n) => store.save(slow(n), 'p'));
    expect(await store.save(slow(4), 'p')).toBe('BUSY');
    release();
    const saved = await Promise.all(running);
    expect(saved.every((one) => typeof one !== 'string')).toBe(true);
  });

  it('knows its files after a restart, and clears what a broken upload left', async () => {
    const store = await EvidenceStore.open(folder, bounds);
    const saved = (await store.save(chunks(jpeg), 'p')) as EvidenceFile;
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield jpeg;
      throw new Error('connection reset');
    }
    await expect(store.save(broken(), 'p')).rejects.toThrow('connection reset');
    writeFileSync(join(folder, 'evidence', 'incoming-left-by-a-crash'), 'x');
    writeFileSync(join(folder, 'evidence', 'notes.txt'), 'x');
    const again = await EvidenceStore.open(folder, bounds);
    expect(again.find(saved.id)).toEqual({ ...saved, uploadedBy: null });
    expect(again.missing([saved.id, 'f'.repeat(64)])).toEqual(['f'.repeat(64)]);
    expect(again.bytes).toBe(jpeg.length);
    expect(readdirSync(join(folder, 'evidence')).sort()).toEqual([`${saved.id}.jpg`, 'notes.txt']);
  });
});
