/** Bounds what all fetches of this process take of the disk together. */
import { Turns } from '../db/connection/turns.ts';
import { RollcallError } from '../registry/failure.ts';
import { SlowFetches } from '../activities/slow-fetches.ts';

const MEBIBYTE = 1024 * 1024;
/** What every fetch may take at any time. */
const SMALL_BYTES = 16 * MEBIBYTE;
/** What a fetch may take in its turn. */
const LARGE_BYTES = 1024 * MEBIBYTE;
/** Fetches that take more than the small allowance at a time. */
const LARGE_FETCHES = 4;
const largeFetches = new Turns({ count: LARGE_FETCHES });
/** At least one of the places is free again within ten minutes. */
const slowFetches = new SlowFetches({ afterMs: 10 * 60_000, count: LARGE_FETCHES - 1 });

/** A fetch took more of the disk than it was allowed to. */
export class DiskAllowanceExceeded extends RollcallError {}

/** Fetches something to the disk. Throws `DiskAllowanceExceeded` when it takes more than `maxBytes`. */
type FetchToDisk<Result> = (maxBytes: number, signal: AbortSignal) => Promise<Result>;

/**
 * Fetches with a small allowance. A fetch that exceeds it waits until it is its turn and starts again with a large one, so
 * that small fetches never wait for large ones.
 *
 * @throws DiskAllowanceExceeded if the large allowance isn't enough; ApplicationFailure `UpstreamUnavailable` if the fetch
 *   is slow while the others that have a turn are; the reason of the signal; what the fetch throws
 */
export async function fetchToDisk<Result>(signal: AbortSignal, fetch: FetchToDisk<Result>): Promise<Result> {
  try {
    return await fetch(SMALL_BYTES, signal);
  } catch (error) {
    if (!(error instanceof DiskAllowanceExceeded)) throw error;
  }
  return await largeFetches.take(() => slowFetches.run(signal, (inTurn) => fetch(LARGE_BYTES, inTurn)), { signal });
}
