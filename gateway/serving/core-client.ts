// Serving's side of the core: commands go over the port and are answered when their batch is on disk. Bounded, with a
// deadline; a command whose answer did not come may have been carried out (the person repeats it with its commandId).

import type { Event } from '#alarms/log/event.ts';
import type { Command, CommandAnswer } from '#alarms/workflow/command.ts';
import type { ServingToCore } from '../ports.ts';
import { PendingRequests } from './requests.ts';

/** People type: a hundred at once is a storm already, and each waits for a sync of a millisecond. */
const waitingMax = 256;
const timeoutMs = 10_000;

export interface CoreAnswer {
  readonly answer: CommandAnswer;
  readonly events: readonly Event[];
}

export class CoreClient {
  private readonly post: (message: ServingToCore) => void;
  private readonly pending = new PendingRequests<CoreAnswer>(waitingMax, timeoutMs);

  constructor(post: (message: ServingToCore) => void) {
    this.post = post;
  }

  get waiting(): number {
    return this.pending.size;
  }

  command(command: Command): Promise<CoreAnswer> {
    return this.pending.ask((request) => this.post({ type: 'command', request, command }));
  }

  answered(request: number, answer: CoreAnswer): void {
    this.pending.settle(request, answer);
  }

  end(error: Error): void {
    this.pending.end(error);
  }
}
