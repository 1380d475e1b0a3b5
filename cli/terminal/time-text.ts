/** Human-readable times and durations. */

const SECONDS = { name: 's', milliseconds: 1_000 } as const;
const UNITS = [
  { name: 'd', milliseconds: 86_400_000 },
  { name: 'h', milliseconds: 3_600_000 },
  { name: 'min', milliseconds: 60_000 },
  SECONDS,
] as const;

/** `3 min ago`, `in 2 h`, `now`; null for null. */
export function relativeTime(timestamp: string | null | undefined, now = Date.now()): string | null {
  if (timestamp === null || timestamp === undefined) return null;
  const distance = Date.parse(timestamp) - now;
  if (Math.abs(distance) < 1000) return 'now';
  const amount = amountText(Math.abs(distance));
  return distance < 0 ? `${amount} ago` : `in ${amount}`;
}

/** `3 min`; `0 s` for null, and for a time in the future. */
export function timeSince(timestamp: string | null | undefined, now = Date.now()): string {
  return amountText(timestamp === null || timestamp === undefined ? 0 : Math.max(0, now - Date.parse(timestamp)));
}

/** Formats a duration in the largest unit that fits into it at least once, otherwise in seconds. */
function amountText(milliseconds: number): string {
  const unit = UNITS.find((one) => milliseconds >= one.milliseconds) ?? SECONDS;
  return `${Math.floor(milliseconds / unit.milliseconds)} ${unit.name}`;
}

/** `0.4 s`, `2 min 5 s`, `5 min`. */
export function roundedDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = `${Math.floor(seconds / 60)} min`;
  return seconds % 60 === 0 ? minutes : `${minutes} ${seconds % 60} s`;
}
