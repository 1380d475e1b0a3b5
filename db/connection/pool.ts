/** The pool of connections of a process. */
import pg from 'pg';
import { clientConfiguration, type ConnectionSettings } from './settings.ts';
import { reportPool } from './pool-gauges.ts';
import { Overloaded } from '../../pacing/turns.ts';

/** Longer than any normal statement. Long writes increase it for their own transaction. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction that is idle for this long belongs to a hanging process, and its locks must be released. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_CONNECTIONS = 10;
const DEFAULT_MAX_IDLE_CONNECTIONS = 2;
const DEFAULT_CONNECTION_MAX_LIFETIME_MS = 30 * 60_000;
const TIMESTAMPTZ = pg.types.builtins.TIMESTAMPTZ;

/** Limits for waiting. Default: none. */
export interface WaitLimits {
  /** Milliseconds that a statement waits for a lock. */
  readonly lockTimeoutMs: number;
  /** Milliseconds that a query waits for a connection, and the maximum number of waiting queries. */
  readonly maxWaitMs: number;
  readonly maxWaiting: number;
}

/** For processes whose callers prefer a quick refusal over a long wait. */
export const QUICK_REFUSAL: WaitLimits = { lockTimeoutMs: 1_000, maxWaitMs: 1_500, maxWaiting: 1_000 };

export interface Connection {
  readonly client: pg.ClientBase;
  /** Whether its state is unknown, because a statement failed without an answer from PostgreSQL. It is closed then. */
  isBroken: boolean;
}

export interface Connections {
  /**
   * Works with a connection that no other work uses meanwhile.
   *
   * @throws Overloaded if none becomes free within the wait limits
   */
  use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result>;
  /** Waits for running work and closes all connections. */
  close(): Promise<void>;
}

/** Connections are opened when they are needed. */
export async function poolOf(settings: ConnectionSettings, limits?: WaitLimits): Promise<Connections> {
  const pool = await createPool(settings, limits);
  const { maxWaiting = Number.POSITIVE_INFINITY } = limits ?? {};
  const endReport = reportPool(pool);
  return {
    use: async (work) => {
      const client = await take(pool, maxWaiting);
      const connection: Connection = { client, isBroken: false };
      try {
        return await work(connection);
      } finally {
        client.release(connection.isBroken);
      }
    },
    close: async () => {
      endReport();
      await pool.end();
    },
  };
}

async function take(pool: pg.Pool, maxWaiting: number): Promise<pg.PoolClient> {
  const { waitingCount } = pool;
  if (waitingCount >= maxWaiting) throw new Overloaded(`${waitingCount} queries are already waiting for a connection`);
  try {
    return await pool.connect();
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'timeout exceeded when trying to connect') throw error;
    throw new Overloaded('No connection became free in time', { cause: error });
  }
}

async function createPool(settings: ConnectionSettings, limits: WaitLimits | undefined): Promise<pg.Pool> {
  const configuration: pg.ClientConfig = {
    ...(await clientConfiguration(settings)),
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    ...(limits !== undefined && { lock_timeout: limits.lockTimeoutMs }),
    types: typeParsers(),
  };
  const max = settings.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  const pool = new pg.Pool({
    max,
    min: Math.min(settings.maxIdleConnections ?? DEFAULT_MAX_IDLE_CONNECTIONS, max),
    maxLifetimeSeconds: (settings.connectionMaxLifetimeMs ?? DEFAULT_CONNECTION_MAX_LIFETIME_MS) / 1000,
    idleTimeoutMillis: IDLE_CONNECTION_TIMEOUT_MS,
    // The pool limits the wait for a connection, and the client the time for opening one.
    connectionTimeoutMillis: limits?.maxWaitMs ?? 0,
    Client: class extends pg.Client {
      constructor() {
        super(configuration);
      }
    },
  });
  // The pool drops a broken connection, and its next statement fails. Without listeners the error would end the process,
  // whether the connection is idle or between two statements of a transaction.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/**
 * Timestamps become RFC 3339 in UTC with all digits that PostgreSQL stores (`2025-09-08T23:47:09.452138Z`): a JavaScript
 * `Date` would lose the microseconds. Other types are as in `pg`: `int8` becomes text, for example.
 */
function typeParsers(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(TIMESTAMPTZ, (text) => text.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z'));
  return types;
}
