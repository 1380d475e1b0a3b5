/** Types and constants of audit events. */

/** Audited actions. Names of the form `target.verb` are changes of that kind of target. */
export const AUDIT_ACTIONS = [
  'entry.publish',
  'entry.update',
  'entry.status.update',
  'entry.claims.update',
  'entry.delete',
  'source.create',
  'source.update',
  'source.delete',
  'source.try',
  'source.sync',
  'source.pause',
  'source.resume',
  'registry.create',
  'registry.update',
  'registry.delete',
  /** A registry was shown as callers with other claims see it. */
  'registry.viewAs',
  /** The configuration of a source or a registry changed since the previous start. */
  'configuration.change',
  /** A sign-in to the console that succeeded or failed. */
  'auth.login',
  'auth.logout',
  /** A request without a required token, or with an invalid one. */
  'auth.unauthenticated',
  /** A read, or another request that changes nothing, that the caller isn't allowed to make. */
  'auth.denied',
  /** Requests over the rate limit, recorded once a minute per sender. */
  'request.limited',
  /** Refusals that were dropped because too many arrived while the database was unavailable. */
  'audit.lost',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `denied`: the caller lacks permission. `failure`: the request is invalid. `error`: the server failed. */
export const AUDIT_OUTCOMES = ['success', 'denied', 'failure', 'error'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export const AUDIT_TARGETS = ['entry', 'source', 'registry', 'request'] as const;

/** The object of an action. */
export interface AuditTarget {
  readonly kind: (typeof AUDIT_TARGETS)[number];
  /** For a request: its method and path. Null if the request failed before its target was known. */
  readonly name: string | null;
  /** For an entry: the version. Null if the action isn't about a single version. */
  readonly version: string | null;
  /** For an entry: the registry through which it was addressed. */
  readonly registry: string | null;
}

/**
 * `token`: a caller with a valid token. `public`: a caller without one. `everybody`: any caller while authentication is
 * off. `system`: Rollcall itself, applying the configuration file at startup, or importing from another server's database.
 */
export const AUDIT_ACTORS = ['token', 'public', 'everybody', 'system'] as const;
type AuditActor = (typeof AUDIT_ACTORS)[number];

/** Maximum length of a text in an event. */
const MAX_TEXT_LENGTH = 512;

/** Truncates a text for storage. Drops a surrogate half left by the cut, because Postgres can't store it. */
export function auditText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

export interface AuditEvent {
  /** A UUID. */
  readonly id: string;
  /** Time of the request (RFC 3339). */
  readonly at: string;
  readonly action: AuditAction;
  /** The outcome; null if the action is in progress, or if its process ended before the action was finished. */
  readonly outcome: AuditOutcome | null;
  readonly actor: AuditActor;
  /** `sub` and `iss` of the token; null without one. */
  readonly subject: string | null;
  readonly issuer: string | null;
  /** Display name of the token's holder. */
  readonly displayName: string | null;
  readonly target: AuditTarget;
  readonly requestId: string | null;
  readonly sourceAddress: string | null;
  readonly userAgent: string | null;
  /** Number of similar events that this one summarizes. */
  readonly count: number;
  readonly detail: Readonly<Record<string, unknown>>;
}
