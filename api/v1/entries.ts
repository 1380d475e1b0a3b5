/** `/v1/entries`: what is published here. */
import type { Request, RequestHandler } from 'express';
import { memberBytes } from '../../registry/json-elements.ts';
import { isJsonObject } from '../../registry/json.ts';
import { getEntryClaims } from '../admin/entries.ts';
import { deleteEntry, publishEntry, setEntryClaims } from '../admin/entry-changes.ts';
import { ask, type InputToFind, makeFrom, operationContext } from '../admin/operation.ts';
import type { ApiContext } from '../context.ts';
import { HttpError } from '../http/error.ts';
import { idempotencyKeyOf } from '../http/idempotency-key.ts';
import { jsonBody, type JsonBody } from '../http/json-body.ts';
import { pathParameter } from '../http/routes.ts';

/** Answers with the document as it is stored. */
export function postEntry(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(request, () => publication(context, jsonBody(request)));
    const entry = await makeFrom(operationContext(context, request), publishEntry, input);
    response.status(201).type('application/json').send(entry.document);
  };
}

export function deleteEntryVersion(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(request, () => ({
      name: nameOfServer(request),
      version: pathParameter(request, 'version'),
    }));
    await makeFrom(operationContext(context, request), deleteEntry, input);
    response.status(204).end();
  };
}

export function getClaims(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const { claims } = await ask(operationContext(context, request), getEntryClaims, { name: nameOfServer(request) });
    response.json({ claims: claims ?? {} });
  };
}

/** Without claims, or with none in them, the server has those of its source. */
export function putClaims(context: ApiContext): RequestHandler {
  return async (request, response) => {
    const input = inputFrom(request, () => ({ name: nameOfServer(request), claims: claimsIn(request) }));
    await makeFrom(operationContext(context, request), setEntryClaims, input);
    response.status(204).end();
  };
}

/** What cannot be read is refused after the permission, and on record. */
function inputFrom(request: Request, read: () => object): InputToFind {
  const { name, version } = request.params;
  return {
    about: {
      ...(typeof name === 'string' && { name }),
      ...(typeof version === 'string' && { version }),
    },
    find: () => Promise.resolve({ ...read(), idempotencyKey: idempotencyKeyOf(request) }),
  };
}

function claimsIn(request: Request): unknown {
  const { value } = jsonBody(request);
  if (!isJsonObject(value)) throw new HttpError(400, 'The body must be an object with the member "claims"');
  return value['claims'] ?? {};
}

const ENTRY_KINDS = ['server', 'skill', 'plugin'] as const;

/**
 * The document with the bytes that were sent.
 *
 * @throws HttpError 400 for anything but exactly one server, and for one without claims where `authz` asks for them.
 */
function publication({ access }: ApiContext, { bytes, value }: JsonBody): { document: Buffer; claims: unknown } {
  const given = isJsonObject(value) ? ENTRY_KINDS.filter((kind) => value[kind] !== undefined) : [];
  if (!isJsonObject(value) || given.length !== 1) {
    throw new HttpError(400, 'The body must be an object with exactly one of "server", "skill" and "plugin"');
  }
  if (given[0] !== 'server') throw onlyServers();
  const { claims } = value;
  const isRestricted = access.settings.mode === 'oauth' && access.settings.authz !== undefined;
  if (isRestricted && (!isJsonObject(claims) || Object.keys(claims).length === 0)) {
    throw new HttpError(400, 'claims are required when authorization is enabled: they say who sees the server');
  }
  return { document: Buffer.from(memberBytes(bytes, 'server') ?? []), claims: claims ?? undefined };
}

function nameOfServer(request: Request): string {
  const type = pathParameter(request, 'type');
  if (type === 'server') return pathParameter(request, 'name');
  if (type === 'skill' || type === 'plugin') throw onlyServers();
  throw new HttpError(400, `"${type}" is no type of entries: only "server" is served here`);
}

function onlyServers(): HttpError {
  return new HttpError(400, 'Skills and plugins are not served here: only servers can be published');
}
