/** Connects to Temporal, for clients and workers. */
import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { TemporalSettings, TemporalTls } from '../config/model.ts';
import { readSecret, readSettingFile } from '../config/secrets.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { GRPC_STATUS } from './grpc-status.ts';

/** Maximum delay before reconnecting to a server that is available again. */
const LONGEST_RECONNECT_BACKOFF_MS = 2_000;

/** Settings with an address. If the configuration has none, `serve` sets the address of its own server. */
export type TemporalServer = TemporalSettings & { readonly address: string };

export interface TemporalConnection {
  readonly client: Client;
  close(): Promise<void>;
}

/**
 * Returns a client that connects on first use, so that a process can start and read from Postgres while Temporal is
 * unavailable.
 *
 * @throws RollcallError `SecretUnavailable` if a certificate or the API key can't be read
 */
export async function connectTemporal(server: TemporalServer, telemetry: Telemetry): Promise<TemporalConnection> {
  const connection = Connection.lazy({
    ...(await endpointOf(server)),
    channelArgs: { 'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_BACKOFF_MS },
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), endAfterClose],
  });
  const client = new Client({
    connection,
    namespace: server.namespace,
    plugins: [telemetry.plugin],
    // Queries of closed workflows are rejected.
    workflow: { queryRejectCondition: 'NOT_OPEN' },
  });
  return { client, close: () => connection.close() };
}

const ANSWERED_WITHIN_MS = 1_500;

/** Resolves if Temporal answers. */
export async function pingTemporal(client: Client): Promise<void> {
  await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () => client.workflowService.getSystemInfo({}));
}

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;
type Listener = NonNullable<Parameters<Call['start']>[1]>;
type Status = Parameters<NonNullable<Listener['onReceiveStatus']>>[0];

/**
 * The SDK's retries don't end when the connection is closed. The next one would throw in a timer, and end the process.
 * This call fails instead, which isn't retried.
 */
const endAfterClose: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call;
  } catch {
    const closed: Partial<Call> = {
      start: (metadata, listener) => {
        const status: unknown = { code: GRPC_STATUS.cancelled, details: 'The connection was closed', metadata };
        listener?.onReceiveStatus?.(status as Status);
      },
      sendMessage: () => undefined,
      halfClose: () => undefined,
    };
    return closed as Call;
  }
};

/** Returns the address, TLS settings, and API key for either kind of connection. */
export async function endpointOf(
  server: TemporalServer,
): Promise<Pick<ConnectionOptions, 'tls'> & { readonly address: string; readonly apiKey?: string }> {
  const { address, tls, apiKey } = server;
  return {
    address,
    // Never send an API key without TLS.
    ...((tls !== undefined || apiKey !== undefined) && { tls: await readTls(tls ?? {}) }),
    ...(apiKey !== undefined && { apiKey: await readSecret(apiKey, 'temporal.apiKeyFile') }),
  };
}

async function readTls(tls: TemporalTls): Promise<NonNullable<Exclude<ConnectionOptions['tls'], boolean>>> {
  const { caFile, certificateFile, keyFile, serverName } = tls;
  return {
    ...(serverName !== undefined && { serverNameOverride: serverName }),
    ...(caFile !== undefined && { serverRootCACertificate: await readSettingFile(caFile, 'temporal.tls.caFile') }),
    ...(certificateFile !== undefined &&
      keyFile !== undefined && {
        clientCertPair: {
          crt: await readSettingFile(certificateFile, 'temporal.tls.certificateFile'),
          key: await readSettingFile(keyFile, 'temporal.tls.keyFile'),
        },
      }),
  };
}
