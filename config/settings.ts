/** Converts the written settings to the model. */

import { resolve } from 'node:path';

import { defined } from '../registry/json.ts';
import type { SecretReference } from '../registry/source-definition.ts';
import { isLoopback } from './listen-address.ts';
import type { Configuration, DatabasePassword, DatabaseSettings, ServerSettings, TemporalSettings } from './model.ts';
import type { SourcesFile } from './schema/file.ts';

/** The folder of the file, for relative paths, and the environment, for passwords. */
export interface Surroundings {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A secret in a file, whose path is relative to the folder. */
export function secretFile(folder: string, file: string | undefined): SecretReference | undefined {
  return file === undefined ? undefined : { file: resolve(folder, file) };
}

/**
 * Order of precedence of passwords: the overriding variable, the file, the fallback variable. Without any of them, the
 * PostgreSQL password file is used when the connection is made.
 */
export function databaseSettings(
  written: NonNullable<SourcesFile['database']>,
  surroundings: Surroundings,
): DatabaseSettings {
  const from = (variable: string): SecretReference | undefined =>
    surroundings.environment[variable] ? { environment: variable } : undefined;
  const inFile = (file: string | undefined, value: string | undefined): DatabasePassword | undefined =>
    secretFile(surroundings.folder, file) ?? (value === undefined ? undefined : { value });
  return {
    host: written.host,
    port: written.port,
    database: written.database,
    user: written.user,
    ...defined({
      password:
        from(PASSWORD_VARIABLES.override) ??
        inFile(written.passwordFile, written.password) ??
        from(PASSWORD_VARIABLES.fallback),
      migrationUser: written.migrationUser,
      migrationPassword:
        from(PASSWORD_VARIABLES.migrationOverride) ??
        inFile(written.migrationPasswordFile, written.migrationPassword) ??
        from(PASSWORD_VARIABLES.migrationFallback),
    }),
    sslMode: written.sslMode,
    maxOpenConnections: written.maxOpenConns,
    maxIdleConnections: written.maxIdleConns,
    connectionMaxLifetimeMs: written.connMaxLifetime,
  };
}

export const PASSWORD_VARIABLES = {
  override: 'THV_REGISTRY_DATABASE_PASSWORD',
  fallback: 'THV_DATABASE_PASSWORD',
  migrationOverride: 'THV_REGISTRY_DATABASE_MIGRATIONPASSWORD',
  migrationFallback: 'THV_DATABASE_MIGRATION_PASSWORD',
} as const;

export function temporalSettings(written: SourcesFile['temporal'], folder: string): TemporalSettings {
  const { address, namespace, taskQueue, tls, apiKeyFile, workerVersioning } = written;
  const path = (file: string | undefined): string | undefined => file && resolve(folder, file);
  return {
    namespace,
    taskQueue,
    ...(workerVersioning && { workerVersioning }),
    ...defined({
      address,
      tls:
        tls &&
        defined({
          caFile: path(tls.caFile),
          certificateFile: path(tls.certificateFile),
          keyFile: path(tls.keyFile),
          serverName: tls.serverName,
        }),
      apiKey: secretFile(folder, apiKeyFile),
    }),
  };
}

/**
 * Without an external database the server is for trying things out, possibly without authentication, and listens on
 * loopback only.
 */
export function serverSettings(written: SourcesFile['server'], isEmbedded: boolean): ServerSettings {
  const host = isEmbedded ? '127.0.0.1' : '';
  const { maxStale, drainDelay, ...rest } = written;
  return {
    address: `${host}:8080`,
    internalAddress: `${host}:8081`,
    maxStaleMs: maxStale,
    ...rest,
    ...(drainDelay !== undefined && { drainDelayMs: drainDelay }),
  };
}

/** The listen address of a worker's probes and metrics. Port 0 stands for any free port, and has no next one. */
export function workerInternalAddress({ internalAddress, workerInternalAddress: written }: ServerSettings): string {
  return written ?? internalAddress.replace(/\d+$/, (port) => (port === '0' ? port : String(Number(port) + 1)));
}

/** Longer than load balancers usually take to notice that a process isn't ready. */
const DRAIN_DELAY_MS = 5_000;

/** Milliseconds that a stopping `api` still answers. On loopback addresses there is no load balancer to wait for. */
export function drainDelayMs({ address, drainDelayMs: written }: ServerSettings): number {
  return written ?? (isLoopback(address) ? 0 : DRAIN_DELAY_MS);
}

/** The host names of the public API in lower case: those of the file, else those of `address` and `resourceUrl`. */
export function publicHosts({ server, auth }: Pick<Configuration, 'server' | 'auth'>): readonly string[] {
  if (server.publicHosts !== undefined) return server.publicHosts;
  const urls = [`http://${server.address}`, ...(auth.mode === 'oauth' ? [auth.resourceUrl] : [])];
  return urls.flatMap((url) => (url === undefined ? [] : (URL.parse(url)?.hostname ?? [])));
}
