/** Wakes the workflows of resources. Changes in quick succession lead to one message, and none is lost. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { RegistryKey, WakeReason } from '../../workflows/contract/registry.ts';

/** Wait for further changes, because the objects of a registry change one after another. */
const SETTLE_MS = 200;
const AT_ONCE = 8;
const RETRY_AFTER_MS = 1_000;

export interface WakeQueueOptions {
  readonly wake: (key: RegistryKey, reason: WakeReason) => Promise<void>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export class WakeQueue {
  readonly #options: WakeQueueOptions;
  readonly #waiting = new Map<string, { readonly key: RegistryKey; readonly reason: WakeReason }>();
  #notify: () => void = () => undefined;

  constructor(options: WakeQueueOptions) {
    this.#options = options;
  }

  /** A change of the resource itself takes precedence over other reasons. */
  add(key: RegistryKey, reason: WakeReason): void {
    const id = `${key.namespace}/${key.name}`;
    if (this.#waiting.get(id)?.reason !== 'resource') this.#waiting.set(id, { key, reason });
    this.#notify();
  }

  /** Runs until the signal aborts. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.#notify(), { once: true });
    while (!signal.aborted) {
      if (this.#waiting.size === 0) await this.#untilAdded();
      await pause(SETTLE_MS, signal);
      const batch = [...this.#waiting.values()].slice(0, AT_ONCE);
      for (const { key } of batch) this.#waiting.delete(`${key.namespace}/${key.name}`);
      await this.#wakeAll(batch);
    }
  }

  async #untilAdded(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#notify = resolve;
    await promise;
  }

  async #wakeAll(batch: readonly { readonly key: RegistryKey; readonly reason: WakeReason }[]): Promise<void> {
    const { wake, logger, signal } = this.#options;
    const results = await Promise.allSettled(batch.map(({ key, reason }) => wake(key, reason)));
    const failures = results.filter((result) => result.status === 'rejected');
    for (const [index, result] of results.entries()) {
      const one = batch[index];
      if (result.status === 'rejected' && one !== undefined) this.add(one.key, one.reason);
    }
    if (failures.length === 0 || signal.aborted) return;
    logger.warn(
      { err: failures[0]?.reason as unknown },
      "Temporal doesn't accept messages for resources; trying again",
    );
    await pause(RETRY_AFTER_MS, signal);
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
