import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyFilter } from '../../db/syncs/key-filter.ts';

test('never forgets a key', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (keys) => {
      const filter = new KeyFilter();
      for (const key of keys) filter.add(key);
      expect(keys.every((key) => filter.mayHold(key))).toBe(true);
    }),
  );
});

test('reports few of 100,000 other keys as added', () => {
  const filter = new KeyFilter();
  let mistaken = 0;
  for (let index = 0; index < 100_000; index += 1) {
    const key = `io.github.someone/server-${index}\0${index % 10}.0.0`;
    if (filter.mayHold(key)) mistaken += 1;
    filter.add(key);
  }
  expect(mistaken).toBeLessThan(200);
});
