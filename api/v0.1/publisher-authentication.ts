/** What `mcp-publisher login` asks for. */
import type { Request, RequestHandler } from 'express';
import { type ApiContext, servedRegistry } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { pathParameter } from '../http/routes.ts';

const TOKEN_LIFETIME_SECONDS = 3600;

/**
 * `login none`: a token for form's sake. Without authentication it grants nothing that a request without one is not
 * granted, and none is ever looked at.
 */
export function authenticatePublisher(context: ApiContext): RequestHandler {
  return async (request, response) => {
    if (context.access.settings.mode === 'oauth') throw notPossible(context, 'none');
    await servedRegistry(context, request);
    response
      .set('Cache-Control', 'no-store')
      .json({ registry_token: 'anonymous', expires_at: Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_SECONDS });
  };
}

/** All other ways to log in prove to the official registry who owns a namespace. */
export function refuseOtherAuthentication(context: ApiContext): RequestHandler {
  return (request: Request) => {
    throw notPossible(context, pathParameter(request, 'method'));
  };
}

function notPossible({ access: { settings } }: ApiContext, method: string): HttpError {
  const instead =
    settings.mode === 'anonymous'
      ? 'this registry has no authentication, so use "mcp-publisher login none"'
      : `get a token from ${settings.providers.map(({ issuerUrl }) => issuerUrl).join(' or ')}, which "rollcall login" does, and send it as "Authorization: Bearer …"`;
  return new HttpError(501, `Logging in by "${method}" is not possible here: ${instead}`);
}
