/** Durations as Go prints them. */

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1000;

/** `30m0s`, `1h0m0s`, `1.5s`, `500ms`: larger units that are zero are left out. */
export function goDuration(milliseconds: number): string {
  if (milliseconds > 0 && milliseconds < SECOND) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const seconds = (milliseconds % MINUTE) / SECOND;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
