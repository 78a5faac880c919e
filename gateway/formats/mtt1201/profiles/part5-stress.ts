// File kinds of borehole stress (rock burst, very probably part 5): as one producer in the field writes them.
// Nothing here has been confirmed from the standard's text.

import type { KindProfile } from '../profile.ts';
import { bits, code, commonHeader, number, required, text, time } from './fields.ts';

export const part5StressKinds: readonly KindProfile[] = [
  {
    kind: 'ZKYL',
    zh: '钻孔应力测点定义',
    header: commonHeader,
    row: [
      code('point', '测点编码', required),
      text('roadway', '巷道'),
      code('typeCode', '测点类型'),
      text('place', '位置描述'),
      text('distance', '距工作面距离/深度'),
      text('installedOn', '安装日期'),
      number('x', 'X坐标'),
      number('y', 'Y坐标'),
      number('z', 'Z坐标'),
      text('direction', '方向'),
      text('thresholds', '报警阈值组'),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'ZKSS',
    zh: '钻孔应力实时',
    header: commonHeader,
    row: [
      code('point', '测点编码', required),
      code('typeCode', '测点类型'),
      text('name', '测点名称'),
      number('value', '应力值'),
      bits('status', '测点状态'),
      time('time', '数据时间', required),
    ],
    certainty: 'assumed',
  },
  {
    kind: 'ZKYC',
    zh: '钻孔应力异常',
    header: commonHeader,
    row: [
      code('point', '测点编码', required),
      code('typeCode', '测点类型'),
      text('name', '测点名称'),
      code('alarmType', '异常类型'),
      time('startedAt', '开始时间', required),
      time('endedAt', '结束时间'),
      number('max', '最大值'),
      time('maxAt', '最大值时刻'),
      number('min', '最小值'),
      time('minAt', '最小值时刻'),
      number('mean', '平均值'),
      time('time', '数据时间'),
    ],
    certainty: 'assumed',
  },
];
