/** Limits of changes, and of rejected tokens, per sender. Reads are never limited. */
import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { type Options, rateLimit } from 'express-rate-limit';
import type { RateLimitSettings } from '../../config/model.ts';
import { refusedToken } from '../access/authenticate.ts';
import { callerOf } from '../access/caller.ts';
import { TokenRejected } from '../access/tokens/rejection.ts';
import { senderOf } from '../audit/sender.ts';
import type { AuditTrail } from '../audit/trail.ts';
import { addressOf, isSafeMethod } from '../http/request.ts';
import { HttpError } from '../http/error.ts';

const WINDOW_MS = 60_000;

interface LimitedApi {
  readonly audit: AuditTrail;
  readonly rateLimits: RateLimitSettings;
}

/** Counts the changes of a caller, or without a token those of an address. Runs after authentication. */
export function limitWrites({ audit, rateLimits: { writesPerMinute } }: LimitedApi): RequestHandler {
  return limiter(audit, {
    limit: writesPerMinute,
    skip: ({ method }) => isSafeMethod(method),
    keyGenerator: (request) => {
      const { issuer, subject } = callerOf(request);
      return subject === null ? addressOf(request) : JSON.stringify([issuer, subject]);
    },
    message: `More than ${writesPerMinute} changes a minute`,
  });
}

/**
 * Counts rejected tokens from one address. Runs before errors are answered. Further tokens are still checked, so that
 * callers behind the same proxy can't lock out each other.
 */
export function limitFailedAuthentications({ audit, rateLimits }: LimitedApi): ErrorRequestHandler {
  const limit = rateLimits.failedAuthenticationsPerMinute;
  const count = limiter(audit, {
    limit,
    keyGenerator: addressOf,
    message: `More than ${limit} tokens from this address were refused within a minute`,
  });
  // oxlint-disable-next-line max-params -- Express knows an error handler by its four parameters.
  return (error: unknown, request, response, next) => {
    const refused = refusedToken(request) ?? (error instanceof HttpError ? error.cause : undefined);
    if (!(refused instanceof TokenRejected)) return next(error);
    void count(request, response, (limited?: unknown) => next(limited ?? error));
  };
}

/** Answers 429 above the limit, and records the first of each minute. */
function limiter(
  audit: AuditTrail,
  { message, ...options }: Partial<Options> & { readonly limit: number; readonly message: string },
): RequestHandler {
  return rateLimit({
    ...options,
    windowMs: WINDOW_MS,
    standardHeaders: false,
    legacyHeaders: false,
    // The library's own validation warns about trusted proxies, which the configuration determines.
    validate: false,
    // oxlint-disable-next-line max-params -- As the library calls it.
    handler: (request, _response, next) => {
      const { used, resetTime } = (request as Request & { rateLimit: { used: number; resetTime?: Date } }).rateLimit;
      const seconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
      const refusal = new HttpError(429, `${message}: try again in ${seconds} seconds`, {
        headers: { 'Retry-After': String(seconds) },
      });
      if (used === options.limit + 1) audit.refused(senderOf(request), refusal);
      next(refusal);
    },
  });
}
