/** Publishing to a registry: to its managed source, through that source's actor. */
import type { Request, RequestHandler, Response } from 'express';
import { checkServerJson } from '../registry/server-json.ts';
import { deleteEntry, publishEntry, replaceEntry, setEntryStatus } from './admin/entry-changes.ts';
import { makeFrom, operationContext } from './admin/operation.ts';
import { type ApiContext, servedRegistry } from './context.ts';
import { HttpError } from './http-error.ts';
import { itemJson } from './item-json.ts';
import { bodyBytes, jsonBody } from './json-body.ts';
import { idempotencyKey } from './request-schemas.ts';
import { pathParameter } from './routes.ts';

/** `POST …/publish` */
export function publish(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const entry = await makeFrom(operationContext(context, request), publishEntry, async () => ({
      ...(await writtenTo(context, request)),
      document: bodyBytes(request),
    }));
    sendJson(response, itemJson(entry));
  };
}

/** `PUT …/servers/{server}/versions/{version}` */
export function replaceVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const entry = await makeFrom(operationContext(context, request), replaceEntry, async () => ({
      ...(await writtenTo(context, request)),
      ...versionIn(request),
      document: bodyBytes(request),
    }));
    sendJson(response, itemJson(entry));
  };
}

/** `DELETE …/servers/{server}/versions/{version}` */
export function deleteVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const entry = await makeFrom(operationContext(context, request), deleteEntry, async () => ({
      ...(await writtenTo(context, request)),
      ...versionIn(request),
    }));
    sendJson(response, itemJson(entry));
  };
}

/** `PATCH …/servers/{server}/versions/{version}/status` */
export function setStatus(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const { versions } = await makeFrom(operationContext(context, request), setEntryStatus, async () => ({
      ...objectIn(request),
      ...(await writtenTo(context, request)),
      ...versionIn(request),
    }));
    const { name, version } = versionIn(request);
    const entry = versions.find((candidate) => candidate.version === version);
    if (entry === undefined) throw new HttpError(404, `There is no version ${version} of ${name} any more`);
    sendJson(response, itemJson(entry));
  };
}

/** `PATCH …/servers/{server}/status`: all versions in one transaction. */
export function setStatusOfAll(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const { updatedCount, versions } = await makeFrom(operationContext(context, request), setEntryStatus, async () => ({
      ...objectIn(request),
      ...(await writtenTo(context, request)),
      name: pathParameter(request, 'server'),
      version: undefined,
    }));
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

interface WrittenTo {
  readonly registry: string;
  /** Undefined: the operation makes one. */
  readonly idempotencyKey: string | undefined;
}

async function writtenTo(context: ApiContext, request: Request): Promise<WrittenTo> {
  const { name } = await servedRegistry(context, request);
  return { registry: name, idempotencyKey: idempotencyKeyOf(request) };
}

/** @throws HttpError 400 for a header that can't be a key. */
export function idempotencyKeyOf(request: Request): string | undefined {
  const result = idempotencyKey.safeParse(request.get('idempotency-key'));
  if (result.success) return result.data;
  throw new HttpError(400, `The header Idempotency-Key ${result.error.issues[0]?.message ?? 'is not understood'}`);
}

function versionIn(request: Request): { readonly name: string; readonly version: string } {
  return { name: pathParameter(request, 'server'), version: pathParameter(request, 'version') };
}

/** The members of the body; whether they are those that are needed is for the operation to say. */
function objectIn(request: Request): object {
  return { ...(jsonBody(request).value as object | null) };
}

function sendJson(response: Response, json: string): void {
  response.set('Cache-Control', 'no-store').type('application/json').send(json);
}
