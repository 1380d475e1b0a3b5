/**
 * Why something could not be done: one name per cause, the same in Temporal histories (`ApplicationFailure.type`),
 * on sync records, in HTTP answers and in the CLI. This file has no imports: workflow code may use it.
 */

export const FAILURE_TYPES = {
  // The upstream, or the way to it.
  UpstreamUnavailable: 'the upstream could not be reached, timed out or answered with a server error',
  UpstreamRateLimited: 'the upstream asked to be asked later (429 or 503 with Retry-After)',
  UpstreamNotFound: 'the repository, reference, path or document does not exist',
  UpstreamDenied: 'the upstream refused the credentials, or wants some',
  UpstreamInvalid: 'the upstream answered something that is not what it should be',
  // The document.
  DocumentInvalid: 'the registry document is not JSON or YAML, or not a registry document',
  FormatMismatch: 'the registry document is not in the format that the source names',
  EmptySnapshot: 'the upstream had no entries, where the source has some',
  AllEntriesRejected: 'every entry of the snapshot was rejected',
  // Applying.
  RemovalGuard: 'the sync would have removed more entries than the source allows',
  SnapshotLost: 'the staged snapshot is no longer there, for instance after a crash of the database',
  SyncRefused: 'the database knows nothing of this sync, or knows that it has ended',
  // The source and its definition.
  DefinitionInvalid: 'the definition of the source cannot work as it is',
  OutboundForbidden: 'the source was created through the API, which limits what it may reach',
  SecretUnavailable: 'a file or environment variable that holds a secret could not be read',
  SourceNotFound: 'there is no such source',
  SourceExists: 'there is a source of this name already',
  SourceNotManaged: 'the source is not managed: nothing can be published to it',
  SourceManaged: 'the source is managed: there is nothing to sync',
  SourceRetiring: 'the source is being removed',
  // Writing to a managed source.
  EntryInvalid: 'the document breaks the rules for server.json',
  EntryExists: 'this version exists, or existed, already',
  EntryNotFound: 'there is no such entry',
  EntryUnchanged: 'the entry is already what was asked for',
  ClaimsMismatch: 'the name has other claims than the ones that it was to be published with',
  RequestConflict: 'the idempotency key was used for another request',
} as const;

export type FailureType = keyof typeof FAILURE_TYPES;

/** Whether the `type` of an `ApplicationFailure` is one of these. */
export function isFailureType(type: string | null | undefined): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURE_TYPES, type);
}

/** A failure that its reader can act on. Activities turn it into an `ApplicationFailure` of the same type. */
export class RollcallError extends Error {
  override readonly name = 'RollcallError';
  readonly type: FailureType;
  /** Milliseconds after which trying again makes sense, where the upstream said so. */
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
