import pg from 'pg';
import { createPool, stringifyDsn } from 'slonik';
import type { DatabasePool, DatabaseTransactionConnection } from 'slonik';
import { clientConfiguration, CONNECT_TIMEOUT_MS, SESSION_OPTIONS, tlsOptions } from './settings.ts';
import type { ConnectionSettings } from './settings.ts';
import { orderlyPool } from './orderly-pool.ts';
import { resultParser } from './result-parser.ts';
import { typeParsers } from './type-parsers.ts';

export type { ConnectionSettings, SslMode } from './settings.ts';

/** The database access of a process, which all functions in this folder use. */
export interface Database {
  readonly pool: DatabasePool;
  /** Plain `pg` connections for COPY, which slonik doesn't support. */
  readonly copyPool: pg.Pool;
  /** Waits for running queries and closes all connections. */
  close(): Promise<void>;
}

/** A connection with an open transaction. */
export type Transaction = DatabaseTransactionConnection;

/** Longer than any normal read. Long writes increase it for their own transaction. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction that is idle for this long belongs to a hanging process, and its locks must be released. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_CONNECTIONS = 10;
const DEFAULT_MAX_IDLE_CONNECTIONS = 2;
const DEFAULT_CONNECTION_MAX_LIFETIME_MS = 30 * 60_000;
const MAX_COPY_CONNECTIONS = 4;

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

/** Connects to a migrated database. Throws if it can't be reached or refuses the login. */
export async function openDatabase(settings: ConnectionSettings, limits?: WaitLimits): Promise<Database> {
  const pool = await openPool(settings, limits);
  const copyPool = await openCopyPool(settings);
  return {
    pool,
    copyPool,
    close: async () => {
      await Promise.all([pool.end(), copyPool.end()]);
    },
  };
}

async function openPool(settings: ConnectionSettings, limits?: WaitLimits): Promise<DatabasePool> {
  const ssl = await tlsOptions(settings);
  const connections = settings.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  const pool = await createPool(connectionUri(settings, limits), {
    ...(settings.password === undefined ? {} : { password: settings.password }),
    ...(ssl === false ? {} : { ssl }),
    maxPoolSize: 2 * connections, // never reached; see orderly-pool.ts
    minPoolSize: Math.min(settings.maxIdleConnections ?? DEFAULT_MAX_IDLE_CONNECTIONS, connections),
    maximumConnectionAge: settings.connectionMaxLifetimeMs ?? DEFAULT_CONNECTION_MAX_LIFETIME_MS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    idleTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    statementTimeout: STATEMENT_TIMEOUT_MS,
    idleInTransactionSessionTimeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    interceptors: [resultParser],
    typeParsers,
    // slonik's default, DISCARD ALL, costs a round trip per query. It isn't needed, because sessions have no state:
    // settings and locks are local to transactions, and there are no temporary tables.
    resetConnection: async () => {},
  });
  return orderlyPool(pool, {
    count: connections,
    ...(limits !== undefined && { maxWaiting: limits.maxWaiting, maxWaitMs: limits.maxWaitMs }),
  });
}

/** Excludes the password, which is passed separately so that it can't occur in a message that quotes the URI. */
function connectionUri(settings: ConnectionSettings, limits: WaitLimits | undefined): string {
  return stringifyDsn({
    applicationName: 'rollcall',
    // Encoding preserves the folder of a Unix socket and IPv6 addresses.
    host: encodeURIComponent(settings.host),
    port: settings.port,
    username: settings.user,
    databaseName: settings.database,
    options: limits === undefined ? SESSION_OPTIONS : `${SESSION_OPTIONS} -c lock_timeout=${limits.lockTimeoutMs}`,
  });
}

/**
 * Callers wait for a free connection in order, without a time limit. The pool's timeout would limit this wait too, and
 * syncs would fail while others are writing. Therefore, only the client has a connection timeout.
 */
async function openCopyPool(settings: ConnectionSettings): Promise<pg.Pool> {
  const configuration: pg.ClientConfig = {
    ...(await clientConfiguration(settings)),
    // Sends statements without waiting for previous results. Handling each result separately costs a process that reads a
    // document more time than the database needs.
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  };
  const copyPool = new pg.Pool({
    max: MAX_COPY_CONNECTIONS,
    idleTimeoutMillis: IDLE_CONNECTION_TIMEOUT_MS,
    Client: class extends pg.Client {
      constructor() {
        super(configuration);
      }
    },
  });
  // The pool drops a broken connection, and its next statement fails. Without listeners the error would end the process,
  // whether the connection is idle or between two statements of a transaction.
  copyPool.on('error', () => {});
  copyPool.on('connect', (client) => client.on('error', () => {}));
  return copyPool;
}
