/** Explains why Temporal can't be used, with the setting to change. */
import { type Client, isGrpcServiceError, NamespaceNotFoundError } from '@temporalio/client';
import type { TemporalServer } from './connect.ts';
import { GRPC_STATUS } from './grpc-status.ts';
import { describeHandshakeFault } from './tls-handshake.ts';

const ANSWERED_WITHIN_MS = 5_000;

/** Asks Temporal about the namespace. Returns what prevents work in it, as one sentence, or null if nothing does. */
export async function findTemporalFault(client: Client, server: TemporalServer): Promise<string | null> {
  try {
    await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () =>
      client.workflowService.describeNamespace({ namespace: server.namespace }),
    );
    return null;
  } catch (error) {
    return await describeTemporalFailure(error, server);
  }
}

/**
 * Describes an error of the client in one sentence: the problem, the address, and the setting to change. Other errors
 * keep their message. Connects to Temporal if the error doesn't say why there is no connection.
 */
export async function describeTemporalFailure(error: unknown, server: TemporalServer): Promise<string> {
  const { address, namespace, apiKey, tls } = server;
  const code = error instanceof NamespaceNotFoundError ? GRPC_STATUS.notFound : grpcErrorOf(error)?.code;
  switch (code) {
    case GRPC_STATUS.notFound:
      return (
        `Temporal at ${address} has no namespace "${namespace}": correct \`temporal.namespace\`, ` +
        `or create it with \`temporal operator namespace create --namespace ${namespace}\``
      );
    case GRPC_STATUS.permissionDenied:
    case GRPC_STATUS.unauthenticated:
      return apiKey === undefined
        ? `Temporal at ${address} refuses access: set \`temporal.apiKeyFile\` or a client certificate in \`temporal.tls\``
        : `Temporal at ${address} rejected the API key${'file' in apiKey ? ` in the file ${apiKey.file}` : ''} (\`temporal.apiKeyFile\`)`;
    case GRPC_STATUS.unavailable:
    case GRPC_STATUS.deadlineExceeded:
      if (tls !== undefined || apiKey !== undefined) {
        const fault = await describeHandshakeFault(server).catch(
          // Files of certificates and keys are read again, and can be missing by now.
          (reason: Error) => `Temporal at ${address} can't be used: ${reason.message}`,
        );
        if (fault !== null) return fault;
      }
      return `Temporal at ${address} doesn't answer: start it, or correct \`temporal.address\`${
        tls === undefined && apiKey === undefined ? ', or set `temporal.tls` if it expects TLS' : ''
      }`;
    case undefined:
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function grpcErrorOf(error: unknown): { readonly code: number } | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}
