/** How long to leave alone what did not answer. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Pauses that double with each failure in a row, from half a second to half a minute. */
export class Backoff {
  #failures = 0;
  #until = 0;

  /** Milliseconds for which it is to be left alone still; 0: it may be asked. */
  remainingMs(): number {
    return Math.max(0, this.#until - performance.now());
  }

  /** Answers with the milliseconds of the pause that begins. */
  noteFailure(): number {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#until = performance.now() + pauseMs;
    return pauseMs;
  }

  noteSuccess(): void {
    this.#failures = 0;
    this.#until = 0;
  }
}
