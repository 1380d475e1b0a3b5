/** Sends every error as JSON, `{"error": "…"}`. */
import type { ErrorRequestHandler } from 'express';
import { ProviderUnavailable } from '../access/tokens/rejection.ts';
import { senderOf } from '../audit/sender.ts';
import { unmarkStale } from '../cache/stale.ts';
import type { ApiContext } from '../context.ts';
import { toHttpError } from '../http/error-mapping.ts';
import { requestIdOf } from '../http/request-id.ts';

export function handleErrors({ audit, logger }: Pick<ApiContext, 'audit' | 'logger'>): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const answer = toHttpError(error);
    // The client of an identity provider logs an outage once, with its URL.
    const isLogged = answer.cause instanceof ProviderUnavailable || answer.status === 501;
    if (answer.status >= 500 && !isLogged) {
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
    unmarkStale(response);
    for (const name of ['ETag', 'Cache-Control', 'Content-Encoding', 'Content-Length']) response.removeHeader(name);
    response
      .status(answer.status)
      .set({ ...answer.headers, 'Cache-Control': 'no-store' })
      .json({ error: answer.message, ...(answer.faults !== undefined && { faults: answer.faults }) });
  };
}
