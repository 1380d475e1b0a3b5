import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'slonik';
import type { Database, Transaction } from './connection.ts';
import { nothing } from './schemas.ts';
import { Turns } from './turns.ts';

/** Reads at once per process: each holds a connection for as long as its client takes, and others need some too. */
const MAX_READS = 2;
/** A client that is slower than this would keep Postgres from cleaning up behind all the others. */
const DEADLINE_MS = 10 * 60_000;

const turns = new Turns(MAX_READS);

/**
 * What `read` makes of the database as it is at one moment, however long that takes and whatever syncs do meanwhile.
 * No more is read ahead than a few items, so that memory is bounded by the reader's own. An iteration that is left
 * early ends the read.
 */
export async function* readConsistently<Item>(
  database: Database,
  read: (transaction: Transaction) => AsyncIterable<Item>,
): AsyncGenerator<Item, void, void> {
  const items = new PassThrough({ objectMode: true });
  const reading = turns
    .take(() =>
      database.pool.transaction(async (transaction) => {
        await transaction.query(sql.type(nothing)`set transaction isolation level repeatable read, read only`);
        await pipeline(read(transaction), items, { signal: AbortSignal.timeout(DEADLINE_MS) });
      }, 0),
    )
    // Whoever iterates is told by the stream; what fails once nobody does is of no interest.
    .catch((error: unknown) => void items.destroy(error as Error));
  yield* items as AsyncIterable<Item>;
  await reading;
}
