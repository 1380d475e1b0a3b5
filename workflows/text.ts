/** Text for the Temporal Web UI. */

/** `2026-01-31 09:30:00 UTC`. */
export function readableTime(timestamp: string): string {
  return `${timestamp.slice(0, 19).replace('T', ' ')} UTC`;
}

/** Keeps outside text on its line. */
export function inline(text: string): string {
  return text.replace(/\s+/g, ' ');
}

export function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}
