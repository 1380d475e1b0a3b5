/** Publishing to a registry: to its managed source, through that source's actor. */
import type { Request, RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';
import type { EntryStatus } from '../registry/entry.ts';
import { checkServerJson, type Fault, faultText } from '../registry/server-json.ts';
import { callerOf } from './access/caller.ts';
import { requireRole, requireWrite } from './access/permissions.ts';
import type { OperationContext } from './admin/operation.ts';
import { type ApiContext, servedRegistry } from './context.ts';
import { carryOut, publishVersion, writtenVersion, writtenVersions } from './entry-writes.ts';
import { HttpError } from './http-error.ts';
import { itemJson } from './item-json.ts';
import { jsonBody, type JsonBody } from './json-body.ts';
import { changeableServer, publishableServer } from './managed-server.ts';
import { invalidDocument, publishedDocument, type PublishedDocument } from './published-document.ts';
import { idempotencyKey, statusUpdate } from './request-schemas.ts';
import { pathParameter } from './routes.ts';

/** `POST …/publish` */
export function publish(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const writer = writingCaller(context, request);
    const registry = await servedRegistry(context, request);
    const published = publishedDocument(context, jsonBody(request));
    const server = await publishableServer(writer, registry, published.name);
    const entry = await publishVersion(writer, server, { published, claims: null, requestId: requestId(request) });
    sendJson(response, itemJson(entry));
  };
}

/** `PUT …/servers/{server}/versions/{version}` */
export function replaceVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const writer = writingCaller(context, request);
    const registry = await servedRegistry(context, request);
    const published = publishedDocument(context, jsonBody(request));
    refuseOtherVersion(published, request);
    const server = await changeableServer(writer, registry, published);
    await carryOut(writer, { server, requestId: requestId(request), write: { kind: 'replace', ...published } });
    sendJson(response, itemJson(await writtenVersion(writer, server, published.version)));
  };
}

/** `DELETE …/servers/{server}/versions/{version}` */
export function deleteVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const writer = writingCaller(context, request);
    const registry = await servedRegistry(context, request);
    const deleted = { name: pathParameter(request, 'server'), version: pathParameter(request, 'version') };
    const server = await changeableServer(writer, registry, deleted);
    await carryOut(writer, { server, requestId: requestId(request), write: { kind: 'remove', ...deleted } });
    sendJson(response, itemJson(await writtenVersion(writer, server, deleted.version)));
  };
}

/** `PATCH …/servers/{server}/versions/{version}/status` */
export function setStatus(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const writer = writingCaller(context, request);
    const registry = await servedRegistry(context, request);
    const name = pathParameter(request, 'server');
    const version = pathParameter(request, 'version');
    const write = { kind: 'status', name, version, ...readStatus(jsonBody(request)) } as const;
    const server = await changeableServer(writer, registry, { name, version });
    await carryOut(writer, { server, requestId: requestId(request), write });
    sendJson(response, itemJson(await writtenVersion(writer, server, version)));
  };
}

/** `PATCH …/servers/{server}/status`: all versions in one transaction. */
export function setStatusOfAll(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const writer = writingCaller(context, request);
    const registry = await servedRegistry(context, request);
    const name = pathParameter(request, 'server');
    const write = { kind: 'status', name, version: null, ...readStatus(jsonBody(request)) } as const;
    const server = await changeableServer(writer, registry, { name, version: null });
    const updatedCount = await carryOut(writer, { server, requestId: requestId(request), write });
    const versions = await writtenVersions(writer, server);
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

/** @throws HttpError 403 for who may change no entries. */
function writingCaller(context: ApiContext, request: Request): OperationContext {
  const caller = callerOf(request);
  requireWrite(caller);
  requireRole(caller, 'manageEntries');
  return { ...context, caller };
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
export function requestId(request: Request): string {
  const result = idempotencyKey.safeParse(request.get('idempotency-key'));
  if (result.success) return result.data ?? randomUUID();
  throw new HttpError(400, `The header Idempotency-Key ${result.error.issues[0]?.message ?? 'is not understood'}`);
}

function sendJson(response: Response, json: string): void {
  response.set('Cache-Control', 'no-store').type('application/json').send(json);
}
