/** Keeps slow upstreams from taking all places of a worker. */
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../registry/failure.ts';

export interface SlowFetchLimits {
  /** Milliseconds after which a fetch counts as slow. */
  readonly afterMs: number;
  /** How many slow fetches may run at a time; fewer than the worker has places, so that the others keep turning over. */
  readonly count: number;
}

export class SlowFetches {
  readonly #limits: SlowFetchLimits;
  #running = 0;

  constructor(limits: SlowFetchLimits) {
    this.#limits = limits;
  }

  /**
   * Fetches. The signal passed on aborts with `signal`, and when the fetch becomes slow while the most that are allowed
   * are already slow.
   *
   * @throws ApplicationFailure `UpstreamUnavailable`, final for this sync: it is tried again with the usual backoff
   */
  async run<Result>(signal: AbortSignal, fetch: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { afterMs, count } = this.#limits;
    const refused = new AbortController();
    let isSlow = false;
    const timer = setTimeout(() => {
      if (this.#running >= count) return refused.abort(tooMany(this.#limits));
      isSlow = true;
      this.#running += 1;
    }, afterMs);
    try {
      return await fetch(AbortSignal.any([signal, refused.signal]));
    } catch (error) {
      throw refused.signal.aborted ? refused.signal.reason : error;
    } finally {
      clearTimeout(timer);
      if (isSlow) this.#running -= 1;
    }
  }
}

function tooMany({ afterMs, count }: SlowFetchLimits): ApplicationFailure {
  const type: FailureType = 'UpstreamUnavailable';
  const message = `the fetch took longer than ${afterMs / 1000} s while ${count} other fetches of this worker did: start more workers, or find out why the upstreams are slow`;
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
