// Evidence files under `<data>/evidence`, named by SHA-256 and kind. Written as they arrive (no file is held in memory), on
// disk with their name before the answer; what they are is read from their first bytes, never from what the sender
// says. Bounded per file and in total. Nothing is ever changed or deleted here.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export interface EvidenceFile {
  readonly id: string;
  readonly contentType: string;
  readonly extension: string;
  readonly bytes: number;
  /** Who uploaded it since this start; later only the cases that refer to it say who may see it. */
  readonly uploadedBy: string | null;
}

export type EvidenceRefusal =
  | 'EVIDENCE_TYPE_UNSUPPORTED'
  | 'EVIDENCE_TOO_LARGE'
  | 'EVIDENCE_STORE_FULL'
  | 'BUSY';

export interface EvidenceBounds {
  readonly fileBytes: number;
  readonly totalBytes: number;
}

/** 20 MiB as the workflow says; 8 GiB = some thousands of photographs before somebody must look after the disk. */
export const evidenceBounds: EvidenceBounds = { fileBytes: 20 * 1024 * 1024, totalBytes: 8 * 1024 ** 3 };

/** Uploads at once: they share the disk with the journal and the file-system pool with everybody. */
const uploadsMax = 4;

interface Kind {
  readonly contentType: string;
  readonly extension: string;
  readonly matches: (head: Buffer) => boolean;
}

const kinds: readonly Kind[] = [
  {
    contentType: 'image/png',
    extension: 'png',
    matches: (head) => startsWith(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  },
  {
    contentType: 'image/jpeg',
    extension: 'jpg',
    matches: (head) => startsWith(head, [0xff, 0xd8, 0xff]),
  },
  {
    contentType: 'image/webp',
    extension: 'webp',
    matches: (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP',
  },
  {
    contentType: 'application/pdf',
    extension: 'pdf',
    matches: (head) => head.toString('latin1', 0, 5) === '%PDF-',
  },
];
const headBytes = 12;

export class EvidenceStore {
  private readonly folder: string;
  private readonly bounds: EvidenceBounds;
  private readonly files: Map<string, EvidenceFile>;
  private uploads = 0;
  /** Of files kept, and of uploads under way at their largest. */
  private claimedBytes: number;

  private constructor(folder: string, bounds: EvidenceBounds, files: Map<string, EvidenceFile>) {
    this.folder = folder;
    this.bounds = bounds;
    this.files = files;
    this.claimedBytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  }

  static async open(dataFolder: string, bounds: EvidenceBounds = evidenceBounds): Promise<EvidenceStore> {
    const folder = join(dataFolder, 'evidence');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = new Map<string, EvidenceFile>();
    for (const name of await readdir(folder)) {
      const file = await fileOf(folder, name);
      if (file !== null) files.set(file.id, file);
    }
    return new EvidenceStore(folder, bounds, files);
  }

  get bytes(): number {
    return this.claimedBytes;
  }

  find(id: string): EvidenceFile | undefined {
    return this.files.get(id);
  }

  missing(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => !this.files.has(id));
  }

  pathOf(file: EvidenceFile): string {
    return join(this.folder, `${file.id}.${file.extension}`);
  }

  async save(body: AsyncIterable<Uint8Array>, person: string): Promise<EvidenceFile | EvidenceRefusal> {
    if (this.uploads >= uploadsMax) return 'BUSY';
    if (this.claimedBytes + this.bounds.fileBytes > this.bounds.totalBytes) return 'EVIDENCE_STORE_FULL';
    this.uploads += 1;
    this.claimedBytes += this.bounds.fileBytes;
    const incoming = join(this.folder, `incoming-${randomUUID()}`);
    try {
      const received = await this.receive(body, incoming);
      if (typeof received === 'string') return received;
      return await this.keep(incoming, { ...received, uploadedBy: person });
    } finally {
      this.uploads -= 1;
      this.claimedBytes -= this.bounds.fileBytes;
      await rm(incoming, { force: true });
    }
  }

  private async receive(
    body: AsyncIterable<Uint8Array>,
    path: string,
  ): Promise<Omit<EvidenceFile, 'uploadedBy'> | EvidenceRefusal> {
    const file = await open(path, 'wx', 0o600);
    try {
      return await this.copy(body, file);
    } finally {
      await file.close();
    }
  }

  private async copy(
    body: AsyncIterable<Uint8Array>,
    file: FileHandle,
  ): Promise<Omit<EvidenceFile, 'uploadedBy'> | EvidenceRefusal> {
    const hash = createHash('sha256');
    let head = Buffer.alloc(0);
    let kind: Kind | undefined;
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > this.bounds.fileBytes) return 'EVIDENCE_TOO_LARGE';
      hash.update(chunk);
      if (kind === undefined) {
        head = Buffer.concat([head, chunk.subarray(0, headBytes)]);
        kind = kinds.find((known) => known.matches(head));
        if (kind === undefined && head.length >= headBytes) return 'EVIDENCE_TYPE_UNSUPPORTED';
      }
      await file.appendFile(chunk);
    }
    if (kind === undefined) return 'EVIDENCE_TYPE_UNSUPPORTED';
    await file.sync();
    return { id: hash.digest('hex'), contentType: kind.contentType, extension: kind.extension, bytes };
  }

  /** The same bytes again are the same file; it keeps who brought it first. */
  private async keep(incoming: string, file: EvidenceFile): Promise<EvidenceFile> {
    const known = this.files.get(file.id);
    if (known !== undefined) return known;
    await rename(incoming, this.pathOf(file));
    await syncFolder(this.folder);
    if (!this.files.has(file.id)) this.claimedBytes += file.bytes;
    this.files.set(file.id, file);
    return file;
  }
}

/** What an upload that was cut off left behind goes. */
async function fileOf(folder: string, name: string): Promise<EvidenceFile | null> {
  if (name.startsWith('incoming-')) {
    await rm(join(folder, name), { force: true });
    return null;
  }
  const match = /^([0-9a-f]{64})\.(png|jpg|webp|pdf)$/.exec(name);
  const kind = kinds.find((known) => known.extension === match?.[2]);
  if (match === null || kind === undefined) return null;
  const { size } = await stat(join(folder, name));
  const { contentType, extension } = kind;
  return { id: match[1]!, contentType, extension, bytes: size, uploadedBy: null };
}

/** A directory cannot be opened on Windows; there the rename itself must do. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function startsWith(head: Buffer, bytes: readonly number[]): boolean {
  return head.length >= bytes.length && bytes.every((byte, i) => head[i] === byte);
}
