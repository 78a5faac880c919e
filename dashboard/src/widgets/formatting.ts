// Numbers, times and ages as they are shown (one place, pure). Decimal point, thin space for thousands, true minus;
// 24-hour clock of the mine's zone (UTC+8) whatever zone the desk is in; ages in words.

export type Language = 'zh' | 'en';

const utcPlus8Ms = 8 * 3_600_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

const decimalsOfMeasurand: Readonly<Record<string, number>> = {
  CH4: 2,
  CO: 0,
  windSpeed: 2,
  temperature: 1,
  humidity: 0,
  pressure: 1,
  pipeMethane: 1,
  pipeTemperature: 1,
  pipeFlow: 1,
  pipePressure: 1,
  pipeDifferentialPressure: 0,
  current: 0,
  direction: 0,
  speed: 0,
};

export function decimalsOf(measurand: string): number {
  return decimalsOfMeasurand[measurand] ?? 2;
}

const decimalsOfUnit: Readonly<Record<string, number>> = { '%CH4': 2, ppm: 0, 'm/s': 2, '℃': 1 };

/** For a value whose point is not at hand: as points of that unit usually show; null = no habit. */
export function decimalsOfUnitOrNull(unit: string): number | null {
  return decimalsOfUnit[unit] ?? null;
}

export function formatNumber(value: number, decimals: number): string {
  const digits = Math.abs(value).toFixed(decimals);
  const [whole = '0', fraction] = digits.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u2009');
  const isNegative = value < 0 && Number(digits) !== 0;
  return `${isNegative ? '−' : ''}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** At most `decimals` places, none that say nothing: limits and counts. */
export function formatShort(value: number, decimals = 3): string {
  return formatNumber(value, Math.min(decimals, placesOf(value)));
}

function placesOf(value: number): number {
  const text = String(Number(value.toPrecision(9)));
  const dot = text.indexOf('.');
  return dot < 0 || text.includes('e') ? 0 : text.length - dot - 1;
}

/** Names carry the code of the source in brackets at their end: it stands in the title where there is little room. */
export function withoutCode(name: string): string {
  return name.replace(/\s*[（(][^（）()]*[)）]\s*$/, '') || name;
}

/** `%CH4` is written %CH₄. */
export function unitText(unit: string): string {
  return unit.replace('CH4', 'CH₄').replace('%RH', '%RH');
}

/** The age of something: 2 秒, 6 分 20 秒, 18 分, 5 时 10 分, 6 日. */
export function formatAge(ageMs: number, language: Language): string {
  const words = language === 'zh' ? zhAge : enAge;
  const age = Math.max(0, ageMs);
  if (age < minuteMs) return words.s(Math.floor(age / 1000));
  if (age < 10 * minuteMs) {
    const seconds = Math.floor((age % minuteMs) / 1000);
    const minutes = words.m(Math.floor(age / minuteMs));
    return seconds === 0 ? minutes : `${minutes} ${words.s(seconds)}`;
  }
  if (age < hourMs) return words.m(Math.floor(age / minuteMs));
  if (age < dayMs) {
    const minutes = Math.floor((age % hourMs) / minuteMs);
    const hours = words.h(Math.floor(age / hourMs));
    return minutes === 0 ? hours : `${hours} ${words.m(minutes)}`;
  }
  return words.d(Math.floor(age / dayMs));
}

const zhAge = {
  s: (n: number) => `${n} 秒`,
  m: (n: number) => `${n} 分`,
  h: (n: number) => `${n} 时`,
  d: (n: number) => `${n} 日`,
};
const enAge = {
  s: (n: number) => `${n} s`,
  m: (n: number) => `${n} min`,
  h: (n: number) => `${n} h`,
  d: (n: number) => `${n} d`,
};

/** A running length: m:ss, h:mm:ss. */
export function formatLength(lengthMs: number): string {
  const seconds = Math.max(0, Math.floor(lengthMs / 1000));
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds < 3600 ? rest.replace(/^0/, '') : `${Math.floor(seconds / 3600)}:${rest}`;
}

/** 14:32:08 in the mine's zone. */
export function formatClock(time: number): string {
  const at = new Date(time + utcPlus8Ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
}

/** 14:32 in the mine's zone. */
export function formatMinute(time: number): string {
  return formatClock(time).slice(0, 5);
}

/** 2026-03-18 in the mine's zone. */
export function formatDate(time: number): string {
  return new Date(time + utcPlus8Ms).toISOString().slice(0, 10);
}

/** Clock alone on the day of `now`, with the date otherwise: never a time without its day. */
export function formatMoment(time: number, now: number): string {
  const clock = formatClock(time);
  return formatDate(time) === formatDate(now) ? clock : `${formatDate(time).slice(5)} ${clock}`;
}

const weekdays = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
} as const;

export function weekday(time: number, language: Language): string {
  return weekdays[language][new Date(time + utcPlus8Ms).getUTCDay()] ?? '';
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${formatNumber(bytes / 1024, 1)} KiB`;
  if (bytes < 1024 * 1024 * 1024) return `${formatNumber(bytes / 1024 / 1024, 1)} MiB`;
  return `${formatNumber(bytes / 1024 / 1024 / 1024, 1)} GiB`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
