/** Types of values in requests. */
import { z } from 'zod';
import { isDay } from '../../registry/timestamp.ts';

/** A text without NUL, which Postgres can't store. */
export const text = z.string().refine((value) => !value.includes('\0'), 'must not contain the character NUL');

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/;
/** The range of four-digit years, which Postgres can store. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59Z');

/** An RFC 3339 timestamp, converted to UTC with microseconds, the precision of Postgres. */
export const timestamp = z.string().transform((value, context) => {
  // Clients forget to encode the plus sign of an offset, which then arrives as a space.
  const time = readTimestamp(value.replace(/ (\d{2}:\d{2})$/, '+$1'));
  if (time !== undefined) return time;
  context.addIssue({ code: 'custom', message: 'must be a timestamp (RFC 3339) such as 2025-08-07T13:15:04.280Z' });
  return z.NEVER;
});

/**
 * Converts a timestamp, or returns undefined if the text isn't one. A leap second becomes the next second. A time
 * outside the years 1 to 9999 becomes the nearest one inside.
 */
function readTimestamp(written: string): string | undefined {
  const [, date, minutes, seconds, fraction = '', offset] = RFC_3339.exec(written) ?? [];
  if (date === undefined || minutes === undefined || seconds === undefined || offset === undefined) return undefined;
  const isLeapSecond = seconds === '60';
  const time = Date.parse(`${date}T${minutes}:${isLeapSecond ? '59' : seconds}${offset.toUpperCase()}`);
  if (Number.isNaN(time) || !isDay(date)) return undefined;
  const inRange = Math.min(Math.max(time + (isLeapSecond ? 1000 : 0), EARLIEST), LATEST);
  return `${new Date(inRange).toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}
