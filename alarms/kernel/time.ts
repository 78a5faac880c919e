// Times are milliseconds since 1970-01-01T00:00:00Z everywhere inside; ISO 8601 with an offset outside.
// No function here reads a clock: time is an argument (the house test bans Date.now in alarms/).

export type Timestamp = number;

const isoPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})$/;

const epochMin = Date.UTC(2000, 0, 1);
const epochMax = Date.UTC(2100, 0, 1);

/** ISO 8601 with a zone, or epoch milliseconds (number or digits). Null when it is neither or out of 2000-2100. */
export function parseTime(text: unknown): Timestamp | null {
  if (typeof text === 'number') return inRange(text);
  if (typeof text !== 'string') return null;
  if (/^\d{12,14}$/.test(text)) return inRange(Number(text));
  const match = isoPattern.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const utc = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000 + 1e-6),
  );
  if (!fieldsHold(Number(month), Number(day), Number(hour), Number(minute), Number(second), utc)) return null;
  return inRange(utc - zoneMs(zone ?? 'Z'));
}

export function formatTime(time: Timestamp): string {
  return new Date(time).toISOString();
}

const dayMs = 86_400_000;
const utcPlus8Ms = 8 * 3_600_000;

/** Start of the calendar week (Monday 00:00) of UTC+8 that holds `time`. */
export function weekStartUtcPlus8(time: Timestamp): Timestamp {
  const localDay = Math.floor((time + utcPlus8Ms) / dayMs);
  const weekday = (localDay + 3) % 7; // 1970-01-01 was a Thursday; Monday = 0
  return (localDay - weekday) * dayMs - utcPlus8Ms;
}

/** Start of the calendar month of UTC+8 that holds `time`. */
export function monthStartUtcPlus8(time: Timestamp): Timestamp {
  const local = new Date(time + utcPlus8Ms);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - utcPlus8Ms;
}

export function nextMonthStartUtcPlus8(time: Timestamp): Timestamp {
  const local = new Date(time + utcPlus8Ms);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - utcPlus8Ms;
}

export const weekMs = 7 * dayMs;

function inRange(time: number): Timestamp | null {
  return Number.isFinite(time) && time >= epochMin && time < epochMax ? Math.trunc(time) : null;
}

function fieldsHold(
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  utc: number,
): boolean {
  const date = new Date(utc);
  return month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59 && date.getUTCDate() === day;
}

function zoneMs(zone: string): number {
  if (zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4))) * 60_000;
}
