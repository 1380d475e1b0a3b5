/**
 * Failure types: one name per cause, used in Temporal histories (`ApplicationFailure.type`), sync records, HTTP
 * responses, and the CLI. This file has no imports, so that workflow code can use it.
 */

export const FAILURE_TYPES = {
  // Reaching the upstream.
  UpstreamUnavailable: "the upstream can't be reached, timed out, or returned a server error",
  UpstreamRateLimited: 'the upstream asked for fewer requests (429, or 503 with Retry-After)',
  UpstreamNotFound: "the repository, reference, path, or document doesn't exist",
  UpstreamDenied: 'the upstream refused the credentials or requires some',
  UpstreamInvalid: 'the upstream returned an invalid response',
  // Reading the document.
  DocumentInvalid: "the document isn't JSON or YAML, or isn't a registry document",
  FormatMismatch: "the document isn't in the configured format",
  EmptySnapshot: 'the upstream has no entries, but the source still has some',
  AllEntriesRejected: 'every entry of the snapshot was rejected',
  // Applying the snapshot.
  RemovalGuard: 'the sync would remove more entries than the source allows',
  SnapshotLost: 'the staged snapshot is gone, for example after a database crash',
  SyncRefused: 'the sync is unknown to the database or has already ended',
  DatabaseUnavailable: "Postgres didn't answer",
  // The source and its definition.
  DefinitionInvalid: "the definition of the source can't work",
  OutboundForbidden: 'sources created through the API may not access this address or file',
  SecretUnavailable: "a secret can't be read from its file or environment variable",
  SourceNotFound: "the source doesn't exist",
  SourceExists: 'a source with this name already exists',
  SourceNotManaged: "the source isn't managed, so nothing can be published to it",
  SourceManaged: 'the source is managed, so there is nothing to sync',
  SourceRetiring: 'the source is being removed',
  // Writing to a managed source.
  EntryInvalid: 'the document breaks the rules for server.json',
  EntryExists: 'this version already exists, or has existed before',
  EntryNotFound: "the entry doesn't exist",
  EntryUnchanged: 'the entry is already in the requested state',
  ClaimsMismatch: 'the claims in the request differ from the existing claims of the name',
  RequestConflict: 'the idempotency key was already used for a different request',
} as const;

export type FailureType = keyof typeof FAILURE_TYPES;

/** Whether the `type` of an `ApplicationFailure` is a failure type of Rollcall. */
export function isFailureType(type: string | null | undefined): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURE_TYPES, type);
}

/** An error for users to act on. Activities turn it into an `ApplicationFailure` of the same type. */
export class RollcallError extends Error {
  override readonly name = 'RollcallError';
  readonly type: FailureType;
  /** The delay in milliseconds that the upstream requested before the next attempt. */
  readonly retryAfterMs: number | undefined;

  constructor(
    type: FailureType,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Whether the upstream may work again soon, so that it's worth asking it again. */
export function isTemporary({ type }: RollcallError): boolean {
  return type === 'UpstreamUnavailable' || type === 'UpstreamRateLimited' || type === 'SecretUnavailable';
}
