/** The caller: what the access rules know about the sender of a request. */
import type { IncomingMessage } from 'node:http';
import type { HeldClaims } from '../../registry/claims.ts';
import { ROLES, type Role } from '../../registry/roles.ts';

export interface Caller {
  /**
   * `everybody`: authentication is off. `public`: no token, which is enough for public registries. `token`: a token that
   * a provider issued.
   */
  readonly kind: 'everybody' | 'public' | 'token';
  /** `sub` and `iss` of the token; null without one. */
  readonly subject: string | null;
  readonly issuer: string | null;
  /** For people: the token's `name`, else `preferred_username`, else `email`. */
  readonly displayName: string | null;
  readonly claims: HeldClaims;
  /** The roles that `authz` gives to these claims. All roles if authentication or `authz` is off. */
  readonly roles: ReadonlySet<Role>;
  /** Whether the caller can make changes: the token has the write scope, or authentication is off. */
  readonly mayWrite: boolean;
  /** Whether required claims don't apply to this caller: a superAdmin, or `authz` is off. */
  readonly seesEverything: boolean;
  /** Equal for callers that see the same: a digest of the claims. Part of cache keys. */
  readonly key: string;
}

const EVERYTHING = { claims: {}, roles: new Set(ROLES), mayWrite: true, seesEverything: true } as const;
const NOTHING = { claims: {}, roles: new Set<Role>(), mayWrite: false, seesEverything: false } as const;
const NO_IDENTITY = { subject: null, issuer: null, displayName: null } as const;

/** Every caller if authentication is off. */
export const EVERYBODY: Caller = { kind: 'everybody', ...NO_IDENTITY, ...EVERYTHING, key: 'everybody' };

/** A caller without a token if authentication is on. */
export const PUBLIC: Caller = { kind: 'public', ...NO_IDENTITY, ...NOTHING, key: 'public' };

/** A caller whose token was rejected. Nothing is cached under this key. */
export const REFUSED: Caller = { ...PUBLIC, key: 'refused' };

const CALLER = Symbol('caller');
type Identified = IncomingMessage & { [CALLER]?: Caller };

/** Stores the caller of a request. Only for authentication. */
export function setCaller(request: IncomingMessage, caller: Caller): void {
  (request as Identified)[CALLER] = caller;
}

/** The caller of a request. Before authentication, one without any permission. */
export function callerOf(request: IncomingMessage): Caller {
  return (request as Identified)[CALLER] ?? PUBLIC;
}
