import { expect, test } from 'vitest';
import { roundedDuration, relativeTime } from '../../cli/terminal/time-text.ts';

test.each([
  [400, '0.4 s'],
  [59_400, '59.4 s'],
  [59_990, '1 min'],
  [119_600, '2 min'],
  [125_000, '2 min 5 s'],
])('%i ms take %s', (milliseconds, text) => {
  expect(roundedDuration(milliseconds)).toBe(text);
});

const NOW = Date.parse('2026-11-21T12:00:00Z');

test.each([
  ['2026-11-21T12:00:00.400Z', 'now'],
  ['2026-11-21T11:59:00.100Z', '59 s ago'],
  ['2026-11-21T11:00:00.100Z', '59 min ago'],
  ['2026-11-20T12:00:01.000Z', '23 h ago'],
  ['2026-11-20T12:00:00.000Z', '1 d ago'],
  ['2026-11-21T14:30:00.000Z', 'in 2 h'],
])('%s is shown as %s', (timestamp, text) => {
  expect(relativeTime(timestamp, NOW)).toBe(text);
});
