/** Publishing to a registry: to its managed source, through that source's actor. */
/** Publishing to a registry: to its managed source, through that source's actor. */
import type { Request, RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';
import { listSourceVersions, listVersions } from '../db/entries.ts';
import type { RegistryRow } from '../db/registries.ts';
import { findManagedSource, type SourceRow } from '../db/sources.ts';
import { putWriteRequest, type EntryWrite, type WriteOutcome } from '../db/write-requests.ts';
import type { EntryStatus } from '../registry/entry.ts';
import { RollcallError } from '../registry/failure.ts';
import { compactJson } from '../registry/json-elements.ts';
import { isJsonObject } from '../registry/json.ts';
import { checkServerJson, type Fault, faultText } from '../registry/server-json.ts';
import { TemporalUnavailable } from '../temporal/known-errors.ts';
import type { SourceActors } from '../temporal/source-actors.ts';
import type { WriteResult } from '../workflows/contract.ts';
import { type ApiContext, servedRegistry } from './context.ts';
import { HttpError, unavailable } from './http-error.ts';
import { itemJson } from './item-json.ts';
import { jsonBody, type JsonBody } from './json-body.ts';
import { idempotencyKey, statusUpdate } from './request-schemas.ts';
import { pathParameter } from './routes.ts';

/** `POST …/publish` */
export function publish(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const registry = await servedRegistry(context, request);
    const source = await managedSource(context, registry);
    const published = publishedDocument(context, jsonBody(request));
    await refuseNameOfOther(context, { registry, source, name: published.name });
    await carryOut(context, { source, requestId: requestId(request), write: { kind: 'publish', ...published } });
    await sendVersion(context, response, { source, ...published });
  };
}

/** `PUT …/servers/{server}/versions/{version}` */
export function replaceVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const source = await managedSource(context, await servedRegistry(context, request));
    const published = publishedDocument(context, jsonBody(request));
    refuseOtherVersion(published, request);
    await carryOut(context, { source, requestId: requestId(request), write: { kind: 'replace', ...published } });
    await sendVersion(context, response, { source, ...published });
  };
}

/** `DELETE …/servers/{server}/versions/{version}` */
export function deleteVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const source = await managedSource(context, await servedRegistry(context, request));
    const deleted = { name: pathParameter(request, 'server'), version: pathParameter(request, 'version') };
    await carryOut(context, { source, requestId: requestId(request), write: { kind: 'remove', ...deleted } });
    await sendVersion(context, response, { source, ...deleted });
  };
}

/** `PATCH …/servers/{server}/versions/{version}/status` */
export function setStatus(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const source = await managedSource(context, await servedRegistry(context, request));
    const name = pathParameter(request, 'server');
    const version = pathParameter(request, 'version');
    const write = { kind: 'status', name, version, ...readStatus(jsonBody(request)) } as const;
    await carryOut(context, { source, requestId: requestId(request), write });
    await sendVersion(context, response, { source, name, version });
  };
}

/** `PATCH …/servers/{server}/status`: all versions in one transaction. */
export function setStatusOfAll(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const source = await managedSource(context, await servedRegistry(context, request));
    const name = pathParameter(request, 'server');
    const write = { kind: 'status', name, version: null, ...readStatus(jsonBody(request)) } as const;
    const updatedCount = await carryOut(context, { source, requestId: requestId(request), write });
    const versions = await listSourceVersions(context.database, { sourceId: source.id, name });
    sendJson(response, `{"updatedCount":${updatedCount},"servers":[${versions.map(itemJson).join(',')}]}`);
  };
}

/** `POST …/validate`: the checks of publishing, nothing stored. */
export function validate(context: ApiContext): RequestHandler {
  return async (request, response) => {
    await servedRegistry(context, request);
    const faults = checkServerJson(jsonBody(request).value, context.limits);
    response.json({
      valid: faults.length === 0,
      issues: faults.map(({ path, message }) => ({ type: 'schema', path, message, severity: 'error', reference: '' })),
    });
  };
}

async function managedSource({ database }: ApiContext, registry: RegistryRow): Promise<SourceRow> {
  const source = await findManagedSource(database, registry.name);
  if (source !== null) return source;
  throw new HttpError(
    501,
    `Registry "${registry.name}" has no managed source, so nothing can be published to it: add a source of kind "managed" to it`,
  );
}

/**
 * A name belongs to the first source that has it: published to one that comes later, it would never be served.
 *
 * @throws HttpError 409
 */
async function refuseNameOfOther(
  { database }: ApiContext,
  { registry, source, name }: { readonly registry: RegistryRow; readonly source: SourceRow; readonly name: string },
): Promise<void> {
  const [served] = await listVersions(database, { registryId: registry.id, name, includeDeleted: false });
  if (served === undefined) return;
  if (registry.sources.indexOf(served.sourceName) >= registry.sources.indexOf(source.name)) return;
  throw new HttpError(
    409,
    `Server "${name}" belongs to source "${served.sourceName}", which comes before "${source.name}" in registry "${registry.name}": publish under another name`,
  );
}

interface PublishedDocument {
  readonly name: string;
  readonly version: string;
  /** As it was sent, without insignificant white space. */
  readonly document: string;
}

/** @throws HttpError 422 with the list of faults for a document that breaks the rules. */
function publishedDocument({ limits }: ApiContext, body: JsonBody): PublishedDocument {
  const faults = checkServerJson(body.value, limits);
  if (faults.length > 0 || !isJsonObject(body.value)) throw invalidDocument(faults);
  const { name, version } = body.value as { name: string; version: string };
  return { name, version, document: compactJson(body.bytes) };
}

function invalidDocument(faults: readonly Fault[]): HttpError {
  return new HttpError(422, `The document breaks the rules for server.json: ${faults.map(faultText).join('; ')}`, {
    faults,
  });
}

function refuseOtherVersion({ name, version }: PublishedDocument, request: Request): void {
  const faults: Fault[] = [];
  if (name !== pathParameter(request, 'server')) faults.push({ path: 'name', message: 'is not the name in the path' });
  if (version !== pathParameter(request, 'version'))
    faults.push({ path: 'version', message: 'is not the version in the path' });
  if (faults.length > 0) throw invalidDocument(faults);
}

/** @throws HttpError 400 */
function readStatus({ value }: JsonBody): { status: EntryStatus; statusMessage: string | null } {
  const result = statusUpdate.safeParse(value);
  if (result.success) return { status: result.data.status, statusMessage: result.data.statusMessage || null };
  const faults = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new HttpError(400, faults.map(faultText).join('; '), { faults });
}

/** The caller's `Idempotency-Key`, or one of our own. */
function requestId(request: Request): string {
  const result = idempotencyKey.safeParse(request.get('idempotency-key'));
  if (result.success) return result.data ?? randomUUID();
  throw new HttpError(400, `The header Idempotency-Key ${result.error.issues[0]?.message ?? 'is not understood'}`);
}

interface SourceWrite {
  readonly source: SourceRow;
  readonly requestId: string;
  readonly write: EntryWrite;
}

/**
 * Puts the write into Postgres and has the source's actor carry it out, once however often it is asked. Afterwards this
 * process knows the new revisions, so that the next read shows what was written.
 *
 * @returns how many entries were written.
 */
async function carryOut(context: ApiContext, request: SourceWrite): Promise<number> {
  const key = { sourceName: request.source.name, requestId: request.requestId };
  const earlier = await putWriteRequest(context.database, key, { write: request.write });
  if (earlier !== null) return entriesOf(earlier);
  const { entries } = await askActor(context.actors, request).catch((error: unknown) => {
    throw withKey(error, request.requestId);
  });
  await context.registries.refresh();
  return entries;
}

/** Who did not send a key of his own has to know the one that makes asking again safe. */
function withKey(error: unknown, key: string): unknown {
  if (!(error instanceof TemporalUnavailable)) return error;
  return unavailable(
    `${error.message}. Whether it will be done is not known; sent again with "Idempotency-Key: ${key}" it is done once`,
    { cause: error, retryAfterMs: error.retryAfterMs },
  );
}

function entriesOf(outcome: WriteOutcome): number {
  if ('entries' in outcome) return outcome.entries;
  throw new RollcallError(outcome.failure.type, outcome.failure.message);
}

/** The document does not travel: the actor's activity finds the write under its id. */
function askActor(actors: SourceActors, { source, requestId: id, write }: SourceWrite): Promise<WriteResult> {
  const { name, version } = write;
  const message = { requestId: id, name, ...(version !== null && { version }) };
  if (write.kind === 'status') return actors.setStatus(source.name, { ...message, status: write.status });
  if (write.kind === 'claims') return actors.setClaims(source.name, message);
  if (write.kind === 'remove') return actors.remove(source.name, message);
  return actors.publish(source.name, message);
}

async function sendVersion(
  { database }: ApiContext,
  response: Response,
  { source, name, version }: { readonly source: SourceRow; readonly name: string; readonly version: string },
): Promise<void> {
  const versions = await listSourceVersions(database, { sourceId: source.id, name });
  const entry = versions.find((candidate) => candidate.version === version);
  if (entry === undefined)
    throw new HttpError(404, `Source "${source.name}" no longer has version "${version}" of server "${name}"`);
  sendJson(response, itemJson(entry));
}

function sendJson(response: Response, json: string): void {
  response.set('Cache-Control', 'no-store').type('application/json').send(json);
}
