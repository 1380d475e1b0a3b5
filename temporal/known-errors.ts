/** From what the Temporal client throws to what the rest of Rollcall knows. */
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
import type { FailureDetails } from '../workflows/contract.ts';

/** Temporal, or every worker, does not answer in time: what was asked for may be asked again. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  /** Milliseconds after which trying again makes sense. */
  readonly retryAfterMs = 5_000;

  constructor(cause: unknown) {
    super('Temporal, or its worker, does not answer: nothing can be written or synced now', { cause });
  }
}

/** An actor could not do what it was asked for a reason that has no name, and may pass: Postgres was away, say. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
}

/** The error to throw instead of the one that a call to the actor of that source threw. */
export function toKnownError(error: unknown, sourceName: string): unknown {
  if (error instanceof WorkflowUpdateFailedError) return fromUpdate(error);
  if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) {
    return new RollcallError('SourceNotFound', `The source "${sourceName}" has no actor`, { cause: error });
  }
  return isWithoutAnswer(error) ? new TemporalUnavailable(error) : error;
}

function fromUpdate({ cause, message }: WorkflowUpdateFailedError): Error {
  if (!(cause instanceof ApplicationFailure)) return new PassingFailure(cause?.message ?? message, { cause });
  if (!isFailureType(cause.type)) return new PassingFailure(cause.message, { cause });
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
