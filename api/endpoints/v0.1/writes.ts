/** Publishing to a registry: to its managed source, through that source's actor. */
import type { Request } from 'express';
import type { z } from 'zod';
import { checkServerJson } from '../../../registry/server-json/check.ts';
import { deleteEntry, publishEntry, replaceEntry, setEntryStatus } from '../../admin/entries/changes.ts';
import { type InputToFind, makeFrom, operationContext } from '../../admin/operation.ts';
import { type ApiContext, servedRegistry } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { bodyBytes, jsonBody, sendJson } from '../../http/json-body.ts';
import { pathParameter } from '../../http/path-parameter.ts';
import type { Call } from '../endpoint.ts';
import { itemJson } from './item-json.ts';
import type { validationResult } from './response-schemas.ts';

/** `POST …/publish` */
export async function publish({ context, request, response }: Call): Promise<void> {
  const input = inputFrom(context, request, () => ({ document: bodyBytes(request) }));
  sendJson(response, itemJson(await makeFrom(operationContext(context, request), publishEntry, input)));
}

/** `PUT …/servers/{server}/versions/{version}` */
export async function replaceVersion({ context, request, response }: Call): Promise<void> {
  const input = inputFrom(context, request, () => ({ document: bodyBytes(request) }));
  sendJson(response, itemJson(await makeFrom(operationContext(context, request), replaceEntry, input)));
}

/** `DELETE …/servers/{server}/versions/{version}` */
export async function deleteVersion({ context, request, response }: Call): Promise<void> {
  const input = inputFrom(context, request, () => ({}));
  sendJson(response, itemJson(await makeFrom(operationContext(context, request), deleteEntry, input)));
}

/** `PATCH …/servers/{server}/versions/{version}/status` */
export async function setStatus({ context, request, response }: Call): Promise<void> {
  const input = inputFrom(context, request, () => objectIn(request));
  const { versions } = await makeFrom(operationContext(context, request), setEntryStatus, input);
  const { name, version } = namesInPath(request);
  const entry = versions.find((candidate) => candidate.version === version);
  if (entry === undefined) throw new HttpError(404, `Version ${version} of ${name} no longer exists`);
  sendJson(response, itemJson(entry));
}

/** `PATCH …/servers/{server}/status`: all versions in one transaction; answers with those that changed. */
export async function setStatusOfAll({ context, request, response }: Call): Promise<void> {
  const input = inputFrom(context, request, () => ({ ...objectIn(request), version: undefined }));
  const { updatedCount, versions } = await makeFrom(operationContext(context, request), setEntryStatus, input);
  sendJson(response, `{"updatedCount":${updatedCount},"servers":[${versions.map(itemJson).join(',')}]}`);
}

/** `POST …/validate`: the checks of publishing. Nothing is stored. */
export async function validate({ context, request }: Call): Promise<z.input<typeof validationResult>> {
  await servedRegistry(context, request);
  const { bytes, value } = jsonBody(request);
  const faults = checkServerJson(value, { ...context.limits, text: bytes.toString() });
  return {
    valid: faults.length === 0,
    issues: faults.map(({ path, message }) => ({ type: 'schema', path, message, severity: 'error', reference: '' })),
  };
}

/** The names in the path take precedence over those in the body. */
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
  const registry = pathParameter(request, 'registry');
  const name = pathParameter(request, 'server');
  const version = pathParameter(request, 'version');
  return {
    ...(registry !== undefined && { registry }),
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
  };
}

/** The members of the body. The operation checks them. */
function objectIn(request: Request): object {
  return { ...(jsonBody(request).value as object | null) };
}
