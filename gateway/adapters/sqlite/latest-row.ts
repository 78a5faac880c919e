// The newest reading of each of 64 neighbouring points, as one row of `latest`. Pure. Persisted: never changed.
//
//   f64 times[64] (NaN: none yet) · f64 values[64] (NaN: without a number) · u16 status[64]

import { invariant } from '#alarms/kernel/result.ts';
import { pointsPerRow } from './rollup-row.ts';

const rowBytes = pointsPerRow * 18;

export class LatestRow {
  readonly times = new Float64Array(pointsPerRow);
  readonly values = new Float64Array(pointsPerRow);
  readonly status = new Uint16Array(pointsPerRow);

  clear(): void {
    this.times.fill(Number.NaN);
  }

  /** When it is newer than what is there. */
  offer(place: number, time: number, value: number, status: number): void {
    if (time <= this.times[place]!) return;
    this.times[place] = time;
    this.values[place] = value;
    this.status[place] = status;
  }

  merge(other: LatestRow): void {
    for (let place = 0; place < pointsPerRow; place += 1) {
      const time = other.times[place]!;
      if (time === time) this.offer(place, time, other.values[place]!, other.status[place]!);
    }
  }

  encode(): Uint8Array {
    const bytes = new ArrayBuffer(rowBytes);
    new Float64Array(bytes, 0, pointsPerRow).set(this.times);
    new Float64Array(bytes, pointsPerRow * 8, pointsPerRow).set(this.values);
    new Uint16Array(bytes, pointsPerRow * 16, pointsPerRow).set(this.status);
    return new Uint8Array(bytes);
  }

  decode(row: Uint8Array): void {
    invariant(row.length === rowBytes, 'a row of latest readings has a wrong length');
    const { buffer } = row.slice();
    this.times.set(new Float64Array(buffer, 0, pointsPerRow));
    this.values.set(new Float64Array(buffer, pointsPerRow * 8, pointsPerRow));
    this.status.set(new Uint16Array(buffer, pointsPerRow * 16, pointsPerRow));
  }
}
