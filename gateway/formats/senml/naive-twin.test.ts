// The decoder against a twin written from the text of RFC 8428 alone: it looks back for each base field anew, sorts last,
// and counts in whole numbers (milliseconds, ten-thousandths), of which the pack is then written. Also: nothing throws.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { onOff } from '#gateway/formats/batch.ts';
import { intakeRefusals, type IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { emptyBatch } from '../decoding.ts';
import { SenmlDecoder } from './decode.ts';

const received = Date.UTC(2026, 2, 18, 6, 0, 0, 123);
const into = emptyBatch();
const decoder = new SenmlDecoder();

/** Times in ms, values in ten-thousandths; null stands for something of the wrong type. */
interface Draft {
  readonly bn?: string | null;
  readonly bt?: number | null;
  readonly bu?: string | null;
  readonly bv?: number | null;
  readonly n?: string | null;
  readonly t?: number | null;
  readonly u?: string | null;
  readonly v?: number | null;
  readonly vb?: boolean;
  readonly vs?: string;
  readonly s?: number;
  readonly extra?: 'known' | 'unknown' | 'required';
}

const bad = fc.constant(null);
const rarelyBad = <T>(good: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
const absolute = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
const relative = fc.integer({ min: -100_000, max: 100_000 });
const tenThousandths = fc.integer({ min: -50_000_000, max: 50_000_000 });
const unit = fc.constantFrom('A', '/', '%RH', 'Cel', '');

const draft: fc.Arbitrary<Draft> = fc.record(
  {
    bn: rarelyBad(fc.constantFrom('', 'dev:', 'x.', '_', '甲')),
    bt: rarelyBad(fc.oneof(absolute, relative, fc.constant(0))),
    bu: rarelyBad(unit),
    bv: rarelyBad(tenThousandths),
    n: rarelyBad(fc.constantFrom('', 'a', 'MM261', 'a b', ':z', 'long'.repeat(16))),
    t: rarelyBad(fc.oneof(relative, absolute)),
    u: rarelyBad(unit),
    v: rarelyBad(tenThousandths),
    vb: fc.boolean(),
    vs: fc.constant('text'),
    s: fc.constant(4),
    extra: fc.constantFrom('known' as const, 'unknown' as const, 'required' as const),
  },
  { requiredKeys: [] },
);

// Most records are to have a chance: the odd fields are rare.
const record = fc
  .tuple(draft, fc.constantFrom(...'nvtnvtnvtnvt'.split(''), 'all'), fc.integer({ min: 0, max: 9 }))
  .map(([one, , dice]): Draft => {
    if (dice > 7) return one;
    const { vb: _vb, vs: _vs, extra: _extra, s: _s, ...usual } = one;
    return { n: 'a', v: 5_000, ...usual };
  });

function written(draft: Draft): object {
  const { extra, ...fields } = draft;
  const json: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) json[key] = key.endsWith('n') || key.endsWith('u') ? 7 : 'seven';
    else if (key === 't' || key === 'bt') json[key] = Number(value) / 1_000;
    else if (key === 'v' || key === 'bv') json[key] = Number(value) / 10_000;
    else json[key] = value;
  }
  if (extra === 'known') json['ut'] = 5;
  if (extra === 'unknown') json['comment'] = 'x';
  if (extra === 'required') json['must_'] = 1;
  return json;
}

type Reading = readonly [name: string, time: number, value: number, unit: unknown];

function lastBase<K extends 'bn' | 'bt' | 'bu' | 'bv'>(
  pack: readonly Draft[],
  index: number,
  key: K,
): Draft[K] | undefined {
  for (let at = index; at >= 0; at -= 1) {
    const value = pack[at]?.[key];
    if (value !== undefined) return value;
  }
  return undefined;
}

function resolved(pack: readonly Draft[], index: number): Reading | IntakeRefusal | null {
  const one = pack[index]!;
  if (one.extra === 'required') return 'FIELD_NOT_UNDERSTOOD';
  const regular = Object.keys(one).filter((key) => !key.startsWith('b'));
  if (regular.length === 0 && Object.keys(one).length > 0) return null;
  const { n: name = '', t: ownTime = 0 } = one;
  const { base = '', baseTime = 0 } = {
    base: lastBase(pack, index, 'bn'),
    baseTime: lastBase(pack, index, 'bt'),
  };
  if (base === null || name === null) return 'BAD_POINT';
  const full = base + name;
  const allowed = full.split('').every((letter) => /[A-Za-z0-9:./_-]/.test(letter));
  if (full === '' || full.length > 64 || !allowed || '-:./_'.includes(full[0]!)) return 'BAD_POINT';
  if (baseTime === null || ownTime === null) return 'BAD_TIME';
  const sum = baseTime + ownTime;
  const time = sum < 268_435_456_000 ? received + sum : sum;
  if (time < Date.UTC(2000, 0) || time >= Date.UTC(2100, 0)) return 'BAD_TIME';
  const value = valueOf(pack, index);
  return typeof value === 'string' ? value : [full, time, ...value];
}

function valueOf(pack: readonly Draft[], index: number): readonly [number, unknown] | IntakeRefusal {
  const { v, vb, vs, s, u } = pack[index]!;
  const given = [v, vb, vs].filter((value) => value !== undefined);
  if (given.length > 1) return 'BAD_VALUE';
  if (given.length === 0) return s === undefined ? 'BAD_VALUE' : 'VALUE_KIND_UNSUPPORTED';
  if (vs !== undefined) return 'VALUE_KIND_UNSUPPORTED';
  if (vb !== undefined) return u === undefined || u === '/' ? [vb ? 1 : 0, onOff] : 'UNIT_MISMATCH';
  const { base = 0 } = { base: lastBase(pack, index, 'bv') };
  if (v === null || v === undefined || base === null) return 'BAD_VALUE';
  const unit = u === undefined ? lastBase(pack, index, 'bu') : u;
  return unit === null ? 'UNIT_MISMATCH' : [(base + v) / 10_000, unit ?? null];
}

test('a pack of any records gives what the twin makes of it', () => {
  let readings = 0;
  let refusals = 0;
  const property = fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (pack) => {
    const outcomes = pack.map((_, index) => resolved(pack, index));
    const expected = outcomes.filter((one) => typeof one === 'object' && one !== null);
    const refused = outcomes.flatMap((one, index) => (typeof one === 'string' ? [[index, one]] : []));
    const result = decoder.decode(Buffer.from(JSON.stringify(pack.map(written))), into, received);
    if (expected.length + refused.length === 0) {
      expect(result).toMatchObject({ reason: 'EMPTY' });
      return;
    }
    if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
    const { count, points, times, values, units } = result.batch;
    const rows = points.map((point, i) => [point, times[i], values[i], units?.[i] ?? null]);
    expect(rows).toEqual(expected.toSorted((a, b) => a[1] - b[1]));
    expect(result.batch.refused.map(({ index, reason }) => [index, reason])).toEqual(refused);
    readings += count;
    refusals += refused.length;
  });
  fc.assert(property, { seed: 17, numRuns: 4000 });
  expect(readings).toBeGreaterThan(5_000);
  expect(refusals).toBeGreaterThan(2_000);
});

const anyRecord = fc.dictionary(
  fc.constantFrom(
    'bn',
    'bt',
    'bu',
    'bv',
    'bs',
    'bver',
    'n',
    'u',
    'v',
    'vs',
    'vb',
    'vd',
    's',
    't',
    'ut',
    'x_',
    'z',
  ),
  fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.double(),
    fc.constantFrom('a', 'Cel', '/', 1.79e9, 5, 1e308, -1e-300),
  ),
  { maxKeys: 8 },
);

test('whatever the fields hold, nothing throws and nothing that is no number, time or name comes out', () => {
  const property = fc.property(fc.array(fc.oneof(anyRecord, fc.jsonValue()), { maxLength: 8 }), (pack) => {
    const result = decoder.read(JSON.parse(JSON.stringify(pack)), into, received);
    if (!result.ok) {
      expect(result.reason in intakeRefusals).toBe(true);
      return;
    }
    const { count, points, times, values, refused } = result.batch;
    expect(count + refused.length).toBeLessThanOrEqual(pack.length);
    for (let i = 0; i < count; i += 1) {
      expect(points[i]).toMatch(/^[A-Za-z0-9][A-Za-z0-9\-:./_]{0,63}$/);
      expect(Number.isSafeInteger(times[i])).toBe(true);
      expect(Number.isFinite(values[i])).toBe(true);
      if (i > 0) expect(times[i]).toBeGreaterThanOrEqual(times[i - 1]!);
    }
    for (const { reason } of refused) expect(reason in intakeRefusals).toBe(true);
  });
  expect(() => fc.assert(property, { seed: 23, numRuns: 5000 })).not.toThrow();
});
