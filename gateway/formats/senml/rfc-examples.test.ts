// Every JSON example of RFC 8428 §5.1, with the records resolved by hand from the text around it. What is no number in
// them (labels, data) is refused for that; what sets an actuator is read as what it says.

import { describe, expect, test } from 'vitest';
import { onOff, type StatedUnit } from '#gateway/formats/batch.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { emptyBatch } from '../decoding.ts';
import { SenmlDecoder } from './decode.ts';

const received = Date.UTC(2026, 2, 18, 6, 0, 0, 123);
const into = emptyBatch();

type Row = readonly [name: string, time: number, value: number, unit: StatedUnit | null];
type Refused = readonly [index: number, reason: IntakeRefusal];

interface Example {
  readonly section: string;
  readonly text: string;
  readonly rows: readonly Row[];
  readonly refused?: readonly Refused[];
}

const device = 'urn:dev:ow:10e2073a01080063';
/** Mon Oct 31 13:24:24 UTC 2011 */
const october = Date.UTC(2011, 9, 31, 13, 24, 24);
/** Mon Oct 31 16:27:09 UTC 2011 */
const query = Date.UTC(2011, 9, 31, 16, 27, 9);
/** Tue Jun 8 18:01:16.001 UTC 2010 */
const june = Date.UTC(2010, 5, 8, 18, 1, 16, 1);

const multiple: readonly Row[] = [
  [device, october, 20, '%RH'],
  [device, october, 24.30621, 'lon'],
  [device, october, 60.07965, 'lat'],
  [device, october + 60_000, 20.3, '%RH'],
  [device, october + 60_000, 24.30622, 'lon'],
  [device, october + 60_000, 60.07965, 'lat'],
  [device, october + 120_000, 20.7, '%RH'],
  [device, october + 120_000, 24.30623, 'lon'],
  [device, october + 120_000, 60.07966, 'lat'],
  [device, october + 150_000, 98, '%EL'],
  [device, october + 180_000, 21.2, '%RH'],
  [device, october + 180_000, 24.30628, 'lon'],
  [device, october + 180_000, 60.07967, 'lat'],
];

const examples: readonly Example[] = [
  {
    section: '5.1.1 single data point: now',
    text: `[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]`,
    rows: [[device, received, 23.1, 'Cel']],
  },
  {
    section: '5.1.2 voltage and current now',
    text: `[
      {"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
      {"n":"current","u":"A","v":1.2}
    ]`,
    rows: [
      [`${device}:voltage`, received, 120.1, 'V'],
      [`${device}:current`, received, 1.2, 'A'],
    ],
  },
  {
    section:
      '5.1.2 current at each of the last seconds: in the order of time, the voltage of the last second first',
    text: `[
      {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,
       "bu":"A","bver":5,
       "n":"voltage","u":"V","v":120.1},
      {"n":"current","t":-5,"v":1.2},
      {"n":"current","t":-4,"v":1.3},
      {"n":"current","t":-3,"v":1.4},
      {"n":"current","t":-2,"v":1.5},
      {"n":"current","t":-1,"v":1.6},
      {"n":"current","v":1.7}
    ]`,
    rows: [
      ['urn:dev:ow:10e2073a0108006:current', june - 5_000, 1.2, 'A'],
      ['urn:dev:ow:10e2073a0108006:current', june - 4_000, 1.3, 'A'],
      ['urn:dev:ow:10e2073a0108006:current', june - 3_000, 1.4, 'A'],
      ['urn:dev:ow:10e2073a0108006:current', june - 2_000, 1.5, 'A'],
      ['urn:dev:ow:10e2073a0108006:current', june - 1_000, 1.6, 'A'],
      ['urn:dev:ow:10e2073a0108006:voltage', june, 120.1, 'V'],
      ['urn:dev:ow:10e2073a0108006:current', june, 1.7, 'A'],
    ],
  },
  {
    section: '5.1.2 the stream, its array closed',
    text: `[
      {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,
       "bu":"%RH","v":21.2},
      {"t":10,"v":21.3},
      {"t":20,"v":21.4},
      {"t":30,"v":21.4},
      {"t":40,"v":21.5},
      {"t":50,"v":21.5},
      {"t":60,"v":21.5},
      {"t":70,"v":21.6},
      {"t":80,"v":21.7}
    ]`,
    rows: [21.2, 21.3, 21.4, 21.4, 21.5, 21.5, 21.5, 21.6, 21.7].map((value, index) => [
      device,
      october + index * 10_000,
      value,
      '%RH',
    ]),
  },
  {
    section: '5.1.3 multiple measurements',
    text: `[
      {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,
       "bu":"%RH","v":20},
      {"u":"lon","v":24.30621},
      {"u":"lat","v":60.07965},
      {"t":60,"v":20.3},
      {"u":"lon","t":60,"v":24.30622},
      {"u":"lat","t":60,"v":60.07965},
      {"t":120,"v":20.7},
      {"u":"lon","t":120,"v":24.30623},
      {"u":"lat","t":120,"v":60.07966},
      {"u":"%EL","t":150,"v":98},
      {"t":180,"v":21.2},
      {"u":"lon","t":180,"v":24.30628},
      {"u":"lat","t":180,"v":60.07967}
    ]`,
    rows: multiple,
  },
  {
    section: '5.1.4 the same, resolved',
    text: `[
      {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067464e+09,
       "v":20},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067464e+09,
       "v":24.30621},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067464e+09,
       "v":60.07965},
      {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067524e+09,
       "v":20.3},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067524e+09,
       "v":24.30622},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067524e+09,
       "v":60.07965},
      {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067584e+09,
       "v":20.7},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067584e+09,
       "v":24.30623},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067584e+09,
       "v":60.07966},
      {"n":"urn:dev:ow:10e2073a01080063","u":"%EL","t":1.320067614e+09,
       "v":98},
      {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067644e+09,
       "v":21.2},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067644e+09,
       "v":24.30628},
      {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067644e+09,
       "v":60.07967}
    ]`,
    rows: multiple,
  },
  {
    section: '5.1.5 multiple data types: the label and the data are no readings',
    text: `[
      {"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
      {"n":"label","vs":"Machine Room"},
      {"n":"open","vb":false},
      {"n":"nfv-reader","vd":"aGkgCg"}
    ]`,
    rows: [
      [`${device}:temp`, received, 23.1, 'Cel'],
      [`${device}:open`, received, 0, onOff],
    ],
    refused: [
      [1, 'VALUE_KIND_UNSUPPORTED'],
      [3, 'VALUE_KIND_UNSUPPORTED'],
    ],
  },
  {
    section: '5.1.6 collection of resources: the name of the third record, the time of the first',
    text: `[
      {"bn":"2001:db8::2/","bt":1.320078429e+09,
       "n":"temperature","u":"Cel","v":25.2},
      {"n":"humidity","u":"%RH","v":30},
      {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},
      {"n":"humidity","u":"%RH","v":67}
    ]`,
    rows: [
      ['2001:db8::2/temperature', query, 25.2, 'Cel'],
      ['2001:db8::2/humidity', query, 30, '%RH'],
      ['2001:db8::1/temperature', query, 12.3, 'Cel'],
      ['2001:db8::1/humidity', query, 67, '%RH'],
    ],
  },
  {
    section: '5.1.7 a thermostat: the first record only sets the base name',
    text: `[
      {"bn":"urn:dev:ow:10e2073a01080063:"},
      {"n":"temp","u":"Cel","v":23.1},
      {"n":"heat","u":"/","v":1},
      {"n":"fan","u":"/","v":0}
    ]`,
    rows: [
      [`${device}:temp`, received, 23.1, 'Cel'],
      [`${device}:heat`, received, 1, '/'],
      [`${device}:fan`, received, 0, '/'],
    ],
  },
  {
    section: '5.1.7 two lights on',
    text: `[
      {"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":1},
      {"n":"2001:db8::4","v":1}
    ]`,
    rows: [
      ['2001:db8::3', query, 1, '/'],
      ['2001:db8::4', query, 1, '/'],
    ],
  },
  {
    section: '5.1.7 two lights dimmed, and off 100 ms later',
    text: `[
      {"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},
      {"n":"2001:db8::4","v":0.5},
      {"n":"2001:db8::3","t":0.1,"v":0},
      {"n":"2001:db8::4","t":0.1,"v":0}
    ]`,
    rows: [
      ['2001:db8::3', query, 0.5, '/'],
      ['2001:db8::4', query, 0.5, '/'],
      ['2001:db8::3', query + 100, 0, '/'],
      ['2001:db8::4', query + 100, 0, '/'],
    ],
  },
];

describe('RFC 8428 §5.1', () => {
  test.each(examples.map((one) => [one.section, one] as const))('%s', (_, { text, rows, refused = [] }) => {
    const result = new SenmlDecoder().decode(Buffer.from(text), into, received);
    if (!result.ok) throw new Error(result.reason);
    const { count, points, times, values, status, units, base, sequence } = result.batch;
    expect(points.map((point, i) => [point, times[i], values[i], units?.[i]])).toEqual(rows);
    expect(result.batch.refused.map(({ index, reason }) => [index, reason])).toEqual(refused);
    expect(count).toBe(rows.length);
    expect([...status.subarray(0, count)]).toEqual(rows.map(() => 0));
    expect([base, sequence]).toEqual([rows[0]?.[1], -1]);
  });

  test('the stream as it stands, its array never closed, is no pack', () => {
    const text = `[{"bn":"${device}","bt":1.320067464e+09,"bu":"%RH","v":21.2},{"t":10,"v":21.3},`;
    expect(new SenmlDecoder().decode(Buffer.from(text), into, received)).toMatchObject({
      ok: false,
      reason: 'JSON_INVALID',
    });
  });
});
