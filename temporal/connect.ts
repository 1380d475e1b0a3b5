/** The way to Temporal: one connection for clients, and what a worker needs for its own. */
import { readFile } from 'node:fs/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import type { TemporalSettings, TemporalTls } from '../config/model.ts';
import { readSecret } from '../config/secrets.ts';
import type { Telemetry } from './telemetry.ts';

/** A server that comes back is found again this soon. */
const LONGEST_RECONNECT_BACKOFF_MS = 2_000;

/** Settings that say where Temporal is: `serve` has filled the address in where the configuration has none. */
export type TemporalServer = TemporalSettings & { readonly address: string };

export interface TemporalConnection {
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * A client that connects when it is first used: a process may start, and read from Postgres, while Temporal is away.
 *
 * @throws RollcallError `SecretUnavailable` where a certificate or the API key cannot be read
 */
export async function connectTemporal(server: TemporalServer, telemetry: Telemetry): Promise<TemporalConnection> {
  const connection = Connection.lazy({
    ...(await endpointOf(server)),
    channelArgs: { 'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_BACKOFF_MS },
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions())],
  });
  const client = new Client({
    connection,
    namespace: server.namespace,
    plugins: [telemetry.plugin],
    // An actor that has ended has nothing to say any more.
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
  return { client, close: () => connection.close() };
}

/** Address, TLS and API key, as both kinds of connections take them. */
export async function endpointOf(
  server: TemporalServer,
): Promise<Pick<ConnectionOptions, 'tls'> & { readonly address: string; readonly apiKey?: string }> {
  const { address, tls, apiKey } = server;
  return {
    address,
    // An API key is never sent in the clear.
    ...((tls !== undefined || apiKey !== undefined) && { tls: await readTls(tls ?? {}) }),
    ...(apiKey !== undefined && { apiKey: await readSecret(apiKey) }),
  };
}

async function readTls(tls: TemporalTls): Promise<NonNullable<Exclude<ConnectionOptions['tls'], boolean>>> {
  const { caFile, certificateFile, keyFile, serverName } = tls;
  return {
    ...(serverName !== undefined && { serverNameOverride: serverName }),
    ...(caFile !== undefined && { serverRootCACertificate: await readFile(caFile) }),
    ...(certificateFile !== undefined &&
      keyFile !== undefined && {
        clientCertPair: { crt: await readFile(certificateFile), key: await readFile(keyFile) },
      }),
  };
}
