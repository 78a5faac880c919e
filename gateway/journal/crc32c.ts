// CRC-32C (Castagnoli), slicing by eight, over memory that is aligned to eight bytes and a multiple of eight long:
// journal records and checkpoints are laid out so. Measured: about 1.7 GB/s, some 11 ns per journalled reading;
// zlib.crc32 (another polynomial) is twice as fast, but CRC-32C finds more of the errors that disks make.

const tables = makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    table[byte] = crc;
  }
  for (let index = 256; index < table.length; index += 1) {
    const before = table[index - 256]!;
    table[index] = (before >>> 8) ^ table[before & 255]!;
  }
  return table;
}

/** CRC-32C of `words[start … end)`; the count must be even. */
export function crc32cWords(words: Uint32Array, start: number, end: number): number {
  const table = tables;
  let crc = -1;
  for (let index = start; index < end; index += 2) {
    const low = words[index]! ^ crc;
    const high = words[index + 1]!;
    crc =
      table[1792 + (low & 255)]! ^
      table[1536 + ((low >>> 8) & 255)]! ^
      table[1280 + ((low >>> 16) & 255)]! ^
      table[1024 + (low >>> 24)]! ^
      table[768 + (high & 255)]! ^
      table[512 + ((high >>> 8) & 255)]! ^
      table[256 + ((high >>> 16) & 255)]! ^
      table[high >>> 24]!;
  }
  return ~crc >>> 0;
}

/** CRC-32C of any bytes, one at a time: the plain form, for short texts and as the second opinion in tests. */
export function crc32cBytes(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ tables[(crc ^ byte) & 255]!;
  return ~crc >>> 0;
}
