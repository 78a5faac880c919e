// Short words for the field lists of profiles, so that a kind reads like the table of the standard. Data only.

import type { FieldProfile, FieldType } from '../profile.ts';

interface FieldOptions {
  readonly isRequired?: true;
  readonly charsMax?: number;
}

const field =
  (type: FieldType) =>
  (name: string, zh: string, options: FieldOptions = {}): FieldProfile => ({ name, zh, type, ...options });

export const text = field('text');
export const code = field('code');
export const number = field('number');
export const integer = field('integer');
export const time = field('time');
export const flag = field('flag');
export const bits = field('bits');

export const required = { isRequired: true } as const;

/** Lists inside one field: the stations of a whole trip (40 characters each), the cards of everybody in an area. */
export const list = { charsMax: 65_536 } as const;

/** 煤矿编码;矿井名称;数据上传时间 – of all files but a few definition files. */
export const commonHeader: readonly FieldProfile[] = [
  code('mineCode', '煤矿编码', required),
  text('mineName', '矿井名称'),
  time('uploadedAt', '数据上传时间', required),
];
