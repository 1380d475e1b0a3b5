/** Detects within two seconds that the database stops responding, or responds again. */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseUnavailable } from './availability.ts';
import { clientConfiguration, type ConnectionSettings } from './settings.ts';
import type { Connections } from './pool.ts';

/** Milliseconds between pings, and their timeout. */
const INTERVAL_MS = 250;
const ANSWERED_WITHIN_MS = 1_500;

export interface WatchedConnections {
  /** Settings for a separate connection. */
  readonly settings: ConnectionSettings;
  /** Pings on another connection, in case the separate one can't be opened. */
  readonly ask: () => Promise<void>;
}

export interface DatabaseWatch {
  /** The same connections, except that work fails at once with `DatabaseUnavailable` while the database doesn't respond. */
  readonly guard: (connections: Connections) => Connections;
  readonly close: () => Promise<void>;
}

/**
 * Pings the database a few times a second on a separate connection, until `close`. The database counts as available
 * until the first result.
 *
 * @param onChange called with whether the database responds, on each change
 */
export function watchDatabase(
  connections: WatchedConnections,
  onChange: (isAvailable: boolean) => void,
): DatabaseWatch {
  const closing = new AbortController();
  const work = new GuardedWork();
  const note = (error: unknown): void => {
    if (closing.signal.aborted || work.isFailing === (error !== undefined)) return;
    if (error === undefined) work.resume();
    else work.fail(new DatabaseUnavailable(error));
    onChange(error === undefined);
  };
  const ended = keepAsking(connections, note, closing.signal);
  return {
    guard: (guarded) => ({ ...guarded, use: (use) => work.do(() => guarded.use(use)) }),
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

/** Work that can be made to fail before it ends. A set costs each statement less than listeners of an `AbortSignal`. */
class GuardedWork {
  #failure: Error | undefined;
  readonly #pending = new Set<(failure: Error) => void>();

  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  do<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) throw this.#failure;
      this.#pending.add(reject);
      const end = (): boolean => this.#pending.delete(reject);
      work().finally(end).then(resolve, reject);
    });
  }

  /** Fails all work, from now on and until `resume`. */
  fail(failure: Error): void {
    this.#failure = failure;
    for (const reject of this.#pending) reject(failure);
  }

  resume(): void {
    this.#failure = undefined;
  }
}

async function keepAsking(
  { settings, ask }: WatchedConnections,
  note: (error: unknown) => void,
  closing: AbortSignal,
): Promise<void> {
  while (!closing.aborted) {
    const client = await connect(settings).catch(() => undefined);
    if (client === undefined) {
      // The database may have no free connection left, and still respond on existing ones.
      await answered(ask(), closing).then(() => note(undefined), note);
      await delay(INTERVAL_MS, undefined, { signal: closing }).catch(() => {});
      continue;
    }
    try {
      while (!closing.aborted) {
        await answered(client.query('select'), closing);
        note(undefined);
        await delay(INTERVAL_MS, undefined, { signal: closing }).catch(() => {});
      }
    } catch (error) {
      // Other errors mean that the connection was lost, which proves nothing. The next connection will show.
      if (error instanceof LateAnswer) note(error);
    }
    // Not awaited: a hanging connection doesn't close properly either.
    void client.end().catch(() => undefined);
  }
}

class LateAnswer extends Error {
  override readonly name = 'LateAnswer';
}

async function connect(settings: ConnectionSettings): Promise<pg.Client> {
  const client = new pg.Client(await clientConfiguration(settings));
  client.on('error', () => {}); // the current or next ping fails
  await client.connect();
  return client;
}

/** @throws the error of the ping, or LateAnswer if it times out */
async function answered<Answer>(question: Promise<Answer>, closing: AbortSignal): Promise<Answer> {
  let answer: { readonly is: Answer } | undefined;
  const asked = question.then((is) => (answer = { is }));
  const late = delay(ANSWERED_WITHIN_MS, undefined, { signal: closing })
    .catch(() => {})
    // A response may have arrived while this process was busy. It is read in the next turn of the event loop.
    .then(() => delay(10));
  await Promise.race([asked, late]);
  if (answer !== undefined) return answer.is;
  asked.catch(() => undefined);
  throw new LateAnswer(`The database didn't respond within ${ANSWERED_WITHIN_MS} ms`);
}
