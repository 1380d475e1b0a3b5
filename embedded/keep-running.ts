/** Restarts a server whenever it ends unexpectedly. */
import { setTimeout as delay } from 'node:timers/promises';
import { Unrecoverable } from './unrecoverable.ts';

/** Something that runs until it is stopped or dies. */
export interface Running {
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export interface KeepRunningOptions {
  /** Its name in messages. */
  readonly name: string;
  readonly start: () => Promise<Running>;
  readonly onMessage: (message: string) => void;
}

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
/** Whatever ran this long was healthy: when it dies, it is started again without waiting. */
const HEALTHY_AFTER_MS = 30_000;

export interface KeptRunning {
  readonly stop: () => Promise<void>;
  /** Fulfilled, with the reason, when it has ended and can't be started again: see `Unrecoverable`. */
  readonly lost: Promise<Unrecoverable>;
}

/**
 * Starts something, and starts it again, with growing pauses, whenever it has ended without being asked to.
 *
 * @throws what the very first start throws
 */
export async function keepRunning(options: KeepRunningOptions): Promise<KeptRunning> {
  const stopping = new AbortController();
  const { promise: lost, resolve: reportLost } = Promise.withResolvers<Unrecoverable>();
  let current = await options.start();
  const supervision = supervise();

  async function supervise(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    let startedAt = Date.now();
    for (;;) {
      await current.ended;
      if (stopping.signal.aborted) return;
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      options.onMessage(`${options.name} ended unexpectedly; starting it again`);
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
      const restarted = await restart();
      if (restarted instanceof Unrecoverable) return reportLost(restarted);
      if (restarted === undefined) continue; // `current` has ended, so the next round waits and tries again
      current = restarted;
      startedAt = Date.now();
      if (stopping.signal.aborted) await current.stop();
      else options.onMessage(`${options.name} runs again`);
    }
  }

  async function restart(): Promise<Running | Unrecoverable | undefined> {
    if (stopping.signal.aborted) return undefined;
    try {
      return await options.start();
    } catch (error) {
      if (error instanceof Unrecoverable) return error;
      options.onMessage(error instanceof Error ? error.message : String(error));
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
