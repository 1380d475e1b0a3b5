const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,20}))?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/i;

/** Whether the text is an RFC 3339 timestamp that Postgres stores as it is: in the years 1 to 9999, and not a leap second. */
export function isTimestamp(text: string): boolean {
  const [, date, fraction = ''] = RFC_3339.exec(text) ?? [];
  if (date === undefined || date.startsWith('0000') || !isDay(date)) return false;
  if (date !== '0001-01-01' && date !== '9999-12-31') return true;
  // An offset, or rounding to microseconds, can lead to another year, which has no four digits.
  const year = new Date(text.toUpperCase()).getUTCFullYear();
  return year >= 1 && year <= 9999 && fraction.length <= 6;
}

/**
 * Completes a date without time zone to a timestamp in UTC, because some programs omit the `Z` (`2026-02-28T12:00:00`,
 * `2026-02-28 12:00:00`, `2026-02-28`). Returns null for any other text.
 */
export function assumingUtc(text: string): string | null {
  const [, date, time = '00:00:00'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,20})?))?$/i.exec(text) ?? [];
  const timestamp = `${date}T${time}Z`;
  return date !== undefined && isTimestamp(timestamp) ? timestamp : null;
}

/** Days per month in a leap year. */
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a date (`2026-02-28`) exists. `Date` is slower, and it reads February 31 as a day in March. */
export function isDay(date: string): boolean {
  const year = Number(date.slice(0, 4));
  const month = Number(date.slice(5, 7));
  const day = Number(date.slice(8));
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29) return isLeapYear;
  return day >= 1 && day <= (DAYS_OF_MONTHS[month - 1] ?? 0);
}
