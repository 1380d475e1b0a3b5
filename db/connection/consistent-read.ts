import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database, Transaction } from './database.ts';
import { Turns } from '../../pacing/turns.ts';

/**
 * Limits concurrent reads per process. Each holds a connection until its reader is done, and other requests need
 * connections too. No reader can use all of them or make others wait for long.
 */
const turns = new Turns({ count: 4, perKey: 2, maxWaiting: 50, maxWaitMs: 20_000 });
/** A longer transaction would keep Postgres from vacuuming. */
const DEADLINE_MS = 10 * 60_000;

/** The client of a consistent read. */
export interface Reader {
  /** Readers with the same key share a limit: the network address of the client. */
  readonly key: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/**
 * Yields the items of `read` from one consistent state of the database, regardless of concurrent syncs. Only a few
 * items are read ahead. The read ends and releases its connection when the signal is aborted, after ten minutes, or
 * when the iteration ends early.
 *
 * @throws Overloaded if there are too many readers, the signal's reason, and errors of `read`
 */
export async function* readConsistently<Item>(
  database: Database,
  { key, signal }: Reader,
  read: (transaction: Transaction) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  const items = new PassThrough({ objectMode: true });
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  const reading = turns
    .take(
      () =>
        database.transaction(
          async (transaction) => {
            await transaction.command('set transaction isolation level repeatable read, read only');
            const limits = AbortSignal.any([ended, AbortSignal.timeout(DEADLINE_MS)]);
            await pipeline(read(transaction), items, { signal: limits });
          },
          { retries: 0 },
        ),
      { key, signal: ended },
    )
    // The stream passes the error on to the iteration.
    .catch((error: unknown) => void items.destroy(error as Error));
  try {
    yield* items as AsyncIterable<Item>;
  } finally {
    left.abort();
    await reading;
  }
}
