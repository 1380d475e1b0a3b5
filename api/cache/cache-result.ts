/** Whether a cacheable read was answered from memory, for the log and the metrics. */
import type { ServerResponse } from 'node:http';
import { meter } from '../../telemetry/meter.ts';

export type CacheResult = 'hit' | 'miss';

const RESULT = Symbol('cache result');
/** Counted here, because a counter of the SDK would cost the hot path more than the look-up. */
const counts: Record<CacheResult, number> = { hit: 0, miss: 0 };

meter
  .createObservableCounter('rollcall.page_cache.requests', {
    description: 'Cacheable reads, by whether the page was in memory',
  })
  .addCallback((counter) => {
    counter.observe(counts.hit, { result: 'hit' });
    counter.observe(counts.miss, { result: 'miss' });
  });

type Noted = ServerResponse & { [RESULT]?: CacheResult };

export function noteCacheResult(response: ServerResponse, result: CacheResult): void {
  (response as Noted)[RESULT] = result;
  counts[result] += 1;
}

/** The result of the request's cache look-up. Undefined if the request isn't a cacheable read. */
export function cacheResultOf(response: ServerResponse): CacheResult | undefined {
  return (response as Noted)[RESULT];
}
