/** What `mcp-publisher login` asks for. */
import type { Request, RequestHandler, Response } from 'express';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import 'zod-openapi';
import { refusalOf } from '../access/challenge.ts';
import { type ApiContext, servedRegistry } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { jsonBody } from '../http/json-body.ts';
import { pathParameter } from '../http/routes.ts';

const TOKEN_LIFETIME_SECONDS = 3600;

/** As `mcp-publisher` sends it. */
export const oidcLogin = z
  .object({
    oidc_token: z.string().min(1).meta({
      description: 'A token of one of the configured providers: the identity of a job in GitHub Actions or GitLab.',
    }),
  })
  .meta({ id: 'OidcLogin' });

/**
 * `login none`: a token for form's sake. Without authentication it grants nothing that a request without one is not
 * granted, and none is ever looked at.
 */
export function authenticatePublisher(context: ApiContext): RequestHandler {
  return async (request, response) => {
    if (context.access.settings.mode === 'oauth') throw notPossible(context, 'none');
    await servedRegistry(context, request);
    sendToken(response, 'anonymous');
  };
}

/**
 * `login github-oidc`, and `POST …/auth/oidc` for the tokens of any other provider. The token itself is the registry
 * token: it expires within minutes, and every request that it is sent with is checked again.
 */
export function authenticateByOidc(context: ApiContext, method: string): RequestHandler {
  return async (request, response) => {
    const { verifyToken, settings } = context.access;
    if (verifyToken === undefined || settings.mode === 'anonymous') throw notPossible(context, method);
    const body = oidcLogin.safeParse(jsonBody(request).value);
    if (!body.success) throw new HttpError(400, 'The body must be {"oidc_token": "…"}');
    const { oidc_token: token } = body.data;
    try {
      await verifyToken(token);
    } catch (error) {
      throw refusalOf(error, request, settings);
    }
    sendToken(response, token, expiryOf(token));
  };
}

/** All other ways to log in prove to the official registry who owns a namespace. */
export function refuseOtherAuthentication(context: ApiContext): RequestHandler {
  return (request: Request) => {
    throw notPossible(context, pathParameter(request, 'method'));
  };
}

/** Of a token that only its provider can read, nothing is known but that it is accepted now. */
function expiryOf(token: string): number | undefined {
  try {
    return decodeJwt(token).exp;
  } catch {
    return undefined;
  }
}

function sendToken(response: Response, token: string, expiresAt?: number): void {
  response.set('Cache-Control', 'no-store').json({
    registry_token: token,
    expires_at: expiresAt ?? Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_SECONDS,
  });
}

function notPossible({ access: { settings } }: ApiContext, method: string): HttpError {
  if (settings.mode === 'anonymous') {
    return new HttpError(404, 'This registry has no authentication: use "mcp-publisher login none"');
  }
  const instead = `use "mcp-publisher login github-oidc" in GitHub Actions, or get a token from ${settings.providers.map(({ issuerUrl }) => issuerUrl).join(' or ')}, which "rollcall login" does, and send it as "Authorization: Bearer …"`;
  return new HttpError(501, `Logging in by "${method}" is not possible here: ${instead}`);
}
