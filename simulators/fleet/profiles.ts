// What kinds of points a simulated mine has, and how each of them behaves: level, diurnal swing, drift, noise with a
// memory, blasts. Limits are those of the location type where the catalogue has it. Not a model of ventilation: enough
// of its shape that rules, compression and screens meet what they meet underground.

export interface PointKind {
  /** Part of the point's id. */
  readonly code: string;
  readonly name: string;
  readonly measurand: string;
  readonly unit: string;
  readonly locationType?: string;
  /** Which place of its group it hangs in. */
  readonly place: PlaceKind;
  readonly limits: Readonly<Record<string, number>>;
  readonly range: readonly [number, number];
  /** Digits after the point, as the meter reports them. */
  readonly decimals: 0 | 1 | 2;
  readonly base: number;
  /** Points of a kind differ in their level by up to this, either way. */
  readonly spread: number;
  /** Up and down over a day, by up to this. */
  readonly diurnal: number;
  /** Standard deviation of the slow wandering, whose memory is hours long. */
  readonly drift: number;
  /** Standard deviation and memory of the noise. */
  readonly noise: number;
  readonly noiseMemoryS: number;
  /** Where a shot is fired nearby: the mean rise, and how fast it goes again. */
  readonly blast?: { readonly rise: number; readonly decayS: number };
}

export type PlaceKind = 'face' | 'return' | 'heading';

export const placeNames: Readonly<Record<PlaceKind, { zh: string; type: string }>> = {
  face: { zh: '采煤工作面', type: 'face' },
  return: { zh: '回风巷', type: 'return' },
  heading: { zh: '掘进工作面', type: 'heading' },
};

const gas = { measurand: 'CH4', unit: '%CH4', range: [0, 4], decimals: 2 } as const;
const limits15 = { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1.5, restoreHigh: 1 };
const limits10 = { alarmHigh: 1, clearHigh: 0.9, cutHigh: 1, restoreHigh: 1 };

/** The points of a group, in this order; a mine is as many groups as it needs. */
export const pointKinds: readonly PointKind[] = [
  {
    ...gas,
    code: 'T0',
    name: '上隅角甲烷',
    locationType: 'T0',
    place: 'face',
    limits: limits15,
    base: 0.42,
    spread: 0.12,
    diurnal: 0.05,
    drift: 0.04,
    noise: 0.04,
    noiseMemoryS: 40,
  },
  {
    ...gas,
    code: 'T1',
    name: '工作面甲烷',
    locationType: 'T1',
    place: 'face',
    limits: limits15,
    base: 0.3,
    spread: 0.1,
    diurnal: 0.04,
    drift: 0.03,
    noise: 0.03,
    noiseMemoryS: 25,
  },
  {
    ...gas,
    code: 'T2',
    name: '回风巷甲烷',
    locationType: 'T2',
    place: 'return',
    limits: limits10,
    base: 0.34,
    spread: 0.1,
    diurnal: 0.04,
    drift: 0.03,
    noise: 0.02,
    noiseMemoryS: 90,
  },
  {
    ...gas,
    code: 'H1',
    name: '掘进工作面甲烷',
    locationType: 'heading-T1',
    place: 'heading',
    limits: limits15,
    base: 0.2,
    spread: 0.08,
    diurnal: 0.02,
    drift: 0.03,
    noise: 0.03,
    noiseMemoryS: 20,
    blast: { rise: 0.5, decayS: 600 },
  },
  {
    ...gas,
    code: 'H2',
    name: '掘进回风流甲烷',
    locationType: 'heading-T2',
    place: 'heading',
    limits: limits10,
    base: 0.24,
    spread: 0.08,
    diurnal: 0.02,
    drift: 0.03,
    noise: 0.02,
    noiseMemoryS: 60,
    blast: { rise: 0.35, decayS: 900 },
  },
  {
    code: 'CO',
    name: '一氧化碳',
    measurand: 'CO',
    unit: 'ppm',
    place: 'heading',
    limits: { alarmHigh: 24, clearHigh: 22 },
    range: [0, 500],
    decimals: 0,
    base: 4,
    spread: 2,
    diurnal: 0.5,
    drift: 0.8,
    noise: 0.8,
    noiseMemoryS: 60,
    blast: { rise: 40, decayS: 900 },
  },
  {
    code: 'WS',
    name: '风速',
    measurand: 'windSpeed',
    unit: 'm/s',
    place: 'return',
    limits: {},
    range: [0, 15],
    decimals: 2,
    base: 2.2,
    spread: 0.6,
    diurnal: 0.1,
    drift: 0.1,
    noise: 0.12,
    noiseMemoryS: 5,
  },
  {
    code: 'TP',
    name: '温度',
    measurand: 'temperature',
    unit: '℃',
    place: 'face',
    limits: {},
    range: [0, 60],
    decimals: 1,
    base: 24,
    spread: 2,
    diurnal: 1,
    drift: 0.4,
    noise: 0.1,
    noiseMemoryS: 300,
  },
  {
    code: 'RH',
    name: '湿度',
    measurand: 'humidity',
    unit: '%RH',
    place: 'return',
    limits: {},
    range: [0, 100],
    decimals: 0,
    base: 82,
    spread: 6,
    diurnal: 4,
    drift: 2,
    noise: 0.8,
    noiseMemoryS: 300,
  },
  {
    code: 'BA',
    name: '气压',
    measurand: 'pressure',
    unit: 'hPa',
    place: 'return',
    limits: {},
    range: [800, 1200],
    decimals: 1,
    base: 995,
    spread: 5,
    diurnal: 2,
    drift: 3,
    noise: 0.2,
    noiseMemoryS: 120,
  },
];
