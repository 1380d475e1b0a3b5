const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,20})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/i;

/** Whether the text is a date and time in RFC 3339 that Postgres takes too: in the years 1 to 9999, and no leap second. */
export function isTimestamp(text: string): boolean {
  const date = RFC_3339.exec(text)?.[1];
  return date !== undefined && !date.startsWith('0000') && isDay(date);
}

/** By month; February has its 29th in leap years only. */
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a date (`2026-02-28`) is in the calendar. Not by `Date`, which takes long and the 31st of February for a day in March. */
export function isDay(date: string): boolean {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29) return isLeapYear;
  return day >= 1 && day <= (DAYS_OF_MONTHS[month - 1] ?? 0);
}
