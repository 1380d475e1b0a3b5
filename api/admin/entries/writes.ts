/** Writes to managed sources. The source's actor carries out each one once, however often it is requested. */
import { hash } from 'node:crypto';
import type { EntryRow } from '../../../db/entries/entries.ts';
import { findServingSource, findSourceVersion, listSourceVersions } from '../../../db/entries/versions.ts';
import { findRepeatedWrite } from '../../../db/writes/repeated-writes.ts';
import {
  type EntryWrite,
  findWriteOutcome,
  isStoredRequest,
  putWriteRequest,
  type RequestKey,
  type WriteOutcome,
} from '../../../db/writes/write-requests.ts';
import type { Claims } from '../../../registry/claims.ts';
import { entryLabel, kindOfName, servedName } from '../../../registry/entry-kind.ts';
import { RollcallError } from '../../../registry/failure.ts';
import type { SourceActors } from '../../../temporal/source-actors.ts';
import type { WriteResult } from '../../../workflows/contract/source-actor.ts';
import { requireGrant } from '../../access/permissions.ts';
import { toHttpError } from '../../http/error-mapping.ts';
import { HttpError } from '../../http/error.ts';
import { isVisible, type ManagedServer } from './managed-server.ts';
import type { OperationContext } from '../operation.ts';
import type { PublishedDocument } from './published-document.ts';

export interface Publication {
  readonly published: PublishedDocument;
  /** The claims required for reading the server; null for those of its name or its source. */
  readonly claims: Claims | null;
  readonly idempotencyKey: string;
}

/**
 * Publishes a version under the name of `server`.
 *
 * @throws HttpError 403 for claims that the caller can't assign, 409 for a name that belongs to another source.
 */
export async function publishVersion(
  context: OperationContext,
  server: ManagedServer,
  { published, claims, idempotencyKey }: Publication,
): Promise<EntryRow> {
  if (claims !== null) requireGrant(context.caller, claims);
  await refuseNameOfOther(context, server);
  const write = { kind: 'publish', ...published, ...(claims !== null && { claims }) } as const;
  await carryOut(context, { server, idempotencyKey, write });
  return await writtenVersion(context, server, published.version);
}

/** A name belongs to the first source that has it. Published to a later source, it would never be served. */
async function refuseNameOfOther(context: OperationContext, server: ManagedServer): Promise<void> {
  const { registry, source, name } = server;
  if (!(await isVisible(context, server))) {
    throw new HttpError(409, `${capitalized(name)} already exists, with claims that you do not hold`);
  }
  const served = await findServingSource(context.database, { registryId: registry.id, name });
  if (served === null || registry.sources.indexOf(served) >= registry.sources.indexOf(source.name)) return;
  throw new HttpError(
    409,
    `${capitalized(name)} belongs to source "${served}", which comes before "${source.name}" in registry "${registry.name}": publish under another name`,
  );
}

/** The entry at the beginning of a sentence: `Server "com.example/weather"`. */
function capitalized(stored: string): string {
  const kind = kindOfName(stored);
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} "${servedName(stored)}"`;
}

export interface WriteRequest {
  readonly server: ManagedServer;
  readonly idempotencyKey: string;
  readonly write: EntryWrite;
}

/**
 * Stores the write in Postgres and has the source's actor carry it out once. Afterwards this process knows the new
 * revisions, so that the next read shows the result.
 *
 * A write that the caller sent before, with another key or none, isn't carried out again.
 *
 * @returns how many entries were written, and the id of the write that did it
 * @throws HttpError 503 if the outcome isn't known, with the key for sending the request again
 */
export async function carryOut(
  context: OperationContext,
  { server, idempotencyKey, write }: WriteRequest,
): Promise<{ readonly entries: number; readonly requestId: string }> {
  const { database, registries, actors } = context;
  const { displayName, issuer, subject, key: seenAs } = context.caller;
  const sourceName = server.source.name;
  const caller = hash('sha256', JSON.stringify([issuer, subject ?? seenAs]), 'base64url');
  const findRepeated = (): Promise<string | null> => findRepeatedWrite(database, { sourceName, caller, write });
  const requestedBy = displayName ?? subject ?? undefined;
  const requestId =
    (await findRepeated()) ?? (await writeRequestId(context, { sourceName, idempotencyKey, write, requestedBy }));
  try {
    const earlier = await putWriteRequest(database, { sourceName, requestId }, { write, requestedBy, caller });
    if (earlier !== null) return { entries: entriesOf(earlier), requestId };
    const { entries } = await askActor(actors, { sourceName, requestId }, write);
    await registries.refresh();
    return { entries, requestId };
  } catch (error) {
    // An identical write that was sent at the same time may have been carried out first.
    const other = error instanceof RollcallError ? await findRepeated() : null;
    const outcome = other === null ? null : await findWriteOutcome(database, { sourceName, requestId: other });
    if (other === null || outcome === null) throw withKey(error, idempotencyKey);
    return { entries: entriesOf(outcome), requestId: other };
  }
}

/** Tells callers that sent no key the one with which they can safely send the request again. */
function withKey(error: unknown, key: string): unknown {
  const answer = toHttpError(error);
  if (answer.status !== 503) return error;
  return new HttpError(
    503,
    `${answer.message}. It is not known whether the change will be made. It is made only once if you repeat it within 15 minutes, or later with "Idempotency-Key: ${key}"`,
    { cause: error, headers: { ...answer.headers, 'Idempotency-Key': key } },
  );
}

function entriesOf(outcome: WriteOutcome): number {
  if ('entries' in outcome) return outcome.entries;
  throw new RollcallError(outcome.failure.type, outcome.failure.message);
}

/** The document isn't sent to Temporal: the actor's activity finds the write by its id. */
function askActor(
  actors: SourceActors,
  { sourceName, requestId }: RequestKey,
  write: EntryWrite,
): Promise<WriteResult> {
  const { name, version } = write;
  const message = { requestId, name, ...(version !== null && { version }) };
  if (write.kind === 'status') return actors.setStatus(sourceName, { ...message, status: write.status });
  if (write.kind === 'claims') return actors.setClaims(sourceName, message);
  if (write.kind === 'remove') return actors.remove(sourceName, message);
  return actors.publish(sourceName, message);
}

/** @throws HttpError 404 if another request has removed it again. */
export async function writtenVersion(
  context: OperationContext,
  server: ManagedServer,
  version: string,
): Promise<EntryRow> {
  const { source, name } = server;
  const entry = await findSourceVersion(context.database, { sourceId: source.id, name, version });
  if (entry !== null) return entry;
  throw new HttpError(404, `Source "${source.name}" no longer has version "${version}" of ${entryLabel(name)}`);
}

/** The current state of the versions that a status change wrote. Newest publication first, at most 8 MiB. */
export async function versionsWrittenBy(
  { database }: OperationContext,
  { source, name }: ManagedServer,
  requestId: string,
): Promise<readonly EntryRow[]> {
  const outcome = await findWriteOutcome(database, { sourceName: source.name, requestId });
  const versions = outcome !== null && 'entries' in outcome ? (outcome.versions ?? []) : [];
  return await listSourceVersions(database, { sourceId: source.id, name, versions });
}

interface KeyedWrite {
  readonly sourceName: string;
  /** The `Idempotency-Key` of the caller, or one made for the request. */
  readonly idempotencyKey: string;
  readonly write: EntryWrite;
  readonly requestedBy: string | undefined;
}

/**
 * The id of a write, in Postgres and in Temporal, derived from the idempotency key and the caller. The same key of another
 * caller is another write, so it neither conflicts nor reveals anything. Callers without authentication can't be told apart
 * and share their keys.
 *
 * Version 0.1 used the key itself. A write that it stored keeps that id if the same caller sends it again.
 */
async function writeRequestId(
  { database, caller }: OperationContext,
  { sourceName, idempotencyKey, write, requestedBy }: KeyedWrite,
): Promise<string> {
  const former = { sourceName, requestId: idempotencyKey };
  if (await isStoredRequest(database, former, { write, requestedBy })) return idempotencyKey;
  const { issuer, subject, key } = caller;
  return hash('sha256', JSON.stringify([issuer, subject ?? key, idempotencyKey]), 'base64url');
}
