import type { ConnectionOptions as TlsOptions } from 'node:tls';
import pg from 'pg';

/** As in libpq: `require` encrypts without verifying the certificate, and the `verify-*` modes verify it. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Address and login of a Postgres server. */
export interface ConnectionSettings {
  /** Host name, address, or folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
  /** Default `prefer`: encrypted if the server supports it. */
  readonly sslMode?: SslMode | undefined;
  /** Maximum size of the pool. Default 10. */
  readonly maxConnections?: number | undefined;
  /** Number of idle connections to keep open. Default 2. */
  readonly maxIdleConnections?: number | undefined;
  /** Milliseconds after which a connection is replaced. Default 30 min. */
  readonly connectionMaxLifetimeMs?: number | undefined;
}

/** Milliseconds of silence after which a connection is probed. */
const KEEP_ALIVE_DELAY_MS = 10_000;
/** Timeout for opening a connection, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Session settings, sent with the first packet to avoid a round trip. Dates are read as ISO text in UTC (see
 * pool.ts). JIT compilation never pays off for these queries.
 */
const SESSION_OPTIONS = '-c timezone=UTC -c datestyle=ISO -c jit=off';

/**
 * Returns the TLS options for the `sslMode`, or false for no encryption. For `prefer`, this connects to the server
 * once.
 */
async function tlsOptions(settings: ConnectionSettings): Promise<TlsOptions | false> {
  const mode = settings.sslMode ?? 'prefer';
  if (mode === 'disable') return false;
  if (mode === 'prefer' && !(await serverSpeaksTls(settings))) return false;
  return CERTIFICATE_CHECKS[mode];
}

const CERTIFICATE_CHECKS: Record<Exclude<SslMode, 'disable'>, TlsOptions> = {
  prefer: { rejectUnauthorized: false },
  require: { rejectUnauthorized: false },
  'verify-ca': { rejectUnauthorized: true, checkServerIdentity: () => undefined },
  'verify-full': { rejectUnauthorized: true },
};

/** Returns the configuration of a plain `pg` client or pool for these settings. */
export async function clientConfiguration(settings: ConnectionSettings): Promise<pg.ClientConfig> {
  return plainClientConfiguration(settings, await tlsOptions(settings));
}

function plainClientConfiguration(settings: ConnectionSettings, ssl: TlsOptions | false): pg.ClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    ...(settings.password === undefined ? {} : { password: settings.password }),
    database: settings.database,
    ssl,
    application_name: 'rollcall',
    options: SESSION_OPTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
  };
}

async function serverSpeaksTls(settings: ConnectionSettings): Promise<boolean> {
  const client = new pg.Client(plainClientConfiguration(settings, CERTIFICATE_CHECKS.prefer));
  client.on('error', () => {}); // connect() reports the error
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('does not support SSL')) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}
