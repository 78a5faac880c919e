// Which languages there are, and how a text with fillings is made. Pure; the desk holds which language is on.

import type { Language } from '../widgets/formatting.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type TextKey = keyof typeof zh;
export type Fillings = Readonly<Record<string, string | number>>;
export type Translate = (key: TextKey, fillings?: Fillings) => string;

export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(zh, key);
}

export function translate(language: Language, key: TextKey, fillings: Fillings = {}): string {
  const text: string = (language === 'zh' ? zh : en)[key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fillings[name] ?? whole));
}

/** For names with a text of their own that the protocol may extend: the code itself where there is none. */
export function translateOr(t: Translate, key: string, otherwise: string, fillings?: Fillings): string {
  return isTextKey(key) ? t(key, fillings) : otherwise;
}
