// One field as text ⇄ its value, by type: what the reader takes and what the writer writes. Times are those of UTC+8.

import { parseTime } from '#alarms/kernel/time.ts';
import type { IntakeRefusal } from '#gateway/protocol/refusals.ts';
import { pointIdCharsMax } from '../decoding.ts';
import type { DialectProfile, FieldProfile } from './profile.ts';

export const textCharsMax = 256;
const utcPlus8Ms = 8 * 3_600_000;

export interface BadField {
  readonly reason: IntakeRefusal;
  readonly zh: string;
  readonly en: string;
}

export type FieldValue = string | number | null;

/** The patterns of a dialect as they are tried, the standard's own first. */
export function timePatterns({ timePatterns: others = [] }: DialectProfile): readonly RegExp[] {
  return ['yyyy-MM-dd HH:mm:ss', ...others].map((pattern) => {
    const digits = pattern.replaceAll(/yyyy|MM|dd|HH|mm|ss/g, (part) => String.raw`(\d{${part.length}})`);
    return new RegExp(`^${digits}$`);
  });
}

/** Blanks around a field are nobody's content. */
export function readField(raw: string, field: FieldProfile, times: readonly RegExp[]): FieldValue | BadField {
  const text = raw.trim();
  if (text.length > charsMaxOf(field)) return tooLong(field, text.length);
  const value = text === '' ? null : valueOf(text, field, times);
  return value === null && field.isRequired === true ? empty(field) : value;
}

export function isBad(value: FieldValue | BadField): value is BadField {
  return typeof value === 'object' && value !== null;
}

function charsMaxOf({ type, charsMax }: FieldProfile): number {
  return charsMax ?? (type === 'code' ? pointIdCharsMax : textCharsMax);
}

function valueOf(text: string, field: FieldProfile, times: readonly RegExp[]): FieldValue | BadField {
  switch (field.type) {
    case 'text':
      return controls.test(text) ? invalid(field, text, '含控制字符', 'holds control characters') : text;
    case 'code':
      return blanks.test(text) ? invalid(field, text, '含空白', 'holds blanks') : text;
    case 'number':
      return numberOf(text, decimal) ?? invalid(field, text, '不是数值', 'is not a number');
    case 'integer':
      return numberOf(text, whole) ?? invalid(field, text, '不是整数', 'is not a whole number');
    case 'flag':
      return numberOf(text, zeroOrOne) ?? invalid(field, text, '不是 0 或 1', 'is neither 0 nor 1');
    case 'bits':
      return (
        bitsOf(text) ??
        invalid(field, text, '不是 0…255 或 8 位二进制', 'is not 0…255 or eight bits', 'BAD_STATUS')
      );
    case 'time':
      if (noTime.test(text)) return null;
      return timeOf(text, times) ?? invalid(field, text, '不是时间', 'is not a time', 'BAD_TIME');
  }
}

// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u001f\u007f-\u009f]/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const blanks = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]/;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const whole = /^[+-]?\d{1,15}$/;
const zeroOrOne = /^[01]$/;
const eightBits = /^[01]{8}$/;
const byte = /^\d{1,3}$/;
/** Vendors write it for "not yet". */
const noTime = /^x{4}-xx-xx[ /]xx:xx:xx$/i;

function numberOf(text: string, pattern: RegExp): number | null {
  const value = pattern.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

function bitsOf(text: string): number | null {
  if (eightBits.test(text)) return Number.parseInt(text, 2);
  const value = numberOf(text, byte);
  return value !== null && value <= 255 ? value : null;
}

function timeOf(text: string, times: readonly RegExp[]): number | null {
  for (const pattern of times) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const [, year, month, day, hour, minute, second] = match;
    return parseTime(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
  }
  return null;
}

/** The text of a value; whether it says the same is for the reader to find out. */
export function writeField(value: FieldValue, { type }: FieldProfile): string {
  if (value === null) return '';
  if (type !== 'time' || typeof value === 'string' || !isOfOurTime(value)) return String(value);
  return new Date(value + utcPlus8Ms).toISOString().slice(0, 19).replace('T', ' ');
}

function isOfOurTime(time: number): boolean {
  return parseTime(time) !== null;
}

function invalid(
  { zh, name }: FieldProfile,
  text: string,
  zhWhy: string,
  enWhy: string,
  reason: IntakeRefusal = 'FIELD_INVALID',
): BadField {
  const shown = text.slice(0, 32).replaceAll(new RegExp(controls.source, 'g'), '?');
  return { reason, zh: `字段“${zh}”的内容“${shown}”${zhWhy}`, en: `field ${name}: "${shown}" ${enWhy}` };
}

function tooLong(field: FieldProfile, chars: number): BadField {
  const bound = charsMaxOf(field);
  return {
    reason: 'FIELD_TOO_LONG',
    zh: `字段“${field.zh}”有 ${chars} 个字符，最多 ${bound}`,
    en: `field ${field.name} has ${chars} characters, at most ${bound} are taken`,
  };
}

function empty({ zh, name }: FieldProfile): BadField {
  return { reason: 'FIELD_EMPTY', zh: `必填字段“${zh}”为空`, en: `required field ${name} is empty` };
}
