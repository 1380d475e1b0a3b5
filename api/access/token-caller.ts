/** Turns the claims of a token into a caller with roles. */
import { hash } from 'node:crypto';
import type { AuthorizationSettings, OAuthSettings, ProviderSettings } from '../../config/model.ts';
import { type HeldClaims, maySee } from '../../registry/claims.ts';
import { ROLES, type Role } from '../../registry/roles.ts';
import type { Caller } from './caller.ts';

/**
 * Claims that differ between tokens of the same user. Rules ignore them, so that all tokens of a user count as the same
 * caller. The last three are from Entra ID.
 */
const OF_ONE_TOKEN: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf', 'jti', 'auth_time', 'uti', 'aio', 'rh']);

export function tokenCaller(
  claims: HeldClaims,
  provider: ProviderSettings,
  { authz, writeScope }: Pick<OAuthSettings, 'authz' | 'writeScope'>,
): Caller {
  const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name));
  const held = Object.fromEntries(lasting);
  const roles = rolesOf(held, authz);
  return {
    kind: 'token',
    subject: textOf(claims['sub']),
    issuer: textOf(claims['iss']),
    displayName: textOf(claims['name']) ?? textOf(claims['preferred_username']) ?? textOf(claims['email']),
    claims: held,
    roles,
    mayWrite: scopesOf(claims, provider).includes(writeScope),
    seesEverything: authz === undefined || roles.has('superAdmin'),
    key: hash('sha256', JSON.stringify([provider.name, lasting.sort(byName)]), 'base64url'),
  };
}

function rolesOf(held: HeldClaims, authz: AuthorizationSettings | undefined): ReadonlySet<Role> {
  if (authz === undefined) return new Set(ROLES);
  const roles = ROLES.filter((role) => authz.roles[role].some((claims) => maySee(held, claims)));
  return new Set(roles.includes('superAdmin') ? ROLES : roles);
}

/**
 * `scope` is a text (RFC 8693 section 4.2). Entra ID and Okta call it `scp`; Okta sends a list. The scopes of the provider
 * only apply to tokens without any of these claims.
 */
function scopesOf(claims: HeldClaims, provider: ProviderSettings): readonly string[] {
  const { scope = claims['scp'] } = claims;
  if (scope === undefined) return provider.scopes;
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scope) ? scope.filter((element) => typeof element === 'string') : [];
}

function textOf(claim: unknown): string | null {
  return typeof claim === 'string' && claim !== '' ? claim : null;
}

function byName([first]: readonly [string, unknown], [second]: readonly [string, unknown]): number {
  return first < second ? -1 : 1;
}
