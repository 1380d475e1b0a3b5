import { sql } from 'slonik';
import type { Database } from './database.ts';
import type { Connections } from './pool.ts';
import { DatabaseUnavailable } from './watch.ts';
import { nothing } from './schemas.ts';

/** Resolves if the database responds. */
export async function pingDatabase(database: Database): Promise<void> {
  await database.query(sql.type(nothing)`select`);
}

/**
 * SQLSTATE codes of failed connections, exhausted resources, starting or stopping servers, and timeouts of locks and
 * statements.
 */
const PASSING_STATES = /^(08|53|57P|55P03|57014)/;
/** Errors of `pg` without a code: timeouts, and statements on a connection that was lost. */
const LOST_CONNECTION = /^(timeout expired|Query read timeout)$|^Connection terminated|connection error/;
const NETWORK_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT', // the Unix socket of a server that isn't running
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Whether a query failed because the database was unavailable or didn't respond in time, so that retrying may succeed.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseUnavailable) return true;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (NETWORK_ERRORS.has(code) || PASSING_STATES.test(code) || LOST_CONNECTION.test(error.message)) return true;
  if (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable)) return true;
  return isDatabaseUnavailable(error.cause);
}

/**
 * The same connections, except that work fails with `DatabaseUnavailable` if the database was unavailable: in a log or a
 * history, the error of a connection doesn't tell that it is one to the database.
 *
 * @param onChange called with the failure when the database is first found to be unavailable, and with null when it responds
 *   again
 */
export function namingOutages(
  connections: Connections,
  onChange: (failure: DatabaseUnavailable | null) => void,
): Connections {
  let isAvailable = true;
  const note = (failure: DatabaseUnavailable | null): void => {
    if (isAvailable === (failure === null)) return;
    isAvailable = failure === null;
    onChange(failure);
  };
  return {
    ...connections,
    use: async (work) => {
      try {
        const result = await connections.use(work);
        note(null);
        return result;
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        const failure = error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(error);
        note(failure);
        throw failure;
      }
    },
  };
}
