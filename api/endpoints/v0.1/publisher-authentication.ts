/** The requests of `mcp-publisher login`. */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import 'zod-openapi';
import { refusalOf } from '../../access/challenge.ts';
import { type ApiContext, servedRegistry } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { jsonBody } from '../../http/json-body.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import type { Call } from '../endpoint.ts';
import type { publisherToken } from './response-schemas.ts';

const TOKEN_LIFETIME_SECONDS = 3600;

/** The body that `mcp-publisher` sends. */
export const oidcLogin = z
  .object({
    oidc_token: z.string().min(1).meta({
      description: 'A token of one of the configured providers: the identity of a job in GitHub Actions or GitLab.',
    }),
  })
  .meta({ id: 'OidcLogin' });

type Token = z.output<typeof publisherToken>;

/**
 * `login none`: a token as a formality. It is never checked, because without authentication all requests have the same
 * permissions.
 */
export async function authenticatePublisher({ context, request }: Call): Promise<Token> {
  if (context.access.settings.mode === 'oauth') throw notPossible(context, 'none');
  await servedRegistry(context, request);
  return tokenAnswer('anonymous');
}

/**
 * `login github-oidc`, and `POST …/auth/oidc` for the tokens of any other provider. The token itself is the registry
 * token: it expires within minutes, and is verified again with every request.
 */
export async function authenticateByOidc({ context, request }: Call, method: string): Promise<Token> {
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
  return tokenAnswer(token, expiryOf(token));
}

/** All other logins prove to the official registry that the user owns a namespace. */
export function refuseLogin({ context, request }: Call): never {
  throw notPossible(context, requiredParameter(request, 'method'));
}

/** The expiry time of a token; undefined for a token that only its provider can read. */
function expiryOf(token: string): number | undefined {
  try {
    return decodeJwt(token).exp;
  } catch {
    return undefined;
  }
}

function tokenAnswer(token: string, expiresAt = Math.floor(Date.now() / 1000) + TOKEN_LIFETIME_SECONDS): Token {
  return { registry_token: token, expires_at: expiresAt };
}

function notPossible({ access: { settings } }: ApiContext, method: string): HttpError {
  if (settings.mode === 'anonymous') {
    return new HttpError(404, 'This registry has no authentication: use "mcp-publisher login none"');
  }
  const instead = `use "mcp-publisher login github-oidc" in GitHub Actions, or get a token from ${settings.providers.map(({ issuerUrl }) => issuerUrl).join(' or ')}, which "rollcall login" does, and send it as "Authorization: Bearer …"`;
  return new HttpError(501, `Logging in by "${method}" is not possible here: ${instead}`);
}
