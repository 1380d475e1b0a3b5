/** `/v1/entries`: published servers. */
import type { Request } from 'express';
import { z } from 'zod';
import { memberBytes } from '../../../registry/json-elements.ts';
import { serverJsonSchema } from '../../../registry/server-json-schema.ts';
import { isJsonObject } from '../../../registry/json.ts';
import { getEntryClaims } from '../../admin/entries.ts';
import { deleteEntry, publishEntry, setEntryClaims } from '../../admin/entry-changes.ts';
import { ask, type InputToFind, makeFrom, operationContext } from '../../admin/operation.ts';
import type { ApiContext } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { idempotencyKeyOf, writeHeaders } from '../../http/idempotency-key.ts';
import { jsonBody, type JsonBody, sendJson } from '../../http/json-body.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import { endpoint } from '../endpoint.ts';
import { pathParameters } from '../path-parameters.ts';
import { serverDocument } from '../v0.1/response-schemas.ts';
import { entryClaimsInfo, possiblyNoClaims } from './response-schemas.ts';

const ofEntry = {
  type: z.enum(['server', 'skill', 'plugin']).meta({ description: 'Only `server` is served here.', example: 'server' }),
  name: pathParameters.server,
};

export const entryEndpoints = [
  endpoint({
    method: 'post',
    path: '/entries',
    access: 'write',
    operationId: 'publishEntry',
    summary: 'Publish a version of a server, with claims',
    description:
      'Publishes to the managed source of the default registry, or to the only managed source. Claims are required if `authz` is set.',
    headers: writeHeaders,
    body: z.object({
      claims: possiblyNoClaims,
      server: serverJsonSchema.optional(),
      skill: z.unknown().optional().meta({ description: "Refused: skills aren't supported." }),
      plugin: z.unknown().optional().meta({ description: "Refused: plugins aren't supported." }),
    }),
    answers: { 201: { description: 'The stored document.', schema: serverDocument } },
    errors: [404, 409, 422, 501],
    handle: async ({ context, request, response }) => {
      const input = inputFrom(request, () => publication(context, jsonBody(request)));
      const entry = await makeFrom(operationContext(context, request), publishEntry, input);
      sendJson(response.status(201), entry.document);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/entries/:type/:name/versions/:version',
    access: 'write',
    operationId: 'deleteEntry',
    summary: 'Delete a published version',
    parameters: { ...ofEntry, version: pathParameters.version },
    headers: writeHeaders,
    answers: { 204: { description: 'Done.' } },
    errors: [404, 409, 422, 501],
    handle: async ({ context, request, response }) => {
      const input = inputFrom(request, () => ({
        name: nameOfServer(request),
        version: requiredParameter(request, 'version'),
      }));
      await makeFrom(operationContext(context, request), deleteEntry, input);
      response.status(204).end();
    },
  }),
  endpoint({
    method: 'get',
    path: '/entries/:type/:name/claims',
    access: 'token',
    operationId: 'getEntryClaims',
    summary: 'Read the claims required for reading a published server',
    parameters: ofEntry,
    answers: {
      200: { description: "The server's own claims, or else the claims of its source.", schema: entryClaimsInfo },
    },
    errors: [404, 501],
    handle: async ({ context, request }) => {
      const input = { name: nameOfServer(request) };
      const { claims } = await ask(operationContext(context, request), getEntryClaims, input);
      return { claims: claims ?? {} };
    },
  }),
  endpoint({
    method: 'put',
    path: '/entries/:type/:name/claims',
    access: 'write',
    operationId: 'setEntryClaims',
    summary: 'Change the claims of a published server',
    description: 'Applies to all versions. Without claims of its own, the server has the claims of its source.',
    parameters: ofEntry,
    headers: writeHeaders,
    body: z.object({ claims: possiblyNoClaims }),
    answers: { 204: { description: 'Done.' } },
    errors: [404, 409, 422, 501],
    handle: async ({ context, request, response }) => {
      const input = inputFrom(request, () => ({ name: nameOfServer(request), claims: claimsIn(request) }));
      await makeFrom(operationContext(context, request), setEntryClaims, input);
      response.status(204).end();
    },
  }),
];

/** If the input can't be read, that is refused after the permission, and recorded. */
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
  const type = requiredParameter(request, 'type');
  if (type === 'server') return requiredParameter(request, 'name');
  if (type === 'skill' || type === 'plugin') throw onlyServers();
  throw new HttpError(400, `"${type}" isn't a type of entry: only "server" is served here`);
}

function onlyServers(): HttpError {
  return new HttpError(400, 'Skills and plugins are not served here: only servers can be published');
}
