/** `/v1/entries`: published servers, skills, and plugins. */
import type { Request } from 'express';
import { z } from 'zod';
import { ENTRY_KINDS, type EntryKind, SKILL_KINDS, storedName } from '../../../registry/entry-kind.ts';
import { memberTexts } from '../../../registry/document/json-text.ts';
import { serverJsonSchema } from '../../../registry/server-json/schema.ts';
import { pluginSchema, skillSchema } from '../../../registry/skills/skill-schema.ts';
import { isJsonObject } from '../../../registry/json.ts';
import { getEntryClaims } from '../../admin/entries/reads.ts';
import {
  deleteEntry,
  publishEntry,
  setEntryClaims,
  setEntryStatus,
  skillStatusUpdate,
} from '../../admin/entries/changes.ts';
import { nameWithNamespace } from '../../admin/entries/managed-server.ts';
import { askFrom, type InputToFind, makeFrom, type OperationContext, operationContext } from '../../admin/operation.ts';
import type { ApiContext } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { idempotencyKeyOf } from '../../http/idempotency-key.ts';
import { jsonBody, type JsonBody, sendJson } from '../../http/json-body.ts';
import { requiredParameter } from '../../http/path-parameter.ts';
import { endpoint } from '../endpoint.ts';
import { managedWrite, pathParameters } from '../common-parts.ts';
import { skillJson } from '../skills/item-json.ts';
import { responsesOf } from '../skills/response-schemas.ts';
import { serverDocument } from '../v0.1/response-schemas.ts';
import { changedVersions, entryClaimsInfo, possiblyNoClaims } from './response-schemas.ts';

const ofEntry = {
  type: z.enum(ENTRY_KINDS).meta({ description: 'Kind of the entry.', example: 'server' }),
  name: pathParameters.server.meta({
    description:
      'Name of the entry: its namespace, a slash that must be encoded as `%2F`, and its name. The namespace of a skill or plugin can be left out if no other one has the name.',
  }),
};

export const entryEndpoints = [
  endpoint({
    method: 'post',
    path: '/entries',
    ...managedWrite,
    operationId: 'publishEntry',
    summary: 'Publish a version of a server, skill, or plugin, with claims',
    description:
      'Publishes to the managed source of the default registry, or to the only managed source. Claims are required if `authz` is set.',
    body: z.object({
      claims: possiblyNoClaims,
      server: serverJsonSchema.optional(),
      skill: skillSchema.optional(),
      plugin: pluginSchema.optional(),
    }),
    answers: {
      201: {
        description: 'The stored document; skills and plugins with their status.',
        schema: z.union([serverDocument, ...SKILL_KINDS.map((kind) => responsesOf(kind).one)]),
      },
    },
    handle: async ({ context, request, response }) => {
      const input = inputFrom(request, () => publication(context, jsonBody(request)));
      const entry = await makeFrom(operationContext(context, request), publishEntry, input);
      sendJson(response.status(201), entry.entryKind === 'server' ? entry.document : skillJson(entry));
    },
  }),
  endpoint({
    method: 'delete',
    path: '/entries/:type/:name/versions/:version',
    ...managedWrite,
    operationId: 'deleteEntry',
    summary: 'Delete a published version',
    parameters: { ...ofEntry, version: pathParameters.version },
    answers: { 204: { description: 'Done.' } },
    handle: async ({ context, request, response }) => {
      const operation = operationContext(context, request);
      const input = inputFrom(request, () => versionIn(operation, request));
      await makeFrom(operation, deleteEntry, input);
      response.status(204).end();
    },
  }),
  endpoint({
    method: 'patch',
    path: '/entries/:type/:name/versions/:version/status',
    ...managedWrite,
    operationId: 'setEntryStatus',
    summary: 'Set the status of a published version',
    parameters: { ...ofEntry, version: pathParameters.version },
    body: skillStatusUpdate,
    answers: { 200: { description: 'What changed.', schema: changedVersions } },
    handle: ({ context, request }) => changeStatus(context, request, versionIn),
  }),
  endpoint({
    method: 'patch',
    path: '/entries/:type/:name/status',
    ...managedWrite,
    operationId: 'setStatusOfAllEntryVersions',
    summary: 'Set the status of all published versions',
    description: 'Changes all of them or none.',
    parameters: ofEntry,
    body: skillStatusUpdate,
    answers: { 200: { description: 'What changed.', schema: changedVersions } },
    handle: ({ context, request }) => changeStatus(context, request, nameIn),
  }),
  endpoint({
    method: 'get',
    path: '/entries/:type/:name/claims',
    access: 'token',
    operationId: 'getEntryClaims',
    summary: 'Read the claims required for reading a published entry',
    parameters: ofEntry,
    answers: {
      200: { description: 'Its own claims, or else the claims of its source.', schema: entryClaimsInfo },
    },
    errors: [404, 409, 501],
    handle: async ({ context, request }) => {
      const operation = operationContext(context, request);
      const { claims } = await askFrom(operation, getEntryClaims, () => nameIn(operation, request));
      return { claims: claims ?? {} };
    },
  }),
  endpoint({
    method: 'put',
    path: '/entries/:type/:name/claims',
    ...managedWrite,
    operationId: 'setEntryClaims',
    summary: 'Change the claims of a published entry',
    description: 'Applies to all versions. Without claims of its own, the entry has the claims of its source.',
    parameters: ofEntry,
    body: z.object({ claims: possiblyNoClaims }),
    answers: { 204: { description: 'Done.' } },
    handle: async ({ context, request, response }) => {
      const operation = operationContext(context, request);
      const input = inputFrom(request, async () => ({
        ...(await nameIn(operation, request)),
        claims: claimsIn(request),
      }));
      await makeFrom(operation, setEntryClaims, input);
      response.status(204).end();
    },
  }),
];

/**
 * Reads the input. Input that can't be read is refused after the permission was checked, and the refusal is recorded.
 */
function inputFrom(request: Request, read: () => object | Promise<object>): InputToFind {
  const { type, name, version } = request.params;
  const kind = ENTRY_KINDS.find((known) => known === type);
  return {
    about: {
      ...(typeof name === 'string' && { name: kind === undefined ? name : storedName(kind, name) }),
      ...(typeof version === 'string' && { version }),
    },
    find: async () => ({ ...(await read()), idempotencyKey: idempotencyKeyOf(request) }),
  };
}

async function changeStatus(
  context: ApiContext,
  request: Request,
  readTarget: typeof nameIn,
): Promise<z.input<typeof changedVersions>> {
  const operation = operationContext(context, request);
  const input = inputFrom(request, async () => ({
    ...(jsonBody(request).value as object | null),
    ...(await readTarget(operation, request)),
  }));
  const { updatedCount, versions } = await makeFrom(operation, setEntryStatus, input);
  return { updatedCount, versions: versions.map(({ version }) => version) };
}

function claimsIn(request: Request): unknown {
  const { value } = jsonBody(request);
  if (!isJsonObject(value)) throw new HttpError(400, 'The body must be an object with the member "claims"');
  return value['claims'] ?? {};
}

/**
 * The document with the bytes that were sent.
 *
 * @throws HttpError 400 for anything but exactly one entry, and for one without claims where `authz` asks for them.
 */
function publication(
  { access }: ApiContext,
  { bytes, value }: JsonBody,
): { entryKind: EntryKind; document: Buffer; claims: unknown } {
  const given = isJsonObject(value) ? ENTRY_KINDS.filter((kind) => value[kind] !== undefined) : [];
  const [entryKind] = given;
  if (!isJsonObject(value) || entryKind === undefined || given.length !== 1) {
    throw new HttpError(400, 'The body must be an object with exactly one of "server", "skill" and "plugin"');
  }
  const { claims } = value;
  const isRestricted = access.settings.mode === 'oauth' && access.settings.authz !== undefined;
  if (isRestricted && (!isJsonObject(claims) || Object.keys(claims).length === 0)) {
    throw new HttpError(400, `claims are required when authorization is enabled: they say who sees the ${entryKind}`);
  }
  return { entryKind, document: Buffer.from(memberTexts(bytes).get(entryKind) ?? ''), claims: claims ?? undefined };
}

interface NamedEntry {
  readonly entryKind: EntryKind;
  readonly name: string;
}

/** @throws HttpError 400 for another type, 409 for a name without namespace that isn't unique */
async function nameIn(operation: OperationContext, request: Request): Promise<NamedEntry> {
  const type = requiredParameter(request, 'type');
  const entryKind = ENTRY_KINDS.find((known) => known === type);
  if (entryKind === undefined) {
    throw new HttpError(400, `"${type}" isn't a type of entry: use server, skill, or plugin`);
  }
  return { entryKind, name: await nameWithNamespace(operation, entryKind, requiredParameter(request, 'name')) };
}

async function versionIn(
  operation: OperationContext,
  request: Request,
): Promise<NamedEntry & { readonly version: string }> {
  return { ...(await nameIn(operation, request)), version: requiredParameter(request, 'version') };
}
