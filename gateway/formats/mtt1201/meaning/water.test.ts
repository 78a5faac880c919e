import { describe, expect, test } from 'vitest';
import { at, header, mine, upload } from '../testing/upload-text.ts';
import { part4WaterKinds } from '../profiles/part4-water.ts';
import { waterMeanings } from './water.ts';

const point = `${mine}MNAbCd`;
const xyz = '4245615.60;36372560.60;1229.00';
const time = '2026-11-24 07:59:00';

test('every kind of the part has a meaning and a message class of its own', () => {
  expect([...waterMeanings.keys()].toSorted()).toEqual(part4WaterKinds.map(({ kind }) => kind).toSorted());
  expect(new Set(part4WaterKinds.map(({ messageClass }) => messageClass)).size).toBe(part4WaterKinds.length);
});

/** Definition and real-time file of each system, with what its points are called. */
const systems = [
  [
    'CGK',
    `${point};0502;1号孔;上段;50;60;70;80;${xyz};2026-11-24`,
    `${point};00000000;10.5;26;${time}`,
    ['.level', '.temperature'],
    [10.5, 26],
  ],
  ['YSL', `${point};车场;一采区;0503;m³/h;${xyz};2026-11-24`, `${point};0;33.3;${time}`, [''], [33.3]],
  [
    'PSL',
    `${point};水仓;一采区;${xyz};水泵房;1#泵;65.97%;650;6825H;2026-11-24`,
    `${point};44.5;00000000;800;${time}`,
    ['.flow', '.total'],
    [44.5, 800],
  ],
  [
    'SFS',
    `${point};1号孔;m;延安组;1;2;3;4;${xyz};0.5;20;2026-11-24`,
    `${point};1号孔;7.5;${time}`,
    [''],
    [7.5],
  ],
  [
    'JSL',
    `${point};3;观测站;2023-11-10;某厂;2023-11-10;${xyz}`,
    `${point};2026-11-24 07:00:00;${time};${time};0;12`,
    [''],
    [12],
  ],
  [
    'DBS',
    `${point};1;监测点;2023-11-10;某厂;2023-11-10;0502;m;${xyz}`,
    `${point};2.5;11;0;${time}`,
    ['.level', '.flow'],
    [2.5, 11],
  ],
  [
    'DBCX',
    `${point};沉陷区;1401;100;1,1&2,2;综采;1号桩;${xyz};2026-11-24`,
    `${point};沉陷区;1号桩;0;1.1;1.2;1.3;${time}`,
    ['.x', '.y', '.z'],
    [1.1, 1.2, 1.3],
  ],
  [
    'WZ',
    `${point};监测区;1402;J;${xyz};2026-11-24`,
    `${point};0;1;2;3;1000;1.5;${time}`,
    ['.energy', '.magnitude'],
    [1000, 1.5],
  ],
] as const;

describe('definitions and readings name the same points', () => {
  test.each(systems)('%s', (system, definition, row, suffixes, values) => {
    const defined = upload(`${system}CDDY`, header, definition).definitions;
    const { readings } = upload(`${system}CDSS`, header, row);
    const points = suffixes.map((suffix) => point + suffix);
    expect(defined.map(({ id }) => id)).toEqual(points);
    expect(readings.map((reading) => reading.point)).toEqual(points);
    expect(readings.map((reading) => reading.value)).toEqual(values);
    expect(new Set(readings.map((reading) => reading.time))).toEqual(new Set([at('07:59:00')]));
    for (const each of defined) {
      expect(each).toMatchObject({ kind: 'point', x: 4_245_615.6, y: 36_372_560.6, z: 1229 });
    }
  });
});

test('the status is a number or eight binary digits', () => {
  const { readings } = upload('CGKCDSS', header, `${point};10000000;1;2;${time}`, `${point}2;32;1;2;${time}`);
  expect(readings.map(({ status }) => status)).toEqual([128, 128, 32, 32]);
});

describe('SBCDSS', () => {
  const of = (start: string, stop: string, state: number) =>
    upload('SBCDSS', header, `${point};1#水泵;${start};${stop};${state};${time}`);
  const early = '2026-11-24 06:00:00';
  const late = '2026-11-24 07:00:00';

  test('gives the state as a reading and both changes in their order', () => {
    const running = of(late, early, 1);
    expect(running.readings).toEqual([{ point, time: at('07:59:00'), value: 1, status: 0, unit: null }]);
    expect(running.report.switchChanges).toEqual([
      { point, time: at('06:00:00'), state: 0, previous: null },
      { point, time: at('07:00:00'), state: 1, previous: 0 },
    ]);
    expect(of(early, late, 0).report.switchChanges).toEqual([
      { point, time: at('06:00:00'), state: 1, previous: null },
      { point, time: at('07:00:00'), state: 0, previous: 1 },
    ]);
  });

  test('takes no change without its time, and no time that does not fit the state', () => {
    expect(of(late, '', 1).report.switchChanges).toEqual([
      { point, time: at('07:00:00'), state: 1, previous: null },
    ]);
    expect(of('', late, 1).report.switchChanges).toBeUndefined();
    const odd = of(early, late, 1);
    expect(odd.report.switchChanges).toEqual([{ point, time: at('06:00:00'), state: 1, previous: null }]);
    expect(odd.remarks.map(({ zh }) => zh)).toEqual([expect.stringContaining('不符')]);
  });
});

describe('alarms carry how they were handled', () => {
  const rest = (isAlarm: number, handledAt: string): string =>
    `水文孔;${isAlarm};实时预警3.97m>涨阈值（蓝）3.00m;2026-11-24 07:00:00;4;传感器故障;张三;${handledAt};2026-11-24 07:30:00`;

  test('while it is one, it lasts, handled or not', () => {
    const [alarm] =
      upload('CGKCDYC', header, `${point};0502;${rest(1, '2026-11-24 07:10:00')}`).report.upstreamAlarms ??
      [];
    expect(alarm).toMatchObject({
      subject: point,
      kind: 'CGKCDYC',
      startedAt: at('07:00:00'),
      endedAt: null,
      reportedAt: at('07:30:00'),
      cause: '实时预警3.97m>涨阈值（蓝）3.00m；传感器故障',
      measures: '4',
      recordedAt: at('07:10:00'),
      recordedBy: '张三',
    });
  });

  test('its end is when it was handled, else when it was reported as none', () => {
    const end = (handledAt: string) =>
      upload('CGKCDYC', header, `${point};0502;${rest(0, handledAt)}`).report.upstreamAlarms?.[0]?.endedAt;
    expect(end('2026-11-24 07:10:00')).toBe(at('07:10:00'));
    expect(end('')).toBe(at('07:30:00'));
  });

  test('PSLCDYC is read with and without the sensor type', () => {
    for (const type of ['', '0501;']) {
      const read = upload('PSLCDYC', header, `${point};${type}${rest(1, '')}`);
      expect(read.refused).toEqual([]);
      expect(read.report.upstreamAlarms).toMatchObject([{ subject: point, recordedBy: '张三' }]);
    }
  });
});
