// Entry of the checkpoint thread: checksums, writes, syncs and renames images, so that neither the core nor the
// libuv pool waits for the disk. One request at a time; every request is answered.

import { parentPort, workerData } from 'node:worker_threads';
import { assertNever, invariant } from '#alarms/kernel/result.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { CheckpointFiler } from './checkpoint-filer.ts';

export type CheckpointRequest =
  | { readonly kind: 'warm'; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'stage'; readonly memory: SharedArrayBuffer; readonly length: number }
  | { readonly kind: 'publish'; readonly name: string }
  | { readonly kind: 'abandon' };

/** null = done. */
export type CheckpointAnswer = { readonly failure: string | null };

export interface CheckpointThreadData {
  readonly directory: string;
}

invariant(parentPort !== null, 'the checkpoint thread is started by the core');
const port = parentPort;
const { directory } = workerData as CheckpointThreadData;
const filer = new CheckpointFiler(new NodeFiles(directory));

port.on('message', (request: CheckpointRequest) => {
  let failure: string | null = null;
  try {
    carryOut(filer, request);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  const answer: CheckpointAnswer = { failure };
  port.postMessage(answer);
});

function carryOut(filer: CheckpointFiler, request: CheckpointRequest): void {
  switch (request.kind) {
    case 'warm':
      new Uint8Array(request.memory).fill(0);
      break;
    case 'stage':
      filer.stage(request.memory, request.length);
      break;
    case 'publish':
      filer.publish(request.name);
      break;
    case 'abandon':
      filer.abandon();
      break;
    default:
      assertNever(request, 'request to the checkpoint thread');
  }
}
