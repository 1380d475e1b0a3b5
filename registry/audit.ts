/** The words of the audit: what is recorded, and what came of it. */

/** What was asked for. Those with a name in two parts are changes of what the first part names. */
export const AUDIT_ACTIONS = [
  'entry.publish',
  'entry.update',
  'entry.status.update',
  'entry.claims.update',
  'entry.delete',
  'source.create',
  'source.update',
  'source.delete',
  'source.sync',
  'source.pause',
  'source.resume',
  'registry.create',
  'registry.update',
  'registry.delete',
  /** The configuration file said something else about a source or a registry than at the start before. */
  'configuration.change',
  /** A request without a token where one is needed, or with one that nobody vouches for. */
  'auth.unauthenticated',
  /** A read, or a request to something that is no change, that its sender may not make. */
  'auth.denied',
  /** More requests than the rate limits allow: recorded once a minute for each sender. */
  'request.limited',
  /** Refusals that could not be recorded, because there were too many while the database was away. */
  'audit.lost',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `denied`: refused for who asked; `failure`: refused for what was asked; `error`: it went wrong here. */
export const AUDIT_OUTCOMES = ['success', 'denied', 'failure', 'error'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export const AUDIT_TARGETS = ['entry', 'source', 'registry', 'request'] as const;

/** What it was done to. */
export interface AuditTarget {
  readonly kind: (typeof AUDIT_TARGETS)[number];
  /** Of a request: its method and its path. Null where a request did not get as far as saying it. */
  readonly name: string | null;
  /** Of an entry, where it is about one version. */
  readonly version: string | null;
  /** Of an entry: the registry through which it was addressed. */
  readonly registry: string | null;
}

/**
 * Who did it: the holder of a token, somebody without a valid one, anybody where authentication is off, or nobody that
 * asked: the configuration file at a start.
 */
export const AUDIT_ACTORS = ['token', 'public', 'everybody', 'system'] as const;
type AuditActor = (typeof AUDIT_ACTORS)[number];

/** Characters of one text of an event that are kept: more is not needed to know what is meant. */
const MAX_TEXT_LENGTH = 512;

/** The text as it is kept. Half a character that the cut leaves behind could not be stored. */
export function auditText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

export interface AuditEvent {
  /** A UUID. */
  readonly id: string;
  /** RFC 3339: when the request came. */
  readonly at: string;
  readonly action: AuditAction;
  /** Null: it is being carried out, or the process that did so ended before there was an answer. */
  readonly outcome: AuditOutcome | null;
  readonly actor: AuditActor;
  /** `sub` and `iss` of the token; null without one. */
  readonly subject: string | null;
  readonly issuer: string | null;
  /** What people call the token's holder. */
  readonly displayName: string | null;
  readonly target: AuditTarget;
  readonly requestId: string | null;
  readonly sourceAddress: string | null;
  readonly userAgent: string | null;
  /** How many events of the same kind this one stands for. */
  readonly count: number;
  readonly detail: Readonly<Record<string, unknown>>;
}
