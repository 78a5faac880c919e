// The peaks of the alarms on the screen, kept up to date: followed live, and read from the record, for of a fast point
// the live values are only the newest of each second. Known only from what this screen saw, a peak says so.

import { computed, onBeforeUnmount, shallowRef, watch, type ComputedRef } from 'vue';
import { api } from '../desk/api.ts';
import { useDesk } from '../desk/use-desk.ts';
import type { AlarmState } from '../stream/contract.ts';
import {
  extremeOf,
  extremeOfSample,
  furtherOf,
  hasPeak,
  isDownward,
  nextRead,
  peakAtRaise,
  type Extreme,
  type Peak,
} from './peak.ts';

/** Enough to see half an hour in full; beyond it the record gives the extremes of each piece. */
const samplesMax = 2_000;
/** How often it is looked whether something is to be read. */
const lookMs = 5_000;

export function usePeak(alarm: () => AlarmState | undefined): ComputedRef<Peak | null> {
  const peaks = usePeaks(() => {
    const one = alarm();
    return one === undefined ? [] : [one];
  });
  return computed(() => peaks.value.get(alarm()?.id ?? '') ?? null);
}

export function usePeaks(alarms: () => readonly AlarmState[]): ComputedRef<ReadonlyMap<string, Peak>> {
  const desk = useDesk();
  const extremes = shallowRef<ReadonlyMap<string, Extreme>>(new Map());
  const whole = shallowRef<ReadonlySet<string>>(new Set());
  let readTo = new Map<string, number>();
  let isReading = false;
  let isGone = false;

  const followed = computed(() =>
    alarms().filter((one) => one.peak === null && hasPeak(one) && desk.points.value.has(one.scope)),
  );

  function merge(found: (alarm: AlarmState) => Extreme | null): void {
    const next = new Map<string, Extreme>();
    for (const one of followed.value) {
      const extreme = furtherOf(extremes.value.get(one.id) ?? null, found(one), isDownward(one));
      if (extreme !== null) next.set(one.id, extreme);
    }
    extremes.value = next;
  }

  function follow(): void {
    merge((one) => {
      const slot = desk.points.value.get(one.scope)?.slot ?? -1;
      const reading = desk.stream.value.values.get(slot);
      return reading === undefined ? null : extremeOfSample(reading, one.since);
    });
  }

  /** One request at a time; one that fails is asked again at the next look. */
  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      for (;;) {
        const now = desk.now.value;
        const next = nextRead(followed.value, readTo, now);
        if (next === null) return;
        const answer = await api.history(next.points, next.from, now + 1_000, samplesMax);
        if (isGone || !answer.ok) return;
        const series = new Map(answer.value.series.map((one) => [one.point, one]));
        merge((one) => {
          const own = next.alarms.has(one.id) ? series.get(one.scope) : undefined;
          return own === undefined ? null : extremeOf(own, one.since, isDownward(one));
        });
        for (const id of next.alarms) readTo.set(id, now);
        whole.value = new Set([...whole.value, ...next.whole]);
      }
    } finally {
      isReading = false;
    }
  }

  watch(
    () => followed.value.map((one) => one.id).join(' '),
    () => {
      const ids = new Set(followed.value.map((one) => one.id));
      readTo = new Map([...readTo].filter(([id]) => ids.has(id)));
      whole.value = new Set([...whole.value].filter((id) => ids.has(id)));
      merge(peakAtRaise);
      follow();
      void read();
    },
    { immediate: true },
  );
  watch(() => desk.stream.value.values, follow);
  watch(
    () => Math.floor(desk.now.value / lookMs),
    () => void read(),
  );
  onBeforeUnmount(() => {
    isGone = true;
  });

  return computed(() => {
    const peaks = new Map<string, Peak>();
    for (const { id, peak } of alarms()) {
      const extreme = extremes.value.get(id);
      if (peak !== null) peaks.set(id, { ...peak, isSimulated: false, knowledge: 'recorded' });
      else if (extreme !== undefined)
        peaks.set(id, { ...extreme, knowledge: whole.value.has(id) ? 'soFar' : 'seen' });
    }
    return peaks;
  });
}
