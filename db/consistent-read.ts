import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'slonik';
import type { Database, Transaction } from './connection.ts';
import { nothing } from './schemas.ts';
import { Turns } from './turns.ts';

/**
 * Reads at once per process: each holds a connection for as long as its reader takes, and other requests need some too.
 * No reader can take all of them, nor make the others wait for long.
 */
const turns = new Turns({ count: 4, perKey: 2, maxWaiting: 50, maxWaitMs: 20_000 });
/** A reader that is slower than this would keep Postgres from cleaning up behind all the others. */
const DEADLINE_MS = 10 * 60_000;

/** For whom something is read. */
export interface Reader {
  /** Readers with the same key share what one of them may take: the network address of a client. */
  readonly key: string;
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
}

/**
 * What `read` makes of the database as it is at one moment, however long that takes and whatever syncs do meanwhile.
 * Only a few items are read ahead, so memory is bounded by the reader's own. The read ends, and gives its connection
 * back, with the reader's signal, after ten minutes, and when the iteration is left early.
 *
 * @throws Overloaded where too many others read, the signal's reason, and what `read` throws.
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
        database.pool.transaction(async (transaction) => {
          await transaction.query(sql.type(nothing)`set transaction isolation level repeatable read, read only`);
          const limits = AbortSignal.any([ended, AbortSignal.timeout(DEADLINE_MS)]);
          await pipeline(read(transaction), items, { signal: limits });
        }, 0),
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
