import fc from 'fast-check';
import { expect, test } from 'vitest';

import { DURATION_PATTERN, durationMilliseconds, durationText } from '../../config/duration.ts';

test.each([
  ['0', 0],
  ['100ms', 100],
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['2h45m30.5s', 9_930_500],
  ['500us', 0.5],
  ['500µs', 0.5],
  ['-1m', -60_000],
])('%s', (text, milliseconds) => {
  expect(text).toMatch(DURATION_PATTERN);
  expect(durationMilliseconds(text)).toBeCloseTo(milliseconds, 6);
});

test.each(['', '5', '1d', '1 h', 'h', '1h-5m', '1e3s', '1.s', 'm30'])('%j is not a duration', (text) => {
  expect(text).not.toMatch(DURATION_PATTERN);
});

test('the notation in messages can be used in the file', () => {
  fc.assert(
    fc.property(fc.nat(1e9), (milliseconds) => {
      const text = durationText(milliseconds);
      expect(text).toMatch(DURATION_PATTERN);
      expect(durationMilliseconds(text)).toBe(milliseconds);
    }),
  );
});
