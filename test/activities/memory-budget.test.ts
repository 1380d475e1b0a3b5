import { expect, test } from 'vitest';
import { MemoryBudget } from '../../activities/memory-budget.ts';

const MIB = 1024 * 1024;

test('a single fetch has chunks of full size, and twenty of them share the budget', () => {
  const memory = new MemoryBudget(256 * MIB);
  const releases = [memory.hold()];
  expect(memory.chunkCharacters).toBe(4 * MIB);
  while (releases.length < 20) releases.push(memory.hold());
  expect(memory.chunkCharacters * 16 * 20).toBeLessThanOrEqual(256 * MIB);
  for (const release of releases) {
    release();
    release();
  }
  expect(memory.chunkCharacters).toBe(4 * MIB);
});

test('with any number of fetches, a chunk stays large enough to be efficient', () => {
  const memory = new MemoryBudget(MIB);
  for (let holders = 0; holders < 100; holders += 1) memory.hold();
  expect(memory.chunkCharacters).toBe(128 * 1024);
});
