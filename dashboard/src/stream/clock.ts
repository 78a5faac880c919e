// The server's time, guessed from what it says: an offset to the desk's own clock. A message is late, never early, so
// the greatest of the newest offsets is the best. Pure.

/** About half a minute of messages; a desk whose clock is set shows it soon. */
const samplesKept = 20;
/** Beyond it the strip says 校时. */
export const clockOffMs = 2_000;

export class ServerClock {
  private readonly offsets: number[] = [];

  heard(serverTime: number, localTime: number): void {
    this.offsets.push(serverTime - localTime);
    if (this.offsets.length > samplesKept) this.offsets.shift();
  }

  get offsetMs(): number {
    return this.offsets.length === 0 ? 0 : Math.max(...this.offsets);
  }
}
