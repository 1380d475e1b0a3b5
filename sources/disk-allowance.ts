/** Limits the disk space that all fetches of this process use together. */
import { Turns } from '../pacing/turns.ts';
import { RollcallError } from '../registry/failure.ts';
import { SlowFetches } from './slow-fetches.ts';

const MEBIBYTE = 1024 * 1024;
/** Every fetch can use this much at any time. */
const SMALL_BYTES = 16 * MEBIBYTE;
/** A fetch can use this much in its turn. */
const LARGE_BYTES = 1024 * MEBIBYTE;
/** How many fetches can exceed the small allowance at a time. */
const LARGE_FETCHES = 4;
const largeFetches = new Turns({ count: LARGE_FETCHES });
/** At least one turn becomes free within ten minutes. */
const slowFetches = new SlowFetches({ afterMs: 10 * 60_000, count: LARGE_FETCHES - 1 });

/** A fetch used more disk space than allowed. */
export class DiskAllowanceExceeded extends RollcallError {}

/** Downloads something. Throws `DiskAllowanceExceeded` if it needs more than `maxBytes`. */
type FetchToDisk<Result> = (maxBytes: number, signal: AbortSignal) => Promise<Result>;

/**
 * Fetches with a small allowance. A fetch that exceeds it waits for its turn and starts again with a large one, so that small
 * fetches never wait for large ones.
 * @throws DiskAllowanceExceeded if the large allowance isn't enough; ApplicationFailure `UpstreamUnavailable` if the fetch is
 * slow while all other turns are taken by slow ones; the reason of the signal; any error of the fetch
 */
export async function fetchToDisk<Result>(signal: AbortSignal, fetch: FetchToDisk<Result>): Promise<Result> {
  try {
    return await fetch(SMALL_BYTES, signal);
  } catch (error) {
    if (!(error instanceof DiskAllowanceExceeded)) throw error;
  }
  return await largeFetches.take(() => slowFetches.run(signal, (inTurn) => fetch(LARGE_BYTES, inTurn)), { signal });
}
