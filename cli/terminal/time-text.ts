/** Human-readable times and durations. */

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
  const amount = `${Math.floor(Math.abs(distance) / unit.milliseconds)} ${unit.name}`;
  return distance < 0 ? `${amount} ago` : `in ${amount}`;
}

/** `0.4 s`, `2 min 5 s`, `5 min`. */
export function roundedDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = `${Math.floor(seconds / 60)} min`;
  return seconds % 60 === 0 ? minutes : `${minutes} ${seconds % 60} s`;
}
