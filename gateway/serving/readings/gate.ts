// What may wait at once of readings over HTTP: bodies that are being read, inflated, or are with the core. Counted by
// bytes and by requests, of each token and of all, so that one sender can fill its own share and no more. A request that
// finds no room is turned away before its body is read.

export interface GateLimits {
  readonly bytesMax: number;
  readonly requestsMax: number;
  readonly bytesPerTokenMax: number;
  readonly requestsPerTokenMax: number;
}

const mebibyte = 1024 * 1024;

export const gateLimits: GateLimits = {
  /** A commit takes milliseconds, so this is some GB/s; only a disk that stalls fills it. */
  bytesMax: 32 * mebibyte,
  /** The same in requests: small ones cost objects and sockets rather than bytes. */
  requestsMax: 1_024,
  /** Eight of the largest messages. */
  bytesPerTokenMax: 8 * mebibyte,
  requestsPerTokenMax: 256,
};

/** Room that a request holds; given back once, by `leave`. */
export interface Lease {
  /** What it holds turned out to be so large; false: there is no room for that. */
  resize(bytes: number): boolean;
  leave(): void;
}

interface Share {
  bytes: number;
  requests: number;
}

export class ReadingsGate {
  private readonly limits: GateLimits;
  private readonly all: Share = { bytes: 0, requests: 0 };
  /** Only tokens that hold something: as many as requests at most. */
  private readonly byToken = new Map<number, Share>();

  constructor(limits: GateLimits = gateLimits) {
    this.limits = limits;
  }

  get held(): Readonly<Share> {
    return this.all;
  }

  /** Null: no room. */
  enter(token: number, bytes: number): Lease | null {
    const share = this.byToken.get(token) ?? { bytes: 0, requests: 0 };
    const { requestsMax, requestsPerTokenMax } = this.limits;
    if (this.all.requests >= requestsMax || share.requests >= requestsPerTokenMax) return null;
    if (!this.hasRoom(share, bytes)) return null;
    this.byToken.set(token, share);
    this.add(share, bytes, 1);
    let heldBytes = bytes;
    let hasLeft = false;
    return {
      resize: (next) => {
        if (hasLeft || !this.hasRoom(share, next - heldBytes)) return false;
        this.add(share, next - heldBytes, 0);
        heldBytes = next;
        return true;
      },
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        this.add(share, -heldBytes, -1);
        if (share.requests === 0) this.byToken.delete(token);
      },
    };
  }

  private hasRoom(share: Share, more: number): boolean {
    const { bytesMax, bytesPerTokenMax } = this.limits;
    return this.all.bytes + more <= bytesMax && share.bytes + more <= bytesPerTokenMax;
  }

  private add(share: Share, bytes: number, requests: number): void {
    share.bytes += bytes;
    share.requests += requests;
    this.all.bytes += bytes;
    this.all.requests += requests;
  }
}
