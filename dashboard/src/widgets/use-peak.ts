// The peak of the alarm on the screen, kept up to date: read once from the record, then followed live.

import { computed, shallowRef, watch, type ComputedRef } from 'vue';
import { api } from '../desk/api.ts';
import { useDesk } from '../desk/use-desk.ts';
import type { AlarmState } from '../stream/contract.ts';
import { extremeOf, furtherOf, hasPeak, isDownward, type Extreme } from './peak.ts';

/** Enough to see an hour in full; beyond it the record gives the extremes of each piece. */
const samplesMax = 4_000;

export function usePeak(alarm: () => AlarmState | undefined): ComputedRef<Extreme | null> {
  const desk = useDesk();
  const seen = shallowRef<Extreme | null>(null);

  async function read(one: AlarmState): Promise<void> {
    const answer = await api.history([one.scope], one.since, desk.now.value + 1_000, samplesMax);
    const [series] = answer.ok ? answer.value.series : [];
    if (series === undefined || alarm()?.id !== one.id) return;
    const recorded = extremeOf(series.t, series.v, one.since, isDownward(one));
    if (recorded !== null)
      seen.value = furtherOf(recorded, seen.value?.value ?? null, seen.value?.at ?? 0, isDownward(one));
  }

  watch(
    () => alarm()?.id,
    () => {
      const one = alarm();
      seen.value = null;
      if (one === undefined || one.peak !== null || !hasPeak(one) || !desk.points.value.has(one.scope))
        return;
      if (one.quantity !== null && one.ruleKind === 'threshold')
        seen.value = { value: one.quantity, at: one.raisedAt };
      void read(one);
    },
    { immediate: true },
  );
  watch(
    () => desk.stream.value.values,
    (values) => {
      const one = alarm();
      const slot = one === undefined ? undefined : desk.points.value.get(one.scope)?.slot;
      if (one === undefined || slot === undefined || !hasPeak(one)) return;
      const reading = values.get(slot);
      if (reading !== undefined) seen.value = furtherOf(seen.value, reading.v, reading.t, isDownward(one));
    },
  );
  return computed(() => alarm()?.peak ?? seen.value);
}
