import pg from 'pg';
import { createPool, stringifyDsn } from 'slonik';
import type { DatabasePool, DatabaseTransactionConnection } from 'slonik';
import { clientConfiguration, CONNECT_TIMEOUT_MS, SESSION_OPTIONS, tlsOptions } from './connection-settings.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import { orderlyPool } from './orderly-pool.ts';
import { resultParser } from './result-parser.ts';
import { typeParsers } from './type-parsers.ts';

export type { ConnectionSettings, SslMode } from './connection-settings.ts';

/** What the functions of this folder work on: one per process. */
export interface Database {
  readonly pool: DatabasePool;
  /** Plain `pg` connections for COPY, which slonik does not speak. */
  readonly copyPool: pg.Pool;
  /** Ends all connections; waits for the queries that run. */
  close(): Promise<void>;
}

/** A connection with an open transaction. */
export type Transaction = DatabaseTransactionConnection;

/** No read takes that long unless something is wrong; a long write raises it for its own transaction. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** A transaction that waits for its process this long belongs to a process that hangs: its locks must go. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const IDLE_CONNECTION_TIMEOUT_MS = 30_000;
export const DEFAULT_MAX_CONNECTIONS = 10;
const DEFAULT_MAX_IDLE_CONNECTIONS = 2;
const DEFAULT_CONNECTION_MAX_LIFETIME_MS = 30 * 60_000;
const MAX_COPY_CONNECTIONS = 4;

/** How long what is asked for may wait. Default: as long as it takes. */
export interface WaitLimits {
  /** Milliseconds that a statement waits for a lock of another one. */
  readonly lockTimeoutMs: number;
  /** Milliseconds that a query waits for a connection, and how many wait at most. */
  readonly maxWaitMs: number;
  readonly maxWaiting: number;
}

/** For a process whose callers would rather hear that they should try again later. */
export const QUICK_REFUSAL: WaitLimits = { lockTimeoutMs: 1_000, maxWaitMs: 1_500, maxWaiting: 1_000 };

/** Connects to a migrated database. Fails where it cannot be reached or the login is refused. */
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
    maxPoolSize: 2 * connections, // never reached, see orderly-pool.ts
    minPoolSize: Math.min(settings.maxIdleConnections ?? DEFAULT_MAX_IDLE_CONNECTIONS, connections),
    maximumConnectionAge: settings.connectionMaxLifetimeMs ?? DEFAULT_CONNECTION_MAX_LIFETIME_MS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    idleTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    statementTimeout: STATEMENT_TIMEOUT_MS,
    idleInTransactionSessionTimeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    interceptors: [resultParser],
    typeParsers,
    // slonik's default, DISCARD ALL, is a round trip per query. Nothing here leaves anything behind in a session:
    // settings are local to a transaction, locks are those of a transaction, and there are no temporary tables.
    resetConnection: async () => {},
  });
  return orderlyPool(pool, {
    count: connections,
    ...(limits !== undefined && { maxWaiting: limits.maxWaiting, maxWaitMs: limits.maxWaitMs }),
  });
}

/** The password is not part of it: it goes beside it, so that it can't end up in a message that quotes the address. */
function connectionUri(settings: ConnectionSettings, limits: WaitLimits | undefined): string {
  return stringifyDsn({
    applicationName: 'rollcall',
    // Encoded, the folder of a Unix socket and an IPv6 address pass through the URL as they are.
    host: encodeURIComponent(settings.host),
    port: settings.port,
    username: settings.user,
    databaseName: settings.database,
    options: limits === undefined ? SESSION_OPTIONS : `${SESSION_OPTIONS} -c lock_timeout=${limits.lockTimeoutMs}`,
  });
}

/**
 * Callers wait for a free connection in the order in which they came, for as long as it takes. A timeout of the pool would
 * also bound this wait, and syncs would fail because others are writing. So the timeout for connecting is the client's.
 */
async function openCopyPool(settings: ConnectionSettings): Promise<pg.Pool> {
  const configuration: pg.ClientConfig = {
    ...(await clientConfiguration(settings)),
    // Statements that aren't awaited are sent without waiting for the answer to the previous one: handling each answer
    // costs a process that is reading a document more than the database takes.
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
