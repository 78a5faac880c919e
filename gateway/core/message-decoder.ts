// The decoders with their reused columns, and each source's memory of its point lists. One per core.

import { emptyBatch } from '../formats/decoding.ts';
import type { BoundLists, DecodeResult } from '../formats/batch.ts';
import { PointMemory } from '../formats/frame/point-memory.ts';
import { DataDecoder } from '../formats/recognise.ts';
import { decodeUpload } from '../formats/mtt1201/decode.ts';
import type { UploadDecoder } from './upload-intake.ts';

/** 64 kB each at most: 256 MB if every source were as large as the largest. Beyond it all start anew. */
const memoriesMax = 4096;

export class MessageDecoder {
  private readonly decoder = new DataDecoder();
  private readonly batch = emptyBatch();
  private readonly memories = new Map<string, PointMemory>();
  /** Upload files: MT/T 1201 and its kin. */
  readonly upload: UploadDecoder;

  constructor(upload: UploadDecoder = decodeUpload) {
    this.upload = upload;
  }

  /** The batch in the result is valid until the next call. `received`, ms: for times that are relative to it. */
  decode(topic: string, payload: Uint8Array, received: number, lists: BoundLists | undefined): DecodeResult {
    return this.decoder.decode(payload, this.batch, received, this.memoryOf(topic), lists);
  }

  private memoryOf(topic: string): PointMemory {
    let memory = this.memories.get(topic);
    if (memory === undefined) {
      if (this.memories.size >= memoriesMax) this.memories.clear();
      memory = new PointMemory();
      this.memories.set(topic, memory);
    }
    return memory;
  }
}
