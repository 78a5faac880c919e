// Finds the list of names in a frame written as our simulators and most encoders write it, without blanks:
// {"v":1,"seq":<digits>,"t":<digits>,"p":[ … Any other writing gives null, and the frame is parsed the long way.
// It reads from the first byte on, so a text that only looks like a head cannot deceive it.

export interface Head {
  readonly sequence: number;
  readonly time: number;
  /** Offset of the "[" of the list. */
  readonly listAt: number;
}

const start = asciiBytes('{"v":1,"seq":');
const timeKey = asciiBytes(',"t":');
const listKey = asciiBytes(',"p":[');

/** 2^53 has 16 digits; up to 15 every number is exact and none is too large. */
const digitsMax = 15;
const zero = 0x30;

export function locateHead(bytes: Uint8Array): Head | null {
  if (!isAt(bytes, 0, start)) return null;
  const sequenceEnd = endOfDigits(bytes, start.length);
  if (sequenceEnd === -1 || !isAt(bytes, sequenceEnd, timeKey)) return null;
  const timeStart = sequenceEnd + timeKey.length;
  const timeEnd = endOfDigits(bytes, timeStart);
  if (timeEnd === -1 || !isAt(bytes, timeEnd, listKey)) return null;
  return {
    sequence: readDigits(bytes, start.length, sequenceEnd),
    time: readDigits(bytes, timeStart, timeEnd),
    listAt: timeEnd + listKey.length - 1,
  };
}

function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index += 1) if (bytes[at + index] !== text[index]) return false;
  return true;
}

/** -1 when there is no digit, too many, or a leading zero (which JSON forbids). */
function endOfDigits(bytes: Uint8Array, at: number): number {
  let end = at;
  while (isDigit(bytes[end]) && end - at <= digitsMax) end += 1;
  const digits = end - at;
  if (digits === 0 || digits > digitsMax) return -1;
  return digits > 1 && bytes[at] === zero ? -1 : end;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= zero + 9;
}

function readDigits(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + (bytes[at] ?? zero) - zero;
  return number;
}

function asciiBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
