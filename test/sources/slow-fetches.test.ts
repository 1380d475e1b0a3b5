import { expect, test } from 'vitest';
import { SlowFetches } from '../../sources/slow-fetches.ts';
import { eventually } from '../eventually.ts';

/** Ends only when its signal does. */
function hanging(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

test('slow fetches up to the limit continue, and the next one that becomes slow fails for this sync', async () => {
  const fetches = new SlowFetches({ afterMs: 20, count: 2 });
  const cancelled = new AbortController();
  const ended: number[] = [];
  const failures: unknown[] = [];
  const runs = Array.from({ length: 5 }, (_, index) =>
    fetches.run(cancelled.signal, hanging).catch((error: unknown) => {
      ended.push(index);
      failures.push(error);
    }),
  );
  await eventually(async () => ended.length === 3, 'three of five slow fetches are ended');
  expect(failures[0]).toMatchObject({ type: 'UpstreamUnavailable', nonRetryable: true });
  expect(ended).toEqual([2, 3, 4]);
  cancelled.abort();
  await Promise.all(runs);
});

test('a slow fetch that ends makes room for another', async () => {
  const fetches = new SlowFetches({ afterMs: 5, count: 1 });
  const { signal } = new AbortController();
  for (let round = 0; round < 3; round += 1) {
    const slow = fetches.run(signal, () => new Promise((resolve) => setTimeout(resolve, 30)));
    await expect(slow).resolves.toBeUndefined();
  }
});

test('a quick fetch is not affected by slow ones', async () => {
  const fetches = new SlowFetches({ afterMs: 10, count: 0 });
  const { signal } = new AbortController();
  await expect(fetches.run(signal, hanging)).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
  await expect(fetches.run(signal, async () => 'done')).resolves.toBe('done');
});
