/** Too much work is waiting, or it has waited for too long. It can be retried later. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

export interface TurnLimits {
  /** Maximum number of tasks that run at a time. */
  readonly count: number;
  /** Maximum number of tasks with the same key that run at a time. Default: `count`. */
  readonly perKey?: number;
  /** Maximum number of waiting tasks; further ones are refused. Default: unlimited. */
  readonly maxWaiting?: number;
  /** Maximum wait in milliseconds. Default: unlimited. */
  readonly maxWaitMs?: number;
}

export interface TurnOptions {
  /** The key for the limit per key. */
  readonly key?: string;
  /** Removes the work from the queue when it aborts. Work that has begun isn't affected. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly key: string;
  readonly begin: () => void;
}

/** Limits concurrent work. Waiting work starts in the order of arrival. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #perKey: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #runningInTotal = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
    this.#perKey = limits.perKey ?? limits.count;
  }

  /**
   * Runs the work when its turn comes.
   *
   * @throws Overloaded if the queue is full or the wait is too long, or the signal's reason if it is aborted first
   */
  async take<Result>(work: () => Promise<Result>, { key = '', signal }: TurnOptions = {}): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#isFree(key)) this.#begin(key);
    else await this.#wait(key, signal);
    try {
      return await work();
    } finally {
      this.#end(key);
    }
  }

  #isFree(key: string): boolean {
    return this.#runningInTotal < this.#limits.count && (this.#running.get(key) ?? 0) < this.#perKey;
  }

  async #wait(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { maxWaiting = Number.POSITIVE_INFINITY, maxWaitMs } = this.#limits;
    if (this.#waiting.size >= maxWaiting) throw new Overloaded(`${this.#waiting.size} requests are already waiting`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { key, begin: resolve };
    // Leaves the queue at once: work that ends before the rejection is noticed would otherwise lose the turn.
    const leave = (reason: Error): void => {
      this.#waiting.delete(waiting);
      reject(reason);
    };
    const giveUp = (): void => leave(signal?.reason as Error);
    const timer =
      maxWaitMs === undefined
        ? undefined
        : setTimeout(() => leave(new Overloaded(`It wasn't this request's turn within ${maxWaitMs} ms`)), maxWaitMs);
    signal?.addEventListener('abort', giveUp);
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #begin(key: string): void {
    this.#runningInTotal += 1;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
  }

  #end(key: string): void {
    this.#runningInTotal -= 1;
    const running = (this.#running.get(key) ?? 0) - 1;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
    for (const waiting of this.#waiting) {
      if (!this.#isFree(waiting.key)) continue;
      this.#waiting.delete(waiting);
      this.#begin(waiting.key);
      waiting.begin();
      return;
    }
  }
}
