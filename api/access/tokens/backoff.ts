/** The pause between an outage and the next request. */
import { backoffMs } from '../../../pacing/backoff.ts';

const PAUSE = { firstMs: 500, longestMs: 30_000 };

/** Pauses that double with each consecutive failure, from half a second to half a minute. */
export class Backoff {
  #failures = 0;
  #until = 0;

  /** Milliseconds until the next request may be sent; 0 if it may be sent now. */
  remainingMs(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /**
   * Requests that were sent together fail together: those that fail during a pause don't make it longer.
   *
   * @returns milliseconds until the next request may be sent.
   */
  noteFailure(): number {
    const remainingMs = this.remainingMs();
    if (remainingMs > 0) return remainingMs;
    this.#failures += 1;
    const pauseMs = backoffMs(PAUSE, this.#failures);
    this.#until = performance.now() + pauseMs;
    return pauseMs;
  }

  noteSuccess(): void {
    this.#failures = 0;
    this.#until = 0;
  }
}
