/** Explains why Temporal can't be used, with the setting to change. */
import { isGrpcServiceError } from '@temporalio/client';
import type { TemporalServer } from './connect.ts';

const [DEADLINE_EXCEEDED, NOT_FOUND, PERMISSION_DENIED, UNAVAILABLE, UNAUTHENTICATED] = [4, 5, 7, 14, 16];

/** One sentence: what is wrong, at which address, and the setting to change. Other errors keep their message. */
export function describeTemporalFailure(error: unknown, { address, namespace, apiKey, tls }: TemporalServer): string {
  const grpc = grpcErrorOf(error);
  const message = error instanceof Error ? error.message : String(error);
  switch (grpc?.code) {
    case NOT_FOUND:
      return (
        `Temporal at ${address} has no namespace "${namespace}": correct \`temporal.namespace\`, ` +
        `or create it with \`temporal operator namespace create --namespace ${namespace}\``
      );
    case PERMISSION_DENIED:
    case UNAUTHENTICATED:
      return apiKey === undefined
        ? `Temporal at ${address} refuses access: set \`temporal.apiKeyFile\` or a client certificate in \`temporal.tls\``
        : `Temporal at ${address} rejected the API key${'file' in apiKey ? ` in the file ${apiKey.file}` : ''} (\`temporal.apiKeyFile\`)`;
    case UNAVAILABLE:
    case DEADLINE_EXCEEDED:
      if (/certificate|self.signed|SSL|TLS/i.test(grpc.details)) {
        return `no TLS connection to Temporal at ${address} (${grpc.details}): check \`temporal.tls\``;
      }
      return `Temporal at ${address} doesn't answer: start it, or correct \`temporal.address\`${
        tls === undefined && apiKey === undefined ? ', or set `temporal.tls` if it expects TLS' : ''
      }`;
    case undefined:
    default:
      return message;
  }
}

function grpcErrorOf(error: unknown): { readonly code: number; readonly details: string } | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}
