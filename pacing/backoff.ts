/** Exponential backoff: the one rule for all waits after failures. This file has no imports, so that workflow code can use it. */

/** The longest wait that an upstream can ask for, in milliseconds. */
export const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

export interface BackoffLimits {
  /** The wait after the first failure, in milliseconds. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly longestMs: number;
}

/**
 * The wait after a number of consecutive failures: doubled with each one.
 *
 * @param failures at least 1
 * @returns milliseconds
 */
export function backoffMs({ firstMs, longestMs }: BackoffLimits, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
