/** Durations in Go's notation: `30m`, `1h30m`, `1.5h`, `100ms`. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Allows a sign, so that negative durations get a specific error. */
export const DURATION_PATTERN = /^-?(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;

/** Converts a text that matches `DURATION_PATTERN` to milliseconds. */
export function durationMilliseconds(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    milliseconds += Number(amount) * (MILLISECONDS[unit ?? ''] ?? Number.NaN);
  }
  return sign * milliseconds;
}

/** Formats milliseconds for messages: 90000 is `1m30s`. */
export function durationText(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms']) {
    const size = MILLISECONDS[unit] ?? Number.NaN;
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${String(amount)}${unit}`;
    rest -= amount * size;
  }
  return text === '' ? '0s' : text;
}
