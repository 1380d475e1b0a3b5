/**
 * What a caller may do: the one place where scopes, roles, claims and namespaces are judged, for every API alike.
 * Functions that require something throw the HttpError that says what is missing.
 */
import type { AuthSettings } from '../../config/model.ts';
import { type Claims, mayGrant, maySee } from '../../registry/claims.ts';
import { compileGlob } from '../../registry/glob.ts';
import type { Role } from '../../registry/roles.ts';
import { HttpError } from '../http/error.ts';
import type { Caller } from './caller.ts';

/**
 * The gate asks for the write scope already, with the challenge that tells clients of it; what changes something does
 * not leave it at that.
 *
 * @throws HttpError 403
 */
export function requireWrite(caller: Caller): void {
  if (!caller.mayWrite) throw new HttpError(403, 'Your token may not be used for changes');
}

/** @throws HttpError 403 */
export function requireRole(caller: Caller, role: Role): void {
  if (caller.roles.has(role)) return;
  throw new HttpError(403, `This needs the role ${role}, which the claims of your token do not give`);
}

/** What a caller must hold to see something; null: nothing is said, so that only who sees everything does. */
export type RequiredClaims = Claims | null;

/** Whether the caller sees a source, an entry or anything else that has claims and no other rule. */
export function sees(caller: Caller, claims: RequiredClaims): boolean {
  return caller.seesEverything || (claims !== null && maySee(caller.claims, claims));
}

/** What decides who sees a registry. */
export interface RegistryAccess {
  readonly access: 'protected' | 'public';
  readonly claims: RequiredClaims;
  /** Whether it is the default registry that nobody defined: it stands for all that each caller may see. */
  readonly isImplicit: boolean;
}

export function seesRegistry(caller: Caller, { access, claims, isImplicit }: RegistryAccess): boolean {
  if (access === 'public') return true;
  if (caller.kind === 'public') return false;
  return isImplicit || sees(caller, claims);
}

/**
 * Whether the caller may give something these claims: only claims that are the caller's own, and at least one, since
 * else the giver could not see what was made.
 *
 * @throws HttpError 403 that names the claims that are missing.
 */
export function requireGrant(caller: Caller, claims: RequiredClaims): void {
  if (caller.seesEverything) return;
  const given = Object.entries(claims ?? {});
  if (given.length === 0) {
    throw new HttpError(403, 'Claims are needed: without any, nobody but a superAdmin would see it');
  }
  const missing = given.filter(([name, value]) => !mayGrant(caller.claims, { [name]: value }));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => `"${name}"`).join(', ');
  throw new HttpError(403, `You may give only claims that you hold, with each of the values: not so ${names}`);
}

/**
 * Whether the caller may publish under this name, and change what was published under it. Without rules everybody may
 * who has the role.
 *
 * @throws HttpError 403 that tells the caller's own namespaces.
 */
export function requireNamespace(caller: Caller, name: string, settings: AuthSettings): void {
  const rules = settings.mode === 'oauth' ? settings.authz?.namespaces : undefined;
  if (rules === undefined || caller.roles.has('superAdmin')) return;
  const patterns = rules.filter(({ claims }) => maySee(caller.claims, claims)).flatMap(({ names }) => names);
  if (patterns.some((pattern) => compileGlob(pattern)(name))) return;
  const own = patterns.length === 0 ? 'you have no namespace' : `yours are ${patterns.join(', ')}`;
  throw new HttpError(403, `"${name}" is not in a namespace that you may publish to: ${own}`);
}
