// What the engine's state is called in a checkpoint, there and back. The documents are its constant: large, and the same
// objects from one checkpoint to the next.

import type { Engine } from '#alarms/engine/engine.ts';
import type { CheckpointContent, CheckpointSource } from './checkpoint/checkpoint-file.ts';
import type { RecoveredCheckpoint } from './recover.ts';

/** `sequence`: the last input that the engine has seen; `position`: durable, at or before the next one. */
export function checkpointOf(engine: Engine, position: number, sequence: number): CheckpointSource {
  const { arrays, late, json } = engine.snapshotInPieces();
  const { documents, ...meta } = json;
  return { meta, constant: documents, arrays, late, position, sequence };
}

export function recoveredCheckpoint(content: CheckpointContent): RecoveredCheckpoint {
  const { meta, constant, arrays, position, sequence } = content;
  // Written by checkpointOf and protected by the checksum.
  const json = { ...(meta as object), documents: constant };
  return {
    snapshot: { arrays: arrays as RecoveredCheckpoint['snapshot']['arrays'], json },
    position,
    sequence,
  };
}
