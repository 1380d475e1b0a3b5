import type { ConnectionOptions as TlsOptions } from 'node:tls';
import pg from 'pg';

/** As in libpq: `require` encrypts without checking the certificate, the `verify-*` modes check it. */
export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Where Postgres is, and as whom to log in. */
export interface ConnectionSettings {
  /** A host name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
  /** Default `prefer`: encrypted where the server can. */
  readonly sslMode?: SslMode | undefined;
  /** Connections that the pool may open. Default 10. */
  readonly maxConnections?: number | undefined;
  /** Connections that stay open when nobody needs them. Default 2. */
  readonly maxIdleConnections?: number | undefined;
  /** Milliseconds after which a connection is replaced by a new one. Default 30 min. */
  readonly connectionMaxLifetimeMs?: number | undefined;
}

/** Milliseconds that opening a connection may take. */
export const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Session settings, sent with the first packet so that they cost no round trip. Dates are read as ISO text in UTC
 * (see type-parsers.ts); compiling a query to machine code never pays at the size of ours.
 */
export const SESSION_OPTIONS = '-c timezone=UTC -c datestyle=ISO -c jit=off';

/**
 * The TLS options that the `sslMode` of these settings means; false: not encrypted.
 * `prefer` asks the server once, and so needs it to be reachable.
 */
export async function tlsOptions(settings: ConnectionSettings): Promise<TlsOptions | false> {
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

/** What a plain `pg` client or pool needs to connect as these settings say. */
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
  };
}

async function serverSpeaksTls(settings: ConnectionSettings): Promise<boolean> {
  const client = new pg.Client(plainClientConfiguration(settings, CERTIFICATE_CHECKS.prefer));
  client.on('error', () => {}); // what matters is whether connect() succeeds
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
