/** Every error as JSON, `{"error": "…"}`, with the status that says whose fault it is. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isDatabaseUnavailable } from '../db/availability.ts';
import { type FailureType, RollcallError } from '../registry/failure.ts';
import { PassingFailure, TemporalUnavailable } from '../temporal/known-errors.ts';
import { requestIdOf } from './audit/request-id.ts';
import { senderOf } from './audit/sender.ts';
import type { ApiContext } from './context.ts';
import { HttpError, unavailable } from './http-error.ts';

/** What a failure of a request's own making is answered with; all others are faults of ours or of something behind us. */
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

/** The answer to an error, whatever was thrown. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof RollcallError) return failureToHttpError(error);
  if (error instanceof TemporalUnavailable) {
    return unavailable(error.message, { cause: error, retryAfterMs: error.retryAfterMs });
  }
  if (error instanceof PassingFailure)
    return unavailable('It could not be carried out now: try again later', { cause: error });
  if (isDatabaseUnavailable(error)) return unavailable('The database is away: try again later', { cause: error });
  if (isClientError(error)) return new HttpError(error.status, error.message, { cause: error });
  return new HttpError(500, 'Something went wrong here; the log says what', { cause: error });
}

function failureToHttpError(failure: RollcallError): HttpError {
  const status = FAILURE_STATUS[failure.type];
  return status === undefined
    ? new HttpError(500, 'Something went wrong here; the log says what', { cause: failure })
    : new HttpError(status, failure.message, { cause: failure });
}

/** What Express and its body parser throw for a request that they could not read. */
function isClientError(error: unknown): error is Error & { readonly status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}

/** For requests that no route took. */
export const refuseUnknownRoute: RequestHandler = (request) => {
  throw new HttpError(404, `There is nothing at ${request.path}: /docs lists what there is`);
};

export function handleErrors({ audit, logger }: Pick<ApiContext, 'audit' | 'logger'>): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const answer = toHttpError(error);
    if (answer.status >= 500 && answer.status !== 501) {
      logger.error(
        {
          err: answer.cause ?? answer,
          method: request.method,
          path: request.path,
          status: answer.status,
          requestId: requestIdOf(request),
        },
        'request failed',
      );
    }
    if (answer.status === 401 || answer.status === 403) audit.refused(senderOf(request), answer);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const name of ['ETag', 'Cache-Control', 'Content-Encoding', 'Content-Length']) response.removeHeader(name);
    response
      .status(answer.status)
      .set({ ...answer.headers, 'Cache-Control': 'no-store' })
      .json({ error: answer.message, ...(answer.faults !== undefined && { faults: answer.faults }) });
  };
}
