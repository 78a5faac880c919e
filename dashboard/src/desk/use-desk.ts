// How a component reaches the desk: everything a screen needs, in one object. Provided once by main.ts.

import { inject, type InjectionKey } from 'vue';
import { invariant } from '#alarms/kernel/result.ts';
import type { DeskModel } from './desk.ts';

export const deskKey: InjectionKey<DeskModel> = Symbol('desk');

export function useDesk(): DeskModel {
  const desk = inject(deskKey);
  invariant(desk !== undefined, 'no desk was provided');
  return desk;
}
