/** Maps errors of the Temporal client to errors of Rollcall. */
import {
  isGrpcServiceError,
  QueryRejectedError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isFailureType, RollcallError } from '../registry/failure.ts';
import type { FailureDetails } from '../workflows/contract/activities.ts';

/** Temporal or all workers didn't respond in time. The request can be repeated. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  /** Suggested delay before the next attempt, in milliseconds. */
  readonly retryAfterMs = 5_000;

  constructor(cause: unknown) {
    super("Temporal or its worker doesn't respond: nothing can be written or synced now", { cause });
  }
}

/** A request to an actor failed for a reason that may pass. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
}

/** Converts an error from a call to the actor of a source. */
export function toKnownError(error: unknown, sourceName: string): unknown {
  if (error instanceof WorkflowUpdateFailedError) return fromUpdate(error);
  if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) {
    return new RollcallError('SourceNotFound', `The source "${sourceName}" has no actor`, { cause: error });
  }
  return isWithoutAnswer(error) ? new TemporalUnavailable(error) : error;
}

function fromUpdate({ cause, message }: WorkflowUpdateFailedError): Error {
  if (!(cause instanceof ApplicationFailure)) return new PassingFailure(cause?.message ?? message, { cause });
  if (!isFailureType(cause.type) || cause.type === 'DatabaseUnavailable')
    return new PassingFailure(cause.message, { cause });
  const { retryAfterMs } = (cause.details?.[0] ?? {}) as FailureDetails;
  return new RollcallError(cause.type, cause.message, { cause, retryAfterMs });
}

function isWithoutAnswer(error: unknown): boolean {
  return (
    error instanceof ServiceError ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    isGrpcServiceError(error)
  );
}
