/**
 * Decides what a caller is allowed to do. Scopes, roles, claims, and namespaces are only checked here, for all APIs.
 * Functions that require something throw an HttpError that names what is missing.
 */
import type { AuthSettings } from '../../config/model.ts';
import { type Claims, mayGrant, maySee } from '../../registry/claims.ts';
import { compileGlob } from '../../registry/patterns/glob.ts';
import type { Role } from '../../registry/roles.ts';
import { HttpError } from '../http/error.ts';
import type { Caller } from './caller.ts';

/**
 * The gate requires the write scope already, and tells clients about it. Changes check it again.
 *
 * @throws HttpError 403
 */
export function requireWrite(caller: Caller): void {
  if (!caller.mayWrite) throw new HttpError(403, 'Your token cannot be used for changes');
}

/** @throws HttpError 403 */
export function requireRole(caller: Caller, role: Role): void {
  if (caller.roles.has(role)) return;
  throw new HttpError(403, `This needs the role ${role}, which the claims of your token do not give`);
}

/** The claims that a caller must hold to see something. With null, only callers that see everything can see it. */
export type RequiredClaims = Claims | null;

/** Whether the caller sees something with these claims, such as a source or an entry. */
export function sees(caller: Caller, claims: RequiredClaims): boolean {
  return caller.seesEverything || (claims !== null && maySee(caller.claims, claims));
}

/** The properties that decide which callers see a registry. */
export interface RegistryAccess {
  readonly access: 'protected' | 'public';
  readonly claims: RequiredClaims;
  /** Whether it is the default registry without a definition, which has everything that the caller can see. */
  readonly isImplicit: boolean;
}

export function seesRegistry(caller: Caller, { access, claims, isImplicit }: RegistryAccess): boolean {
  if (access === 'public') return true;
  if (caller.kind === 'public') return false;
  return isImplicit || sees(caller, claims);
}

/**
 * Checks that the caller can assign these claims: only claims that the caller holds, and at least one. Otherwise the
 * caller couldn't see the result.
 *
 * @throws HttpError 403 that names the claims that are missing.
 */
export function requireGrant(caller: Caller, claims: RequiredClaims): void {
  if (caller.seesEverything) return;
  const given = Object.entries(claims ?? {});
  if (given.length === 0) {
    throw new HttpError(403, 'Claims are required: without any, only a superAdmin can see it');
  }
  const missing = given.filter(([name, value]) => !mayGrant(caller.claims, { [name]: value }));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => `"${name}"`).join(', ');
  throw new HttpError(
    403,
    `You can only assign claims that you hold, with each of their values. You do not hold ${names}`,
  );
}

/**
 * Checks that the caller can publish under this name, and change what was published under it. Without namespace rules,
 * the role is enough.
 *
 * @throws HttpError 403 that names the caller's own namespaces.
 */
export function requireNamespace(caller: Caller, name: string, settings: AuthSettings): void {
  const rules = settings.mode === 'oauth' ? settings.authz?.namespaces : undefined;
  if (rules === undefined || caller.roles.has('superAdmin')) return;
  const patterns = rules.filter(({ claims }) => maySee(caller.claims, claims)).flatMap(({ names }) => names);
  if (patterns.some((pattern) => compileGlob(pattern)(name))) return;
  const own = patterns.length === 0 ? 'you have no namespace' : `yours are ${patterns.join(', ')}`;
  throw new HttpError(403, `"${name}" is not in a namespace that you can publish to: ${own}`);
}
