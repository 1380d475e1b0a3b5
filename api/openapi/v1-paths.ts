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
  400: 'A parameter or the body is not understood, or asks for what is not possible here.',
  401: 'A token is needed, and none was sent or it is not valid.',
  403: 'The caller lacks the role, a claim or the scope for it, or the configuration file alone can change it.',
  404: 'There is nothing of this name that the caller may see.',
  409: 'Something of this name is there already, or what is to be deleted is in use.',
  413: 'The body is larger than 1 MiB.',
  415: 'The body is not JSON.',
  422: 'The document breaks the rules for server.json, or the idempotency key was used for another request.',
  429: 'Too many changes, or refused tokens, in a minute; `Retry-After` says when to try again.',
  501: 'There is no managed source, so nothing can be published.',
  503: 'Database unavailable, or for an entry Temporal; `Retry-After` says when to try again.',
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

const NO_CONTENT = { description: 'It is done.' };

/** Reads something: 200 with a body of this schema. */
function read(
  operation: { operationId: string; summary: string; path?: z.ZodObject },
  schema: z.ZodType,
): ZodOpenApiOperationObject {
  const { path, ...rest } = operation;
  return {
    ...rest,
    tags: [TAG],
    ...(path !== undefined && { requestParams: { path } }),
    responses: { 200: { description: 'What there is.', content: json(schema) }, ...errors(READ_ERRORS) },
  };
}

/** Creates something, or changes what is there: 201 or 200. */
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
      200: { description: 'It was changed.', content: json(schema) },
      201: { description: 'It was created.', content: json(schema) },
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

/** Scripts send an empty object, or null, for none. */
const possiblyNoClaims = claims.nullable().optional();

const POST_ENTRY: ZodOpenApiOperationObject = {
  operationId: 'publishEntry',
  tags: [TAG],
  summary: 'Publish a version of a server, with claims',
  description:
    'Into the managed source of the default registry, or the only one. Claims are needed where `authz` is set.',
  requestParams: { header: writeHeaders },
  requestBody: {
    required: true,
    content: json(
      z.object({
        claims: possiblyNoClaims,
        server: serverJsonSchema.optional(),
        skill: z.unknown().optional().meta({ description: 'Refused: skills are not served here.' }),
        plugin: z.unknown().optional().meta({ description: 'Refused: plugins are not served here.' }),
      }),
    ),
  },
  responses: {
    201: { description: 'The document as it is stored.', content: json(serverDocument) },
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
  summary: 'Read what is required of who reads a published server',
  requestParams: { path: z.object(ofEntry) },
  responses: {
    200: { description: 'Its own claims, else those of its source.', content: json(entryClaimsInfo) },
    ...errors([...READ_ERRORS, 501]),
  },
};
const PUT_CLAIMS: ZodOpenApiOperationObject = {
  operationId: 'setEntryClaims',
  tags: [TAG],
  summary: 'Give a published server other claims',
  description: 'Of all its versions. Without claims it has those of its source.',
  requestParams: { path: z.object(ofEntry), header: writeHeaders },
  requestBody: { required: true, content: json(z.object({ claims: possiblyNoClaims })) },
  responses: { 204: NO_CONTENT, ...errors(ENTRY_ERRORS) },
};

export const ADMINISTRATION_PATHS: ZodOpenApiPathsObject = {
  '/v1/me': { get: read({ operationId: 'me', summary: 'Who the caller is, with its roles' }, callerInfo) },
  '/v1/sources': { get: read({ operationId: 'listSources', summary: 'List sources' }, sourceInfos) },
  '/v1/sources/{name}': {
    get: read({ operationId: 'getSource', summary: 'Read a source', path: ofSource }, sourceInfo),
    put: put(
      { operationId: 'putSource', summary: 'Create a source, or change it', path: ofSource },
      { body: mapping({ ...sourceMembers, claims: possiblyNoClaims }).meta({ id: 'Source' }), schema: sourceInfo },
    ),
    delete: DELETE_SOURCE,
  },
  '/v1/sources/{name}/entries': {
    get: read({ operationId: 'listSourceEntries', summary: 'List what a source has', path: ofSource }, sourceEntries),
  },
  '/v1/registries': {
    get: read({ operationId: 'listAllRegistries', summary: 'List registries' }, registryInfos),
  },
  '/v1/registries/{name}': {
    get: read({ operationId: 'getRegistryInfo', summary: 'Read a registry', path: ofRegistry }, registryInfo),
    put: put(
      { operationId: 'putRegistry', summary: 'Create a registry, or change it', path: ofRegistry },
      {
        body: mapping({ ...registryMembers, claims: possiblyNoClaims }).meta({ id: 'Registry' }),
        schema: registryInfo,
      },
    ),
    delete: remove({ operationId: 'deleteRegistry', summary: 'Delete a registry', path: ofRegistry }),
  },
  '/v1/registries/{name}/entries': {
    get: read(
      { operationId: 'listRegistryEntries', summary: 'List what all sources of a registry have', path: ofRegistry },
      registryEntries,
    ),
  },
  '/v1/entries': { post: POST_ENTRY },
  '/v1/entries/{type}/{name}/versions/{version}': { delete: DELETE_ENTRY },
  '/v1/entries/{type}/{name}/claims': { get: GET_CLAIMS, put: PUT_CLAIMS },
};
