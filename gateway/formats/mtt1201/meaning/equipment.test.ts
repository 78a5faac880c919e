import { expect, test } from 'vitest';
import { at, equipmentHeader as header, mine, upload } from '../testing/upload-text.ts';
import { equipmentSystems, part2EquipmentKinds } from '../profiles/part2-equipment.ts';
import { equipmentMeanings } from './equipment.ts';

const point = `${mine}30MN0001`;

test('every kind of the part has a meaning', () => {
  expect([...equipmentMeanings.keys()].toSorted()).toEqual(
    part2EquipmentKinds.map(({ kind }) => kind).toSorted(),
  );
  expect(part2EquipmentKinds).toHaveLength(4 + 3 * equipmentSystems.length);
});

test('the ledger keeps every field that is filled, under ids that do not take each other’s place', () => {
  const [machine] = upload(
    'JBSJ',
    header,
    'TF-01;主扇;FBCDZ;风机;2020-01-01;主要通风机;2020-06-01;风井;某厂;SN1;MAA1;;380;;500',
  ).definitions;
  expect(machine).toMatchObject({ kind: 'equipment', id: 'TF-01', name: '主扇' });
  expect(machine).toMatchObject({ fields: { serialNumber: 'SN1', ratedVoltage: '380', ratedPower: '500' } });
  expect(machine && 'fields' in machine ? Object.keys(machine.fields) : []).not.toContain('ratedCurrent');
  const [certificate] = upload(
    'ABSJ',
    header,
    '主扇;FBCDZ;SN1;MAA1;2020-01-01;2025-01-01;有效;某厂;某地;某人;1;某厂',
  ).definitions;
  expect(certificate).toMatchObject({
    id: 'ABSJ.MAA1',
    fields: { serialNumber: 'SN1', validTo: '2025-01-01' },
  });
  const [banned] = upload(
    'JZTT',
    header,
    '变压器;KS 7 型;能耗高;否;;1;2008-01-01;2008-06-01;一;',
  ).definitions;
  expect(banned).toMatchObject({ id: 'JZTT.KS-7-型', fields: { model: 'KS 7 型' } });
  const [inspection] = upload(
    'JCJY',
    header,
    'SN1;主扇;FBCDZ;JC9;性能;合格;2024-01-01;某院;;;3年;;;',
  ).definitions;
  expect(inspection).toMatchObject({ id: 'JCJY.JC9', fields: { result: '合格' } });
});

test('-9999 is no limit, no range and no value; limits of 0 on both sides are none', () => {
  const read = upload(
    'TFJC',
    header,
    `${point};0026;轴承温度;TF-01;主扇;℃;100;0;80;-9999;;2026-01-01`,
    `${mine}30KG0002;1010;开停;TF-01;主扇;;-9999;-9999;0;0;;2026-01-01`,
  );
  expect(read.definitions).toMatchObject([
    {
      id: point,
      measurand: '轴承温度',
      unit: '℃',
      range: [0, 100],
      limits: { alarmHigh: 80 },
      valueKind: 'analog',
    },
    { range: null, limits: {}, valueKind: 'switch' },
  ]);
  const values = upload(
    'TFSS',
    header,
    `${point};0026;轴承温度;TF-01;61.5;℃;1;2026-11-24 07:59:00`,
    `${point};0026;轴承温度;TF-01;-9999;℃;128;2026-11-24 07:59:10`,
  ).readings;
  expect(values).toEqual([
    { point, time: at('07:59:00'), value: 61.5, status: 1, unit: '℃' },
    { point, time: at('07:59:10'), value: null, status: 128, unit: '℃' },
  ]);
});

test('an alarm ends when it says so, or when the value is back; its kind does not change with its level', () => {
  const row = (end: string, level: string, restored: string): string =>
    `${point};0026;轴承温度;TF-01;报警;2026-11-24 07:00:00;${end};${level};${restored};60;2026-11-24 07:05:00;91;2026-11-24 07:40:00`;
  const of = (text: string) => upload('TFYC', header, text).report.upstreamAlarms?.[0];
  expect(of(row('', '1', ''))).toMatchObject({ kind: 'TFYC', endedAt: null, max: 91, maxAt: at('07:05:00') });
  expect(of(row('', '2', '2026-11-24 07:30:00'))).toMatchObject({ kind: 'TFYC', endedAt: at('07:30:00') });
  expect(of(row('2026-11-24 07:20:00', '2', '2026-11-24 07:30:00'))).toMatchObject({
    endedAt: at('07:20:00'),
  });
});
