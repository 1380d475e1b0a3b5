/** Publishing to a registry: to its managed source, through that source's actor. */
import type { Request, RequestHandler, Response } from 'express';
import { checkServerJson } from '../../registry/server-json.ts';
import { deleteEntry, publishEntry, replaceEntry, setEntryStatus } from '../admin/entry-changes.ts';
import { type InputToFind, makeFrom, operationContext } from '../admin/operation.ts';
import { type ApiContext, servedRegistry } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { bodyBytes, jsonBody } from '../http/json-body.ts';
import { pathParameter } from '../http/routes.ts';
import { itemJson } from './item-json.ts';

/** `POST …/publish` */
export function publish(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(context, request, () => ({ document: bodyBytes(request) }));
    sendJson(response, itemJson(await makeFrom(operationContext(context, request), publishEntry, input)));
  };
}

/** `PUT …/servers/{server}/versions/{version}` */
export function replaceVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(context, request, () => ({ document: bodyBytes(request) }));
    sendJson(response, itemJson(await makeFrom(operationContext(context, request), replaceEntry, input)));
  };
}

/** `DELETE …/servers/{server}/versions/{version}` */
export function deleteVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(context, request, () => ({}));
    sendJson(response, itemJson(await makeFrom(operationContext(context, request), deleteEntry, input)));
  };
}

/** `PATCH …/servers/{server}/versions/{version}/status` */
export function setStatus(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(context, request, () => objectIn(request));
    const { versions } = await makeFrom(operationContext(context, request), setEntryStatus, input);
    const { name, version } = namesInPath(request);
    const entry = versions.find((candidate) => candidate.version === version);
    if (entry === undefined) throw new HttpError(404, `There is no version ${version} of ${name} any more`);
    sendJson(response, itemJson(entry));
  };
}

/** `PATCH …/servers/{server}/status`: all versions in one transaction; answers with those that were not so already. */
export function setStatusOfAll(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(context, request, () => ({ ...objectIn(request), version: undefined }));
    const { updatedCount, versions } = await makeFrom(operationContext(context, request), setEntryStatus, input);
    sendJson(response, `{"updatedCount":${updatedCount},"servers":[${versions.map(itemJson).join(',')}]}`);
  };
}

/** `POST …/validate`: the checks of publishing, nothing stored. */
export function validate(context: ApiContext): RequestHandler {
  return async (request, response) => {
    await servedRegistry(context, request);
    const { bytes, value } = jsonBody(request);
    const faults = checkServerJson(value, { ...context.limits, text: bytes.toString() });
    response.json({
      valid: faults.length === 0,
      issues: faults.map(({ path, message }) => ({ type: 'schema', path, message, severity: 'error', reference: '' })),
    });
  };
}

/** What the path names comes before what the body says. */
function inputFrom(context: ApiContext, request: Request, readBody: () => object): InputToFind {
  return {
    about: namesInPath(request),
    find: async () => {
      const { name } = await servedRegistry(context, request);
      const idempotencyKey = idempotencyKeyOf(request);
      return { ...readBody(), ...namesInPath(request), registry: name, idempotencyKey };
    },
  };
}

interface NamesInPath {
  readonly registry?: string;
  readonly name?: string;
  readonly version?: string;
}

function namesInPath(request: Request): NamesInPath {
  const { registry, server, version } = request.params;
  return {
    ...(registry !== undefined && { registry: pathParameter(request, 'registry') }),
    ...(server !== undefined && { name: pathParameter(request, 'server') }),
    ...(version !== undefined && { version: pathParameter(request, 'version') }),
  };
}

/** The members of the body; whether they are those that are needed is for the operation to say. */
function objectIn(request: Request): object {
  return { ...(jsonBody(request).value as object | null) };
}

function sendJson(response: Response, json: string): void {
  response.set('Cache-Control', 'no-store').type('application/json').send(json);
}
