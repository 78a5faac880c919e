// Mutations of a corpus: flipped bits, cuts, repeats, splices of another input, words of the format. Seeded: the same
// seed, the same inputs.

import type { SeededRandom } from '../faults/random.ts';

/** Repeats of repeats must not end the run by their size. */
const bytesMax = 64 * 1024;

export function mutate(
  corpus: readonly Uint8Array[],
  index: number,
  tokens: readonly string[],
  random: SeededRandom,
): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(corpus[index] ?? []);
  const times = 1 + random.below(6);
  for (let i = 0; i < times; i += 1) bytes = mutateOnce(bytes, corpus, tokens, random).subarray(0, bytesMax);
  return bytes;
}

function mutateOnce(
  bytes: Uint8Array,
  corpus: readonly Uint8Array[],
  tokens: readonly string[],
  random: SeededRandom,
): Uint8Array {
  const [a, b] = [random.below(bytes.length + 1), random.below(bytes.length + 1)];
  const [from, to] = [Math.min(a, b), Math.max(a, b)];
  switch (random.below(7)) {
    case 0:
      return flipped(bytes, random);
    case 1:
      return bytes.subarray(0, to);
    case 2:
      return joined(bytes.subarray(0, from), bytes.subarray(to));
    case 3:
      return joined(bytes.subarray(0, to), bytes.subarray(from));
    case 4:
      return joined(bytes.subarray(0, from), (corpus[random.below(corpus.length)] ?? bytes).subarray(from));
    case 5:
      return joined(bytes.subarray(0, from), Uint8Array.of(random.below(256)), bytes.subarray(from));
    default:
      return joined(
        bytes.subarray(0, from),
        new TextEncoder().encode(tokens[random.below(tokens.length)] ?? ''),
        bytes.subarray(random.isLikely(0.5) ? from : Math.min(from + 4, bytes.length)),
      );
  }
}

function flipped(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = Uint8Array.from(bytes);
  const at = random.below(copy.length);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
