/** Restarts a server whenever it ends unexpectedly. */
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../pacing/backoff.ts';

/** A failure that retrying can't fix. The message explains what the operator must do. */
export class Unrecoverable extends Error {
  override readonly name = 'Unrecoverable';
}

/** Something that runs until it is stopped or fails. */
export interface Running {
  /** Fulfilled when it has ended, with a description such as `killed by SIGKILL`. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface KeepRunningOptions {
  /** The name of the program in messages. */
  readonly name: string;
  readonly start: () => Promise<Running>;
  readonly onMessage: (message: string, level: 'info' | 'warn') => void;
}

const BACKOFF = { firstMs: 250, longestMs: 10_000 };
/** After running for this long, a program counts as healthy, and the backoff starts over. */
const HEALTHY_AFTER_MS = 30_000;

export interface KeptRunning {
  readonly stop: () => Promise<void>;
  /** Fulfilled, with the reason, if it has ended and can't be restarted: see `Unrecoverable`. */
  readonly lost: Promise<Unrecoverable>;
}

/**
 * Starts something, and restarts it with increasing delays whenever it ends unexpectedly.
 * @throws any error of the very first start
 */
export async function keepRunning(options: KeepRunningOptions): Promise<KeptRunning> {
  const stopping = new AbortController();
  const { promise: lost, resolve: reportLost } = Promise.withResolvers<Unrecoverable>();
  let current = await options.start();
  const supervision = supervise();

  async function supervise(): Promise<void> {
    let failures = 0;
    let startedAt = Date.now();
    let isRetry = false;
    for (;;) {
      const ending = await current.ended;
      if (stopping.signal.aborted) return;
      failures = !isRetry && Date.now() - startedAt > HEALTHY_AFTER_MS ? 1 : failures + 1;
      const what = isRetry
        ? `${options.name} did not start; trying again`
        : `${options.name} ended unexpectedly (${ending}); starting it again`;
      options.onMessage(what, 'warn');
      await delay(backoffMs(BACKOFF, failures), undefined, { signal: stopping.signal }).catch(() => undefined);
      const restarted = await restart();
      if (restarted instanceof Unrecoverable) return reportLost(restarted);
      isRetry = restarted === undefined;
      if (restarted === undefined) continue; // `current` has ended, so the next round waits and retries
      current = restarted;
      startedAt = Date.now();
      if (stopping.signal.aborted) await current.stop();
      else options.onMessage(`${options.name} runs again`, 'info');
    }
  }

  async function restart(): Promise<Running | Unrecoverable | undefined> {
    if (stopping.signal.aborted) return undefined;
    try {
      return await options.start();
    } catch (error) {
      if (error instanceof Unrecoverable) return error;
      options.onMessage(error instanceof Error ? error.message : String(error), 'warn');
      return undefined;
    }
  }

  return {
    lost,
    stop: async () => {
      stopping.abort();
      await current.stop();
      await supervision;
    },
  };
}
