// Frames as faulty devices send them, each made from a good payload: what a gateway must refuse, acknowledge, count and
// outlive. None of them holds a reading that may be kept.

export interface BrokenFrame {
  readonly name: string;
  /** Code of the gateway's refusal. */
  readonly reason: string;
  /** Given a good payload. */
  readonly payload: (good: Buffer) => Buffer;
}

type Json = Record<string, unknown>;

const changed =
  (changes: (frame: Json) => object) =>
  (good: Buffer): Buffer => {
    const frame = JSON.parse(good.toString()) as Json;
    return Buffer.from(JSON.stringify({ ...frame, ...changes(frame) }));
  };
const text = (payload: string) => () => Buffer.from(payload);

export const brokenFrames: readonly BrokenFrame[] = [
  {
    name: 'breaks off',
    reason: 'JSON_INVALID',
    payload: (good) => good.subarray(0, Math.floor(good.length / 2)),
  },
  {
    name: 'is not UTF-8',
    reason: 'JSON_INVALID',
    payload: (good) =>
      Buffer.concat([good.subarray(0, 1), Buffer.from([0x22, 0xff, 0x22]), good.subarray(1)]),
  },
  { name: 'nested deep', reason: 'JSON_INVALID', payload: text('['.repeat(10_000)) },
  { name: 'no known format', reason: 'FORMAT_UNKNOWN', payload: text('{"hello":1}') },
  { name: 'no bytes', reason: 'EMPTY', payload: text('') },
  {
    name: 'empty columns',
    reason: 'EMPTY',
    payload: changed(() => ({ p: [], d: [], x: [], s: [] })),
  },
  { name: 'version 2', reason: 'VERSION_UNSUPPORTED', payload: changed(() => ({ v: 2 })) },
  {
    name: 'list never bound',
    reason: 'PV_UNKNOWN',
    payload: changed(() => ({ p: undefined, pv: 7 })),
  },
  { name: 'no number', reason: 'SEQ_INVALID', payload: changed(() => ({ seq: undefined })) },
  { name: 'negative number', reason: 'SEQ_INVALID', payload: changed(() => ({ seq: -1 })) },
  { name: 'time in words', reason: 'TIME_INVALID', payload: changed(() => ({ t: 'noon' })) },
  {
    name: 'time in seconds',
    reason: 'TIME_INVALID',
    payload: changed(({ t }) => ({ t: Math.floor(Number(t) / 1_000) })),
  },
  { name: 'unequal columns', reason: 'COLUMNS_UNEQUAL', payload: changed(() => ({ d: [] })) },
  { name: 'column no array', reason: 'COLUMN_INVALID', payload: changed(() => ({ x: 5 })) },
  {
    // Here only the readings are refused, and the frame is remembered: without a stamp of its own, the good frame of
    // the same number would be its repetition.
    name: 'values that are texts',
    reason: 'BAD_VALUE',
    payload: changed(({ t, x }) => ({ t: Number(t) - 1, x: (x as unknown[]).map(String) })),
  },
  {
    name: 'status beyond eight bits',
    reason: 'BAD_STATUS',
    payload: changed(({ t, s }) => ({ t: Number(t) - 1, s: (s as unknown[]).map(() => 256) })),
  },
];
