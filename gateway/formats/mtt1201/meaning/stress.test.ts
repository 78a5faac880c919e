import { expect, test } from 'vitest';
import { at, header, mine, upload } from '../testing/upload-text.ts';

const point = `${mine}ZKYLAbCd`;

test('defines points without guessing at their alarm limits', () => {
  const read = upload('ZKYL', header, `${point};回风巷;1201;距巷道10米;120;2026-11-24;1;2;3;X;12&10&100`);
  expect(read.definitions).toMatchObject([
    { id: point, unit: 'MPa', measurand: 'boreholeStress', place: '回风巷 距巷道10米', limits: {}, z: 3 },
  ]);
  expect(read.remarks.map(({ zh }) => zh)).toEqual([expect.stringContaining('阈值组')]);
});

test('gives readings in MPa, and alarms by their type', () => {
  const readings = upload('ZKSS', header, `${point};1201;1号;8.25;0;2026-11-24 07:59:00`).readings;
  expect(readings).toEqual([{ point, time: at('07:59:00'), value: 8.25, status: 0, unit: 'MPa' }]);
  const [alarm] =
    upload(
      'ZKYC',
      header,
      `${point};1201;1号;1;2026-11-24 07:00:00;;60;2026-11-24 07:01:00;30;2026-11-24 07:02:00;45;2026-11-24 07:03:00`,
    ).report.upstreamAlarms ?? [];
  expect(alarm).toMatchObject({
    subject: point,
    kind: 'ZKYC.1',
    endedAt: null,
    max: 60,
    maxAt: at('07:01:00'),
    min: 30,
    mean: 45,
    reportedAt: at('07:03:00'),
  });
});
