/** `/v1` as OpenAPI paths. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { mapping } from '../../config/mapping.ts';
import { registryMembers, sourceMembers } from '../../config/schema.ts';
import { serverJsonSchema } from '../../registry/server-json-schema.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import {
  callerInfo,
  claims,
  entryClaimsInfo,
  registryEntries,
  registryInfo,
  registryInfos,
  sourceEntries,
  sourceInfo,
  sourceInfos,
} from '../v1/response-schemas.ts';
import { pathParameters } from './path-parameters.ts';
import { errorBody, serverDocument } from './response-schemas.ts';

const ERRORS = {
  400: "A parameter or the body is invalid, or the request isn't supported.",
  401: 'A required token is missing or invalid.',
  403: 'The caller lacks the required role, claim, or scope, or only the configuration file can change the object.',
  404: "The object doesn't exist, or the caller isn't allowed to see it.",
  409: 'The name is already taken, or the object to delete is in use.',
  413: 'The body is larger than 1 MiB.',
  415: "The body isn't JSON.",
  422: 'The document breaks the rules for server.json, or the idempotency key was already used for a different request.',
  429: 'Too many changes or invalid tokens within a minute. `Retry-After` shows when to retry.',
  501: 'There is no managed source, so nothing can be published.',
  503: 'The database is unavailable or, for entries, Temporal is. `Retry-After` shows when to retry.',
} as const;
type ErrorStatus = keyof typeof ERRORS;

const READ_ERRORS = [400, 401, 403, 404, 429, 503] as const;
const WRITE_ERRORS = [...READ_ERRORS, 409, 413, 415] as const;
const ENTRY_ERRORS = [...WRITE_ERRORS, 422, 501] as const;

type Content = { readonly 'application/json': { readonly schema: z.ZodType } };

const json = (schema: z.ZodType): Content => ({ 'application/json': { schema } });

function errors(statuses: readonly ErrorStatus[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: ERRORS[status], content: json(errorBody) }]),
  );
}

const NO_CONTENT = { description: 'Done.' };

/** Describes a read: 200 with this schema. */
function read(
  operation: { operationId: string; summary: string; path?: z.ZodObject },
  schema: z.ZodType,
): ZodOpenApiOperationObject {
  const { path, ...rest } = operation;
  return {
    ...rest,
    tags: [TAG],
    ...(path !== undefined && { requestParams: { path } }),
    responses: { 200: { description: 'The current state.', content: json(schema) }, ...errors(READ_ERRORS) },
  };
}

/** Describes a PUT: 201 if it creates the object, 200 if it changes it. */
function put(
  operation: { operationId: string; summary: string; path: z.ZodObject },
  { body, schema }: { body: z.ZodType; schema: z.ZodType },
): ZodOpenApiOperationObject {
  const { path, ...rest } = operation;
  return {
    ...rest,
    tags: [TAG],
    requestParams: { path },
    requestBody: { required: true, content: json(body) },
    responses: {
      200: { description: 'Changed.', content: json(schema) },
      201: { description: 'Created.', content: json(schema) },
      ...errors(WRITE_ERRORS),
    },
  };
}

function remove(operation: { operationId: string; summary: string; path: z.ZodObject }): ZodOpenApiOperationObject {
  const { path, ...rest } = operation;
  return {
    ...rest,
    tags: [TAG],
    requestParams: { path },
    responses: { 204: NO_CONTENT, ...errors([...READ_ERRORS, 409]) },
  };
}

const TAG = 'Administration';
export const ADMINISTRATION_TAG = {
  name: TAG,
  description: 'Sources, registries and published entries, in the shapes of ToolHive Registry Server.',
};

const ofSource = z.object({
  name: pathParameters.registry.meta({ description: 'Name of the source.', example: 'partner-catalog' }),
});
const ofRegistry = z.object({
  name: pathParameters.registry.meta({ description: 'Name of the registry.', example: 'partners' }),
});
const ofEntry = {
  type: z.enum(['server', 'skill', 'plugin']).meta({ description: 'Only `server` is served here.', example: 'server' }),
  name: pathParameters.server,
};
const writeHeaders = z.object({ 'Idempotency-Key': idempotencyKey });

/** Scripts send an empty object or null for no claims. */
const possiblyNoClaims = claims.nullable().optional();

const POST_ENTRY: ZodOpenApiOperationObject = {
  operationId: 'publishEntry',
  tags: [TAG],
  summary: 'Publish a version of a server, with claims',
  description:
    'Publishes to the managed source of the default registry, or to the only managed source. Claims are required if `authz` is set.',
  requestParams: { header: writeHeaders },
  requestBody: {
    required: true,
    content: json(
      z.object({
        claims: possiblyNoClaims,
        server: serverJsonSchema.optional(),
        skill: z.unknown().optional().meta({ description: "Refused: skills aren't supported." }),
        plugin: z.unknown().optional().meta({ description: "Refused: plugins aren't supported." }),
      }),
    ),
  },
  responses: {
    201: { description: 'The stored document.', content: json(serverDocument) },
    ...errors(ENTRY_ERRORS),
  },
};
const DELETE_SOURCE: ZodOpenApiOperationObject = {
  ...remove({ operationId: 'deleteSource', summary: 'Delete a source and its entries', path: ofSource }),
  responses: {
    202: {
      description: 'It is no longer served, and is deleted once Temporal is available again.',
      content: json(z.object({ notice: z.string() })),
    },
    204: NO_CONTENT,
    ...errors([...READ_ERRORS, 409]),
  },
};
const DELETE_ENTRY: ZodOpenApiOperationObject = {
  operationId: 'deleteEntry',
  tags: [TAG],
  summary: 'Delete a published version',
  requestParams: { path: z.object({ ...ofEntry, version: pathParameters.version }), header: writeHeaders },
  responses: { 204: NO_CONTENT, ...errors([...READ_ERRORS, 409, 422, 501]) },
};
const GET_CLAIMS: ZodOpenApiOperationObject = {
  operationId: 'getEntryClaims',
  tags: [TAG],
  summary: 'Read the claims required for reading a published server',
  requestParams: { path: z.object(ofEntry) },
  responses: {
    200: { description: "The server's own claims, or else the claims of its source.", content: json(entryClaimsInfo) },
    ...errors([...READ_ERRORS, 501]),
  },
};
const PUT_CLAIMS: ZodOpenApiOperationObject = {
  operationId: 'setEntryClaims',
  tags: [TAG],
  summary: 'Change the claims of a published server',
  description: 'Applies to all versions. Without claims of its own, the server has the claims of its source.',
  requestParams: { path: z.object(ofEntry), header: writeHeaders },
  requestBody: { required: true, content: json(z.object({ claims: possiblyNoClaims })) },
  responses: { 204: NO_CONTENT, ...errors(ENTRY_ERRORS) },
};

export const ADMINISTRATION_PATHS: ZodOpenApiPathsObject = {
  '/v1/me': { get: read({ operationId: 'me', summary: 'Read the identity and roles of the caller' }, callerInfo) },
  '/v1/sources': { get: read({ operationId: 'listSources', summary: 'List sources' }, sourceInfos) },
  '/v1/sources/{name}': {
    get: read({ operationId: 'getSource', summary: 'Read a source', path: ofSource }, sourceInfo),
    put: put(
      { operationId: 'putSource', summary: 'Create or change a source', path: ofSource },
      { body: mapping({ ...sourceMembers, claims: possiblyNoClaims }).meta({ id: 'Source' }), schema: sourceInfo },
    ),
    delete: DELETE_SOURCE,
  },
  '/v1/sources/{name}/entries': {
    get: read(
      { operationId: 'listSourceEntries', summary: 'List the entries of a source', path: ofSource },
      sourceEntries,
    ),
  },
  '/v1/registries': {
    get: read({ operationId: 'listAllRegistries', summary: 'List registries' }, registryInfos),
  },
  '/v1/registries/{name}': {
    get: read({ operationId: 'getRegistryInfo', summary: 'Read a registry', path: ofRegistry }, registryInfo),
    put: put(
      { operationId: 'putRegistry', summary: 'Create or change a registry', path: ofRegistry },
      {
        body: mapping({ ...registryMembers, claims: possiblyNoClaims }).meta({ id: 'Registry' }),
        schema: registryInfo,
      },
    ),
    delete: remove({ operationId: 'deleteRegistry', summary: 'Delete a registry', path: ofRegistry }),
  },
  '/v1/registries/{name}/entries': {
    get: read(
      {
        operationId: 'listRegistryEntries',
        summary: 'List the entries of all sources of a registry',
        path: ofRegistry,
      },
      registryEntries,
    ),
  },
  '/v1/entries': { post: POST_ENTRY },
  '/v1/entries/{type}/{name}/versions/{version}': { delete: DELETE_ENTRY },
  '/v1/entries/{type}/{name}/claims': { get: GET_CLAIMS, put: PUT_CLAIMS },
};
