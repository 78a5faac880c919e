// Seeded randomness: the same seed gives the same numbers on every machine. Two forms: a number for a (seed, key, n)
// without any state, so that a value at a time can be had without those before it; and a sequence.

/** Uniform in [0, 1) for this seed, key and index. */
export function hashUnit(seed: number, key: string, n: number): number {
  let h = (2_166_136_261 ^ seed) >>> 0;
  for (let index = 0; index < key.length; index += 1) h = Math.imul(h ^ key.charCodeAt(index), 16_777_619);
  h = mix(h ^ (n >>> 0));
  h = mix(h ^ Math.floor(n / 4_294_967_296));
  return h / 4_294_967_296;
}

/** Smooth noise in [-1, 1]: hash values one `step` apart, eased into one another. */
export function smoothNoise(seed: number, key: string, position: number): number {
  const whole = Math.floor(position);
  const part = position - whole;
  const eased = part * part * (3 - 2 * part);
  const from = hashUnit(seed, key, whole);
  const to = hashUnit(seed, key, whole + 1);
  return 2 * (from + (to - from) * eased) - 1;
}

/** A sequence of uniform numbers in [0, 1). */
export function randomSequence(seed: number): () => number {
  let n = 0;
  return () => {
    n += 1;
    return hashUnit(seed, 'sequence', n);
  };
}

/** Finaliser of murmur3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
