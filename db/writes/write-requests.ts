import { createHash } from 'node:crypto';
import { sql } from 'slonik';
import { z } from 'zod';
import type { Claims } from '../../registry/claims.ts';
import { ENTRY_STATUSES } from '../../registry/entry.ts';
import { RollcallError } from '../../registry/failure.ts';
import type { Database, Transaction } from '../connection/database.ts';
import { type EntryWrite, failure, writeEntries, writeOutcome, type WriteOutcome } from './managed-entries.ts';
import { currentTime, lockSource, showChange } from '../entries/ownership.ts';
import { id, nothing } from '../connection/schemas.ts';
import { textOrNull } from '../connection/stored-text.ts';
import { isManaged, MANAGED } from '../../registry/source-definition.ts';

export type { EntryWrite, WriteOutcome } from './managed-entries.ts';

export interface RequestKey {
  readonly sourceName: string;
  readonly requestId: string;
}

/** A write and its sender. */
export interface RequestedWrite {
  readonly write: EntryWrite;
  /** Display name of the person or program that sends it. */
  readonly requestedBy?: string | undefined;
  /** Identifies the caller: only the same caller can repeat the write without its id. */
  readonly caller?: string | undefined;
}

const managedSourceRow = z.object({ id, kind: z.string() });
const storedRequestRow = z.object({ fingerprint: z.instanceof(Buffer), outcome: writeOutcome.nullable() });

/**
 * Stores a write for the source's actor. Returns its outcome, or null if it hasn't been carried out yet. The same request
 * can be stored again.
 *
 * @throws RollcallError `RequestConflict` if the key was used for another request, `SourceNotFound`, `SourceNotManaged`
 */
export async function putWriteRequest(
  database: Database,
  key: RequestKey,
  request: RequestedWrite,
): Promise<WriteOutcome | null> {
  const source = await database.maybeOne(sql.type(managedSourceRow)`
    select id, kind from source where name = ${key.sourceName} and detached_at is null`);
  if (source === null) throw new RollcallError('SourceNotFound', `There is no source "${key.sourceName}".`);
  if (!isManaged(source)) {
    throw new RollcallError(
      'SourceNotManaged',
      `The source "${key.sourceName}" isn't managed: its entries come from elsewhere.`,
    );
  }
  const { write } = request;
  const fingerprint = fingerprintOf(write);
  await database.query(sql.type(nothing)`
    insert into write_request (source_id, request_id, kind, fingerprint, name, version, document, status,
      status_message, claims, requested_by, caller)
    values (${source.id}, ${key.requestId}, ${write.kind}, ${sql.binary(fingerprint)}, ${write.name}, ${write.version},
      ${'document' in write ? write.document : null}, ${write.kind === 'status' ? write.status : null},
      ${write.kind === 'status' ? textOrNull(write.statusMessage) : null},
      ${'claims' in write && write.claims !== undefined ? sql.jsonb({ ...write.claims }) : null},
      ${textOrNull(request.requestedBy ?? null)}, ${request.caller ?? null})
    on conflict do nothing`);
  const stored = await database.one(sql.type(storedRequestRow)`
    select fingerprint, outcome from write_request where source_id = ${source.id} and request_id = ${key.requestId}`);
  if (!stored.fingerprint.equals(fingerprint)) {
    throw new RollcallError('RequestConflict', 'The Idempotency-Key was used for another request: choose another key');
  }
  return stored.outcome;
}

const isStoredRow = z.object({ isStored: z.boolean() });

/** Whether the same write by the same sender is stored under this key. */
export async function isStoredRequest(
  database: Database,
  { sourceName, requestId }: RequestKey,
  { write, requestedBy }: RequestedWrite,
): Promise<boolean> {
  return await database.oneFirst(sql.type(isStoredRow)`
    select exists (
      select from write_request join source on source.id = write_request.source_id
      where source.name = ${sourceName} and request_id = ${requestId} and fingerprint = ${sql.binary(fingerprintOf(write))}
        and requested_by is not distinct from ${textOrNull(requestedBy ?? null)}
    ) as "isStored"`);
}

/** Digest of a write. */
export function fingerprintOf(write: EntryWrite): Buffer {
  const parts = [
    write.kind,
    write.name,
    write.version,
    'document' in write ? write.document : null,
    write.kind === 'status' ? write.status : null,
    write.kind === 'status' ? write.statusMessage : null,
    'claims' in write ? (write.claims ?? null) : null,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

const outcomeRow = z.object({ outcome: writeOutcome.nullable() });

/**
 * Returns the outcome of a write. Null if it hasn't been carried out yet, or if the request doesn't exist (any more).
 */
export async function findWriteOutcome(database: Database, key: RequestKey): Promise<WriteOutcome | null> {
  return await database.maybeOneFirst(sql.type(outcomeRow)`
    select write_request.outcome from write_request join source on source.id = write_request.source_id
    where source.name = ${key.sourceName} and write_request.request_id = ${key.requestId}`);
}

const requestRow = z.object({
  sourceId: id,
  sourceKind: z.string(),
  kind: z.enum(['publish', 'replace', 'status', 'remove', 'claims']),
  name: z.string(),
  version: z.string().nullable(),
  document: z.string().nullable(),
  status: z.enum(ENTRY_STATUSES).nullable(),
  statusMessage: z.string().nullable(),
  claims: z.custom<Claims>().nullable(),
  outcome: writeOutcome.nullable(),
});
type RequestRow = z.infer<typeof requestRow>;

/**
 * Carries out a write once, in one transaction with storing its outcome. Later calls only return the outcome.
 *
 * @throws RollcallError `EntryNotFound` if the request doesn't exist. All other failures of the request are outcomes
 */
export async function carryOutWrite(database: Database, key: RequestKey): Promise<WriteOutcome> {
  return await database.transaction(async (transaction) => {
    const request = await lockRequest(transaction, key);
    if (request === null) {
      throw new RollcallError('EntryNotFound', `The source "${key.sourceName}" has no write request ${key.requestId}.`);
    }
    if (request.outcome !== null) return request.outcome;
    const outcome = await outcomeOf(transaction, request);
    await transaction.query(sql.type(nothing)`
      update write_request set outcome = ${sql.jsonb(outcome)}, completed_at = now()
      where source_id = ${request.sourceId} and request_id = ${key.requestId}`);
    return outcome;
  });
}

async function lockRequest(transaction: Transaction, key: RequestKey): Promise<RequestRow | null> {
  await lockSource(transaction, sql.fragment`name = ${key.sourceName}`);
  return await transaction.maybeOne(sql.type(requestRow)`
    select source.id as "sourceId", source.kind as "sourceKind", write_request.kind, write_request.name,
      write_request.version, write_request.document, write_request.status,
      write_request.status_message as "statusMessage", write_request.claims, write_request.outcome
    from write_request join source on source.id = write_request.source_id
    where source.name = ${key.sourceName} and write_request.request_id = ${key.requestId}`);
}

async function outcomeOf(transaction: Transaction, request: RequestRow): Promise<WriteOutcome> {
  if (request.sourceKind !== MANAGED) {
    return failure('SourceNotManaged', 'The source is no longer managed: its entries come from elsewhere.');
  }
  const { sourceId, name } = request;
  const at = await currentTime(transaction);
  const outcome = await writeEntries(transaction, { sourceId, at, write: entryWrite(request) });
  if ('entries' in outcome && outcome.entries > 0) {
    await showChange(transaction, { sourceId, names: [name], at });
  }
  return outcome;
}

function entryWrite({ kind, name, version, document, status, statusMessage, claims }: RequestRow): EntryWrite {
  if (kind === 'status') return { kind, name, version, status: status ?? 'active', statusMessage };
  if (kind === 'claims') return { kind, name, version: null, claims: claims ?? {} };
  if (kind === 'remove') return { kind, name, version: version ?? '' };
  const written = { name, version: version ?? '', document: document ?? '' };
  return kind === 'replace' ? { kind, ...written } : { kind, ...written, claims: claims ?? undefined };
}
