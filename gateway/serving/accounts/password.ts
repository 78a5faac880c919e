// Password hashes: argon2id, 9 MiB, 4 passes, one lane (as strong as 19 MiB with 2 by OWASP's list, and the memory of a
// small gateway hardly moves), in the usual `$argon2id$…` form so that parameters can be raised later; older hashes stay
// good. Hashing runs in the process-wide libuv pool that the whole gateway shares: eight at a time made alarms wait
// 141 ms, so all hashing of the process goes through one HashQueue, one at a time.

import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

interface Parameters {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

const current: Parameters = { memoryKib: 9_216, passes: 4, lanes: 1 };
const saltBytes = 16;
const tagBytes = 32;

/** 47 ms each: 64 waiting is 3 s, longer than anybody waits for a login; above it the login is refused. */
const waitingMax = 64;

export class HashQueueFull extends Error {
  override readonly name = 'HashQueueFull';
}

/** Runs one task at a time, in order; refuses when too many wait. */
export class HashQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private waitingCount = 0;

  get waiting(): number {
    return this.waitingCount;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.waitingCount >= waitingMax) return Promise.reject(new HashQueueFull('too many hashes wait'));
    this.waitingCount += 1;
    const result = this.tail.then(task).finally(() => {
      this.waitingCount -= 1;
    });
    this.tail = result.catch(() => undefined);
    return result;
  }
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  return format(current, salt, await derive(password, salt, current));
}

/** Takes as long for a hash that cannot be read as for a wrong password: it compares with the decoy then. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const parsed = hash === null ? null : parse(hash);
  const { parameters, salt, tag } = parsed ?? decoy;
  const derived = await derive(password, salt, parameters);
  const equal = derived.length === tag.length && timingSafeEqual(derived, tag);
  return equal && parsed !== null;
}

/** Without 0 O 1 l I: it is read from a terminal and typed. 55^16 ≈ 92 bits. */
const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

export function generatePassword(): string {
  const drawn = Array.from({ length: 16 }, () => letters.charAt(randomInt(letters.length))).join('');
  return [0, 4, 8, 12].map((from) => drawn.slice(from, from + 4)).join('-');
}

const decoy = {
  parameters: current,
  salt: randomBytes(saltBytes),
  tag: randomBytes(tagBytes),
};

function derive(password: string, salt: Buffer, parameters: Parameters): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      {
        // One person's keyboard composes é, another's does not: the same password must be the same bytes.
        message: password.normalize('NFKC'),
        nonce: salt,
        parallelism: parameters.lanes,
        tagLength: tagBytes,
        memory: parameters.memoryKib,
        passes: parameters.passes,
      },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}

function format(parameters: Parameters, salt: Buffer, tag: Buffer): string {
  const { memoryKib, passes, lanes } = parameters;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

const pattern =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/;

function parse(hash: string): { parameters: Parameters; salt: Buffer; tag: Buffer } | null {
  const match = pattern.exec(hash);
  if (match === null) return null;
  const [, memoryKib, passes, lanes, salt, tag] = match;
  return {
    parameters: { memoryKib: Number(memoryKib), passes: Number(passes), lanes: Number(lanes) },
    salt: Buffer.from(salt ?? '', 'base64'),
    tag: Buffer.from(tag ?? '', 'base64'),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
