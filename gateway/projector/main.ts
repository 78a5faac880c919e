// The projector thread's entry: started as a Worker with ProjectorOptions as its workerData.

import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#alarms/kernel/result.ts';
import type { ProjectorOptions } from './options.ts';
import { startProjector } from './projector.ts';

invariant(parentPort !== null, 'the projector runs as a thread');
await startProjector(workerData as ProjectorOptions, parentPort);
