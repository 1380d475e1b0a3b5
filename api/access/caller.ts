/** Who asks: what the access rules know of the sender of a request. */
import type { IncomingMessage } from 'node:http';
import type { HeldClaims } from '../../registry/claims.ts';
import { ROLES, type Role } from '../../registry/roles.ts';

export interface Caller {
  /**
   * `everybody`: authentication is off. `public`: no token was sent, which is enough for public registries. `token`: a
   * token that a provider vouches for.
   */
  readonly kind: 'everybody' | 'public' | 'token';
  /** `sub` and `iss` of the token; null without one. */
  readonly subject: string | null;
  readonly issuer: string | null;
  /** For people: the token's `name`, else `preferred_username`, else `email`. */
  readonly displayName: string | null;
  readonly claims: HeldClaims;
  /** Those that the configuration's claim rules give; all of them where authentication or `authz` is off. */
  readonly roles: ReadonlySet<Role>;
  /** Whether the token may be used for changes: it carries the write scope, or authentication is off. */
  readonly mayWrite: boolean;
  /** Whether claims on registries, sources and entries do not concern this caller: a superAdmin, or no `authz`. */
  readonly seesEverything: boolean;
  /** Equal for callers who see the same: a digest of the claims. Part of the key of what is held in memory. */
  readonly key: string;
}

const EVERYTHING = { claims: {}, roles: new Set(ROLES), mayWrite: true, seesEverything: true } as const;
const NOTHING = { claims: {}, roles: new Set<Role>(), mayWrite: false, seesEverything: false } as const;
const NOBODY = { subject: null, issuer: null, displayName: null } as const;

/** Everybody, where authentication is off. */
export const EVERYBODY: Caller = { kind: 'everybody', ...NOBODY, ...EVERYTHING, key: 'everybody' };

/** Who sent no token where authentication is on. */
export const PUBLIC: Caller = { kind: 'public', ...NOBODY, ...NOTHING, key: 'public' };

/** Who sent a token that is refused. Nothing was ever answered to somebody of this key. */
export const REFUSED: Caller = { ...PUBLIC, key: 'refused' };

const callers = new WeakMap<IncomingMessage, Caller>();

/** Remembers who sent a request; for the authentication alone. */
export function setCaller(request: IncomingMessage, caller: Caller): void {
  callers.set(request, caller);
}

/** Who sent a request. Before anybody was found it is nobody in particular, who may do nothing. */
export function callerOf(request: IncomingMessage): Caller {
  return callers.get(request) ?? PUBLIC;
}
