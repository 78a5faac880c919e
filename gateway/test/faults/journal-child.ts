// Child process of the kill test: appends batches to a real journal through the journal thread and prints, for each
// batch that is durable, how many inputs are. Runs until it is killed.

import { writeSync } from 'node:fs';
import { JournalWriter } from '#gateway/core/journal/writer.ts';

const [, , directory = '', segmentBytes = ''] = process.argv;
const writer = await JournalWriter.open({
  directory,
  segmentBytes: Number(segmentBytes),
  reserveSegments: 2,
});

function fill(): void {
  const inputs = 1 + (writer.nextSequence % 7);
  for (let index = 0; index < inputs; index += 1) {
    const detail = `${writer.nextSequence} ${'x'.repeat((writer.nextSequence * 37) % 500)}`;
    writer.append({ kind: 'recoveryDiffered', now: writer.nextSequence, detail });
  }
}

let submitted = 0;
function next(): void {
  submitted = writer.nextSequence - 1;
  writer.submit();
  fill();
}

writer.onFailure = (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};
writer.onDurable = () => {
  writeSync(1, `${submitted}\n`);
  next();
};
fill();
next();
