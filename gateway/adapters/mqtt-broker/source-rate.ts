// How much one source may send: a budget of time that each message uses up by its size, refilled as time passes.
// At QoS 1 and 2 everything is taken, on credit if need be, and the source is not read until the credit is paid back:
// its own acknowledgements come later, nothing is lost. At QoS 0 what there is no budget for is dropped; dropping costs
// a little too, so that a flood of it does not hold the thread. Time is an argument.

export interface RateBounds {
  readonly sourceMessagesPerSecond: number;
  readonly sourceBytesPerSecond: number;
}

/** What a source may send at once after a silence: a device that was cut off for a while brings what it has kept. */
const burstMs = 2_000;
/** Of what is dropped so much is read beyond the rate. */
const droppedPerKept = 4;
const droppedBurstMs = 250;

export class SourceRate {
  private readonly msPerMessage: number;
  private readonly msPerByte: number;
  private budgetMs = burstMs;
  private droppedBudgetMs = droppedBurstMs;
  private last: number;

  constructor({ sourceMessagesPerSecond, sourceBytesPerSecond }: RateBounds, now: number) {
    this.msPerMessage = 1_000 / sourceMessagesPerSecond;
    this.msPerByte = 1_000 / sourceBytesPerSecond;
    this.last = now;
  }

  /** To be called before a run of messages is looked at. */
  refill(now: number): void {
    const passed = Math.max(0, now - this.last);
    this.last = now;
    this.budgetMs = Math.min(burstMs, this.budgetMs + passed);
    this.droppedBudgetMs = Math.min(droppedBurstMs, this.droppedBudgetMs + passed);
  }

  /** False only at QoS 0: the message is to be dropped. */
  take(bytes: number, qos: 0 | 1 | 2): boolean {
    const costMs = Math.max(this.msPerMessage, bytes * this.msPerByte);
    if (qos > 0 || this.budgetMs > 0) {
      this.budgetMs -= costMs;
      return true;
    }
    this.droppedBudgetMs -= costMs / droppedPerKept;
    return false;
  }

  /** How long the source is not to be read from now on; at QoS 0 alone the budget may stand at a message's debt. */
  get waitMs(): number {
    return Math.max(0, -this.budgetMs - this.msPerMessage, -this.droppedBudgetMs);
  }
}
