import { sql } from 'slonik';
import type { Database } from './database.ts';
import type { Connections } from './pool.ts';
import { nothing } from './schemas.ts';

/** Resolves if the database responds. */
export async function pingDatabase(database: Database): Promise<void> {
  await database.query(sql.type(nothing)`select`);
}

/** The database doesn't respond. It is unknown whether pending statements were executed. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';

  constructor(cause?: unknown) {
    super('Database unavailable', cause === undefined ? undefined : { cause });
  }
}

/** SQLSTATE codes of failed connections, and of servers that start or stop. */
const OUTAGES = /^(08|57P0[123])/;
/** SQLSTATE codes of exhausted resources, and of timeouts of locks and statements. */
const PASSING_STATES = /^(53|57P|55P03|57014)/;
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

/** Whether a query failed because Postgres doesn't answer: until it does, every query fails. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return isCausedBy(error, isOutage);
}

/**
 * Whether a query failed for a reason that may pass, so that its caller can try again later: Postgres doesn't answer, or it
 * answers that it has no resources or no time for this query.
 */
export function isPassingDatabaseError(error: unknown): boolean {
  return isCausedBy(error, (one) => isOutage(one) || PASSING_STATES.test(codeOf(one)));
}

function isOutage(error: Error): boolean {
  const code = codeOf(error);
  if (error instanceof DatabaseUnavailable || NETWORK_ERRORS.has(code)) return true;
  return OUTAGES.test(code) || LOST_CONNECTION.test(error.message);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether the test holds for the error, one of its causes, or one of the errors that it stands for. */
function isCausedBy(error: unknown, test: (error: Error) => boolean): boolean {
  if (!(error instanceof Error)) return false;
  if (test(error) || isCausedBy(error.cause, test)) return true;
  return error instanceof AggregateError && error.errors.some((one) => isCausedBy(one, test));
}

/**
 * The same connections, except that work fails with `DatabaseUnavailable` if Postgres doesn't answer: in a log or a
 * history, the error of a connection doesn't say that the connection was to the database.
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
