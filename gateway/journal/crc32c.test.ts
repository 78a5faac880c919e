import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32cBytes, crc32cWords } from './crc32c.ts';

const vectors: readonly (readonly [string, Uint8Array, number])[] = [
  ['the digits 1 to 9', new TextEncoder().encode('123456789'), 0xe3069283],
  ['32 zeros (RFC 3720 B.4)', new Uint8Array(32), 0x8a9136aa],
  ['32 bytes 0xff (RFC 3720 B.4)', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['0 to 31 (RFC 3720 B.4)', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
  ['31 to 0 (RFC 3720 B.4)', Uint8Array.from({ length: 32 }, (_, index) => 31 - index), 0x113fdb5c],
];

describe('CRC-32C', () => {
  test.each(vectors)('agrees with the published value for %s', (_, bytes, expected) => {
    expect(crc32cBytes(bytes)).toBe(expected);
  });

  test('by words agrees with the plain form, wherever it starts', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.nat(3),
        fc.nat(4),
        (bytes, from, pairs) => {
          const copy = Uint8Array.from(bytes);
          const words = new Uint32Array(copy.buffer);
          const start = from * 2;
          const end = start + pairs * 2;
          expect(crc32cWords(words, start, end)).toBe(crc32cBytes(copy.subarray(start * 4, end * 4)));
        },
      ),
    );
  });
});
