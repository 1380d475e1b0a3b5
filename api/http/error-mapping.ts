/** Maps errors to answers. The status tells whether the client or the server is at fault. */
import { isPassingDatabaseError } from '../../db/connection/availability.ts';
import { Overloaded } from '../../pacing/turns.ts';
import { type FailureType, RollcallError } from '../../registry/failure.ts';
import { PassingFailure, TemporalUnavailable } from '../../temporal/known-errors.ts';
import { HttpError, unavailable } from './error.ts';

/** Statuses of failures that the client caused. All others are 500. */
const FAILURE_STATUS: Partial<Readonly<Record<FailureType, number>>> = {
  EntryInvalid: 422,
  EntryExists: 409,
  EntryNotFound: 404,
  EntryUnchanged: 400,
  ClaimsMismatch: 409,
  RequestConflict: 422,
  SourceNotFound: 404,
  SourceExists: 409,
  SourceNotManaged: 501,
  SourceRetiring: 409,
  SourceManaged: 400,
  DefinitionInvalid: 400,
};

/** The answer to any error. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof RollcallError) return failureToHttpError(error);
  if (error instanceof TemporalUnavailable) {
    return unavailable(error.message, { cause: error, retryAfterMs: error.retryAfterMs });
  }
  if (error instanceof PassingFailure)
    return unavailable('The request could not be carried out: try again later', { cause: error });
  if (error instanceof Overloaded)
    return unavailable('Too many requests are waiting: try again later', { cause: error });
  if (isPassingDatabaseError(error)) return unavailable('Database unavailable: try again later', { cause: error });
  if (isClientError(error)) return new HttpError(error.status, error.message, { cause: error });
  return new HttpError(500, 'Internal error: see the log of the server', { cause: error });
}

function failureToHttpError(failure: RollcallError): HttpError {
  const status = FAILURE_STATUS[failure.type];
  return status === undefined
    ? new HttpError(500, 'Internal error: see the log of the server', { cause: failure })
    : new HttpError(status, failure.message, { cause: failure });
}

/** Whether Express or its body parser couldn't read the request. */
function isClientError(error: unknown): error is Error & { readonly status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
