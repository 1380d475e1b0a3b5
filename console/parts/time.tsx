/** A time in the user's time zone, with the exact time in UTC on hover and focus. */
import { Tooltip } from '@mantine/core';
import type { ReactElement } from 'react';
import classes from './time.module.css';

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const UNITS = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * @param at RFC 3339
 * @param as `relative`: "3 hours ago"; `date`: without the time. Default: date and time.
 */
export function Time({ at, as }: { readonly at: string; readonly as?: 'relative' | 'date' }): ReactElement {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return <>{at}</>;
  return (
    <Tooltip label={`${time.toISOString()} (UTC)`} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={time.toISOString()} className={classes.time}>
        {as === 'relative' ? relativeTime(time) : (as === 'date' ? DATE : DATE_AND_TIME).format(time)}
      </time>
    </Tooltip>
  );
}

function relativeTime(time: Date): string {
  const seconds = (time.getTime() - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return RELATIVE.format(Math.round(seconds / size), unit);
}
