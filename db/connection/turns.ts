/** Too much is waiting already, or has waited for too long: what was asked for can be asked again later. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}

export interface TurnLimits {
  /** How much runs at a time. */
  readonly count: number;
  /** How much of it runs for the same key. Default: `count`. */
  readonly perKey?: number;
  /** How many wait at most; more are refused at once. Default: any number. */
  readonly maxWaiting?: number;
  /** Milliseconds that each waits at most. Default: until its turn comes. */
  readonly maxWaitMs?: number;
}

export interface TurnOptions {
  /** Who takes the turn, where the limits count by key. */
  readonly key?: string;
  /** Gives up the place in the queue. A turn that has begun is not affected. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly key: string;
  readonly begin: () => void;
}

/** Runs a limited number of things at a time, the others in the order in which they came. */
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
   * Does the work when its turn comes.
   *
   * @throws Overloaded where the queue is full or the wait too long, the signal's reason where that is aborted first.
   */
  async take<Result>(work: () => Promise<Result>, { key = '', signal }: TurnOptions = {}): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#isFree(key)) this.#begin(key);
    else await this.#wait(key, signal);
    try {
      return await work();
    } finally {
      // slonik answers before it has taken the connection back, which it does by the next turn of the event loop.
      setImmediate(() => this.#end(key));
    }
  }

  #isFree(key: string): boolean {
    return this.#runningInTotal < this.#limits.count && (this.#running.get(key) ?? 0) < this.#perKey;
  }

  async #wait(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { maxWaiting = Number.POSITIVE_INFINITY, maxWaitMs } = this.#limits;
    if (this.#waiting.size >= maxWaiting) throw new Overloaded(`${this.#waiting.size} are waiting already`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { key, begin: resolve };
    const giveUp = (): void => reject(signal?.reason as Error);
    const timer =
      maxWaitMs === undefined
        ? undefined
        : setTimeout(() => reject(new Overloaded(`There was no turn within ${maxWaitMs} ms`)), maxWaitMs);
    signal?.addEventListener('abort', giveUp);
    this.#waiting.add(waiting);
    try {
      await promise;
    } finally {
      this.#waiting.delete(waiting);
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
