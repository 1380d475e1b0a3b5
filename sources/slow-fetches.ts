/** Keeps slow upstreams from occupying all slots of a worker. */
import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../registry/failure.ts';

export interface SlowFetchLimits {
  /** After this time a fetch counts as slow, in milliseconds. */
  readonly afterMs: number;
  /** How many slow fetches can run at a time. Fewer than the worker's slots, so that the others stay available. */
  readonly count: number;
}

export class SlowFetches {
  readonly #limits: SlowFetchLimits;
  #running = 0;

  constructor(limits: SlowFetchLimits) {
    this.#limits = limits;
  }

  /**
   * Runs a fetch. Its signal aborts with `signal`, and also if the fetch becomes slow while the maximum number of slow fetches is
   * running.
   * @throws ApplicationFailure `UpstreamUnavailable`, which ends this sync: the actor retries with its usual backoff
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
  const message = `the fetch took longer than ${afterMs / 1000} s while ${count} other slow fetches were running on this worker: start more workers, or find out why the upstreams are slow`;
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}
