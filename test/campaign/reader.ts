/** Reads continuously, like clients do. Records the longest time without a successful read, and every answer that mixes syncs. */
import { setTimeout as delay } from 'node:timers/promises';
import { ENTRIES } from './upstream.ts';

const EVERY_MS = 50;
const DEADLINE_MS = 3_000;

export class Reader {
  readonly #url: string;
  readonly #stopping = new AbortController();
  readonly #violations: string[] = [];
  readonly #loop: Promise<void>;
  #lastSuccess = Date.now();
  #longestGapMs = 0;
  #state: string | undefined;

  /** @param url of a page that contains all entries of the campaign's source */
  constructor(url: string) {
    this.#url = url;
    this.#loop = this.#run();
  }

  /** The last state of the upstream that was read. */
  get state(): string | undefined {
    return this.#state;
  }

  /** The longest time without a successful read since the last call, in milliseconds. */
  takeLongestGap(): number {
    const gap = Math.max(this.#longestGapMs, Date.now() - this.#lastSuccess);
    this.#longestGapMs = 0;
    this.#lastSuccess = Date.now();
    return gap;
  }

  /** Returns the faults of answers since the last call. */
  takeViolations(): string[] {
    return this.#violations.splice(0);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#read().catch(() => undefined);
      await delay(EVERY_MS);
    }
  }

  async #read(): Promise<void> {
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(DEADLINE_MS) });
    if (!response.ok) {
      await response.body?.cancel();
      return;
    }
    const { servers } = (await response.json()) as { servers: { server: { description: string } }[] };
    this.#longestGapMs = Math.max(this.#longestGapMs, Date.now() - this.#lastSuccess);
    this.#lastSuccess = Date.now();
    const states = new Set(servers.map(({ server }) => server.description));
    if (servers.length === 0 && this.#state === undefined) return; // Before the first sync.
    if (servers.length !== ENTRIES || states.size !== 1) {
      this.#violations.push(`half a sync: ${servers.length} entries, ${[...states].join(', ')}`);
    }
    this.#state = [...states][0];
  }
}
