// Entry of the journal thread: blocking writes, so that nothing else in the process (the libuv pool is shared) can
// make a batch wait. It sleeps on the bell, at most a second. After any error it says so and ends: no write is
// ever repeated.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import { DurablePosition } from '#gateway/journal/durable.ts';
import { NodeFiles } from '#gateway/journal/node-files.ts';
import { columnsOver } from '#gateway/journal/record.ts';
import type { Columns } from '#gateway/journal/record.ts';
import { LogService } from './log-service.ts';
import { SegmentLog } from './segment-log.ts';
import { releasedWord, word } from './thread-protocol.ts';
import type { BufferMessage, ThreadData, ThreadMessage } from './thread-protocol.ts';

const housekeepingMs = 1000;

invariant(parentPort !== null, 'the journal thread is started by the core');
const port = parentPort;

function tell(message: ThreadMessage): void {
  port.postMessage(message);
}

function run(data: ThreadData): void {
  const control = new Int32Array(data.control);
  const released = new BigInt64Array(data.control);
  const durable = new DurablePosition(data.durable);
  const buffers = new Map<number, Columns>();
  const log = new SegmentLog(new NodeFiles(data.directory), data.options);
  const service = new LogService(log, {
    durable(position) {
      durable.advance(position);
      tell(position);
    },
    status: (status) => tell({ kind: 'status', status }),
  });
  durable.advance(log.position);
  tell({ kind: 'opened', recovery: log.recovery, status: service.status() });

  let taken = 0;
  let buffersTaken = 0;
  let housekeptAt = performance.now();
  for (;;) {
    const bell = Atomics.load(control, word.bell);
    if (Atomics.load(control, word.submitted) !== taken) {
      taken += 1;
      while (buffersTaken < Atomics.load(control, word.buffersSent)) {
        const received = receiveMessageOnPort(port);
        if (received === undefined) continue; // sent before the bell, so it is on its way
        const { buffer, memory } = received.message as BufferMessage;
        buffers.set(buffer, columnsOver(memory));
        buffersTaken += 1;
      }
      const columns = buffers.get(Atomics.load(control, word.buffer));
      invariant(columns !== undefined, 'a batch came in a buffer that was never sent');
      service.take(columns, Atomics.load(control, word.length));
      continue;
    }
    if (Atomics.load(control, word.isClosing) !== 0) break;
    const now = performance.now();
    if (now - housekeptAt >= housekeepingMs) {
      housekeptAt = now;
      service.housekeep();
      continue;
    }
    service.release(Number(Atomics.load(released, releasedWord)));
    if (service.idleStep()) continue;
    Atomics.wait(control, word.bell, bell, housekeepingMs - (now - housekeptAt));
  }
  tell({ kind: 'status', status: service.status() });
  service.close();
}

try {
  run(workerData as ThreadData);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code });
}
