/** Refusals that tell a client which token it needs (RFC 6750 section 3). */
import type { Request } from 'express';
import type { OAuthSettings } from '../../config/model.ts';
import { HttpError, unavailable } from '../http/error.ts';
import { sessionOf } from '../sign-in/sessions.ts';
import { metadataUrl } from './protected-resource.ts';
import { ProviderUnavailable, TokenRejected } from './tokens/rejection.ts';

/**
 * 401 for a request without a token. It carries no error code, because the request had no authentication information
 * (RFC 6750 section 3.1).
 */
export function tokenNeeded(request: Request, settings: OAuthSettings): HttpError {
  const message =
    sessionOf(request) === undefined
      ? 'This request requires a token: send it as "Authorization: Bearer …"'
      : 'Your session has ended: sign in again';
  return new HttpError(401, message, { headers: challenge(request, settings) });
}

/** The answer to a token that wasn't accepted: 401, or 503 if its provider can't be reached. */
export function refusalOf(error: unknown, request: Request, settings: OAuthSettings): unknown {
  if (error instanceof ProviderUnavailable) {
    return unavailable('Tokens of this issuer cannot be checked now: try again later', {
      cause: error,
      retryAfterMs: error.retryAfterMs,
    });
  }
  if (!(error instanceof TokenRejected)) return error;
  return new HttpError(401, error.message, {
    headers: challenge(request, settings, { error: error.code, error_description: error.message }),
    cause: error,
  });
}

export function scopeNeeded(request: Request, settings: OAuthSettings): HttpError {
  const description = `Changes need a token with the scope ${settings.writeScope}`;
  return new HttpError(403, description, {
    headers: challenge(request, settings, {
      error: 'insufficient_scope',
      error_description: description,
      scope: settings.writeScope,
    }),
  });
}

function challenge(
  request: Request,
  settings: OAuthSettings,
  reason: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const metadata = metadataUrl(request, settings);
  const attributes = {
    realm: settings.realm,
    ...reason,
    ...(metadata !== null && { resource_metadata: metadata }),
  };
  const written = Object.entries(attributes).map(([name, value]) => `${name}=${quoted(value)}`);
  return { 'WWW-Authenticate': `Bearer ${written.join(', ')}` };
}

/** A quoted string of RFC 9110 section 5.6.4, in ASCII. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`;
}
