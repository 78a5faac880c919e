// The sender process of a fleet: gets its job by message, sends it, answers with the result and ends. Ends, too, when
// the process that started it does.

import { FleetSender, type SendingJob, type SendingResult } from './sender.ts';

export type FromWorker = { readonly result: SendingResult } | { readonly error: string };

process.once('message', (job: SendingJob) => {
  new FleetSender(job).run().then(
    (result) => answer({ result }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function answer(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => process.disconnect());
}
