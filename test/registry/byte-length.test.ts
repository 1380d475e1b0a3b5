import { expect, test } from 'vitest';
import { byteLength, isLongerThan } from '../../registry/byte-length.ts';

test.each(['', 'ascii', 'é'.repeat(5), '…'.repeat(4), '🙂🙂', '\uD800'])('the size of %j in bytes', (text) => {
  const bytes = Buffer.byteLength(text);
  expect(byteLength(text)).toBe(bytes);
  expect(isLongerThan(text, bytes)).toBe(false);
  expect(isLongerThan(text, bytes - 1)).toBe(true);
});
