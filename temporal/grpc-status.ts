/** Errors of Temporal's services, by their gRPC status. */
import { isGrpcServiceError } from '@temporalio/client';

/** The status codes that Rollcall distinguishes. */
export const GRPC_STATUS = {
  cancelled: 1,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Whether an error of the client is an answer with one of these statuses. */
export function hasStatus(
  error: unknown,
  ...statuses: readonly (keyof typeof GRPC_STATUS)[]
): error is Error & { readonly code: number; readonly details: string } {
  const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  return statuses.some((status) => GRPC_STATUS[status] === code);
}
