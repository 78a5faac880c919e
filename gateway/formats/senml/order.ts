// Readings of a batch in the order of their times. A pack may have its records in any order, but a reading that is not
// newer than the newest of its point is late to the engine, and a late one raises no alarm.

import type { DecodedBatch } from '#gateway/formats/batch.ts';

/** Readings of one time keep the order in which they were sent. */
export function inChronologicalOrder(batch: DecodedBatch): void {
  const { count } = batch;
  if (isChronological(batch)) return;
  const times = batch.times.slice(0, count);
  const values = batch.values.slice(0, count);
  const status = batch.status.slice(0, count);
  const { points, units } = batch;
  const order = Array.from({ length: count }, (_, index) => index);
  order.sort((a, b) => times[a]! - times[b]!);
  batch.times.set(order.map((index) => times[index]!));
  batch.values.set(order.map((index) => values[index]!));
  batch.status.set(order.map((index) => status[index]!));
  batch.points = order.map((index) => points[index]!);
  if (units !== null) batch.units = order.map((index) => units[index]!);
}

function isChronological({ times, count }: DecodedBatch): boolean {
  for (let index = 1; index < count; index += 1) if (times[index]! < times[index - 1]!) return false;
  return true;
}
