/** Times as people say them. */

const UNITS = [
  { name: 'd', milliseconds: 86_400_000 },
  { name: 'h', milliseconds: 3_600_000 },
  { name: 'min', milliseconds: 60_000 },
  { name: 's', milliseconds: 1_000 },
] as const;

/** `3 min ago`, `in 2 h`, `now`; null for null. */
export function relativeTime(timestamp: string | null | undefined, now = Date.now()): string | null {
  if (timestamp === null || timestamp === undefined) return null;
  const distance = Date.parse(timestamp) - now;
  const unit = UNITS.find(({ milliseconds }) => Math.abs(distance) >= milliseconds);
  if (unit === undefined) return 'now';
  const amount = `${Math.round(Math.abs(distance) / unit.milliseconds)} ${unit.name}`;
  return distance < 0 ? `${amount} ago` : `in ${amount}`;
}

/** `0.4 s`, `2 min 5 s`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}
