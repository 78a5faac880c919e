// File kinds of part 2 (重要设备): the equipment ledger, and points, real-time values and alarms of six systems that
// share one row each. Field lists are those of one implementation in the field. -9999 stands for "no value".

import type { FieldProfile, KindProfile } from '../profile.ts';
import { bits, code, number, required, text, time } from './fields.ts';

const header: readonly FieldProfile[] = [
  code('mineCode', '煤矿编码', required),
  text('mineName', '煤矿名称'),
  text('systemCode', '系统标识'),
  text('systemName', '系统名称'),
  time('uploadedAt', '数据上传时间', required),
];

export const equipmentSystems: readonly {
  readonly code: string;
  readonly prefix: string;
  readonly zh: string;
}[] = [
  { code: '30', prefix: 'TF', zh: '主要通风机' },
  { code: '31', prefix: 'PS', zh: '主排水' },
  { code: '32', prefix: 'LJ', zh: '立井提升' },
  { code: '33', prefix: 'XJ', zh: '斜井提升' },
  { code: '34', prefix: 'KY', zh: '空气压缩机' },
  { code: '35', prefix: 'JC', zh: '绞车' },
];

const pointRow: readonly FieldProfile[] = [
  code('point', '测点编码', required),
  code('typeCode', '测点类型编码'),
  text('typeName', '测点类型名称'),
  code('equipment', '设备编码'),
  text('place', '安装位置'),
  text('unit', '单位'),
  number('rangeHigh', '量程上限'),
  number('rangeLow', '量程下限'),
  number('alarmHigh', '报警上限'),
  number('alarmLow', '报警下限'),
  text('relations', '关联关系', { charsMax: 4096 }),
  text('time', '定义时间'),
];

const valueRow: readonly FieldProfile[] = [
  code('point', '测点编码', required),
  code('typeCode', '测点类型编码'),
  text('typeName', '测点类型名称'),
  code('equipment', '设备编码'),
  number('value', '测点值'),
  text('unit', '单位'),
  bits('status', '测点状态'),
  time('time', '数据时间', required),
];

const alarmRow: readonly FieldProfile[] = [
  code('point', '测点编码', required),
  code('typeCode', '测点类型编码'),
  text('name', '测点名称'),
  code('equipment', '设备编码'),
  text('alarmState', '报警状态'),
  time('startedAt', '开始时间', required),
  time('endedAt', '结束时间'),
  text('level', '报警级别'),
  time('restoredAt', '恢复时间'),
  number('restoredValue', '恢复值'),
  time('maxAt', '峰值时间'),
  number('max', '峰值'),
  time('time', '数据时间'),
];

const ledgerKinds: readonly KindProfile[] = [
  {
    kind: 'JBSJ',
    zh: '设备基本信息',
    header,
    row: [
      code('equipment', '设备编码', required),
      text('name', '设备名称'),
      text('model', '规格型号'),
      text('category', '设备类别'),
      text('producedOn', '生产日期'),
      text('system', '所属系统'),
      text('installedOn', '安装日期'),
      text('place', '安装位置'),
      text('manufacturer', '生产厂家'),
      text('serialNumber', '出厂编号'),
      text('safetyCertificate', '安标证号'),
      text('explosionProofCertificate', '防爆证号'),
      text('ratedVoltage', '额定电压'),
      text('ratedCurrent', '额定电流'),
      text('ratedPower', '额定功率'),
    ],
    certainty: 'field',
  },
  {
    kind: 'ABSJ',
    zh: '设备安标信息',
    header,
    row: [
      text('name', '产品名称'),
      text('model', '规格型号'),
      text('serialNumber', '出厂编号'),
      text('safetyCertificate', '安标证号', required),
      text('validFrom', '有效期起'),
      text('validTo', '有效期止'),
      text('state', '状态'),
      text('manufacturer', '生产单位'),
      text('address', '地址'),
      text('contact', '联系人'),
      text('telephone', '电话'),
      text('holder', '持证人'),
    ],
    certainty: 'field',
  },
  {
    kind: 'JZTT',
    zh: '禁止与淘汰设备',
    header,
    row: [
      text('name', '产品名称'),
      text('model', '规格型号', required),
      text('reason', '淘汰原因'),
      text('isBannedAtOnce', '是否立即禁止'),
      text('deadline', '淘汰期限'),
      text('noticeBatch', '公告批次'),
      text('noticeOn', '公告日期'),
      text('inForceOn', '生效日期'),
      text('category', '淘汰类别'),
      text('remark', '备注', { charsMax: 1024 }),
    ],
    certainty: 'field',
  },
  {
    kind: 'JCJY',
    zh: '设备检测检验',
    header,
    row: [
      text('serialNumber', '出厂编号'),
      text('name', '设备名称'),
      text('model', '规格型号'),
      text('inspectionNumber', '检验编号', required),
      text('item', '检验项目'),
      text('result', '检验结果'),
      text('inspectedOn', '检验日期'),
      text('inspector', '检验机构'),
      text('validFrom', '有效期起'),
      text('validTo', '有效期止'),
      text('cycle', '检验周期'),
      text('remark', '备注', { charsMax: 1024 }),
      text('contact', '联系人'),
      text('telephone', '电话'),
    ],
    certainty: 'field',
  },
];

export const part2EquipmentKinds: readonly KindProfile[] = [
  ...ledgerKinds,
  ...equipmentSystems.flatMap(({ prefix, zh }): KindProfile[] => [
    { kind: `${prefix}JC`, zh: `${zh}测点定义`, header, row: pointRow, certainty: 'field' },
    { kind: `${prefix}SS`, zh: `${zh}实时`, header, row: valueRow, certainty: 'field' },
    { kind: `${prefix}YC`, zh: `${zh}异常`, header, row: alarmRow, certainty: 'field' },
  ]),
];
