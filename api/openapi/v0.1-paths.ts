/** The registry API as OpenAPI paths: the same under each of its prefixes. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { serverJsonSchema } from '../../registry/server-json-schema.ts';
import { statusUpdate } from '../admin/status-update.ts';
import { oidcLogin } from '../v0.1/publisher-authentication.ts';
import { idempotencyKey } from '../http/idempotency-key.ts';
import { listParameters, readParameters } from '../v0.1/parameters.ts';
import { pathParameters } from './path-parameters.ts';
import {
  allVersionsStatus,
  errorBody,
  pong,
  publisherToken,
  serverList,
  serverResponse,
  serviceHealth,
  serviceVersion,
  validationResult,
} from './response-schemas.ts';

const { registry, server, version, versionOrLatest } = pathParameters;

const ERRORS = {
  400: 'A parameter or the body is invalid.',
  401: 'A required token is missing or invalid. `WWW-Authenticate` shows where to get one.',
  403: "The token doesn't allow this change, or a web page of another site requested it.",
  404: "The registry, server, or version doesn't exist.",
  409: 'The version exists already, or has existed before.',
  413: 'The body is larger than 1 MiB.',
  415: "The body isn't JSON.",
  422: 'The document breaks the rules for server.json, or the idempotency key was already used for a different request.',
  429: 'Too many changes or invalid tokens within a minute. `Retry-After` shows when to retry.',
  501: "The registry has no managed source, so nothing can be published to it; or this login method isn't supported.",
  503: 'The database is unavailable or, for a write, Temporal is. `Retry-After` shows when to retry.',
} as const;

export const READ_ERRORS = [400, 401, 404, 429, 503] as const;
const WRITE_ERRORS = [400, 401, 403, 404, 413, 415, 429, 501, 503] as const;

const jsonContent = (schema: z.ZodType): { 'application/json': { schema: z.ZodType } } => ({
  'application/json': { schema },
});

/** Describes a 200 response with this schema, and errors with these statuses. */
export function answers(
  success: { readonly description: string; readonly schema: z.ZodType },
  errors: readonly (keyof typeof ERRORS)[],
): ZodOpenApiResponsesObject {
  return {
    200: { description: success.description, content: jsonContent(success.schema) },
    ...Object.fromEntries(
      errors.map((status) => [status, { description: ERRORS[status], content: jsonContent(errorBody) }]),
    ),
  };
}

/** Like `answers`, for a response with an entity tag. */
export function cacheable(...[success, errors]: Parameters<typeof answers>): ZodOpenApiResponsesObject {
  return {
    ...answers(success, errors),
    304: { description: 'The response that the client has (`If-None-Match`) is still current.' },
  };
}

/** A prefix under which the registry API is served. */
export interface PathFamily {
  readonly prefix: string;
  /** Suffix that makes operation ids unique. */
  readonly suffix: string;
  readonly tag: string;
  /** Whether the prefix names a registry. */
  readonly namesRegistry: boolean;
}

/** All paths of the registry API under one prefix. */
export function registryPaths(family: PathFamily): ZodOpenApiPathsObject {
  const { prefix } = family;
  const servers = `${prefix}/servers`;
  return {
    [servers]: { get: operation(family, LIST_SERVERS, {}) },
    [`${servers}/{server}`]: { get: operation(family, GET_SERVER, { server }) },
    [`${servers}/{server}/versions`]: { get: operation(family, LIST_VERSIONS, { server }) },
    [`${servers}/{server}/versions/{version}`]: {
      get: operation(family, GET_VERSION, { server, version: versionOrLatest }),
      put: operation(family, REPLACE_VERSION, { server, version }),
      delete: operation(family, DELETE_VERSION, { server, version }),
    },
    [`${servers}/{server}/versions/{version}/status`]: {
      patch: operation(family, SET_STATUS, { server, version }),
    },
    [`${servers}/{server}/status`]: { patch: operation(family, SET_STATUS_OF_ALL, { server }) },
    [`${prefix}/publish`]: { post: operation(family, PUBLISH, {}) },
    [`${prefix}/validate`]: { post: operation(family, VALIDATE, {}) },
    [`${prefix}/auth/none`]: { post: operation(family, AUTHENTICATE, {}) },
    [`${prefix}/auth/github-oidc`]: { post: operation(family, AUTHENTICATE_BY_GITHUB, {}) },
    [`${prefix}/auth/oidc`]: { post: operation(family, AUTHENTICATE_BY_OIDC, {}) },
    [`${prefix}/health`]: { get: operation(family, HEALTH, {}) },
    [`${prefix}/ping`]: { get: operation(family, PING, {}) },
    [`${prefix}/version`]: { get: operation(family, VERSION, {}) },
  };
}

type Operation = ZodOpenApiOperationObject & { readonly operationId: string };

function operation(
  { suffix, tag, namesRegistry }: PathFamily,
  { operationId, requestParams, ...rest }: Operation,
  path: Readonly<Record<string, z.ZodType>>,
): ZodOpenApiOperationObject {
  const parameters = namesRegistry ? { registry, ...path } : path;
  return {
    operationId: `${operationId}${suffix}`,
    tags: [tag],
    ...rest,
    requestParams: {
      ...requestParams,
      ...(Object.keys(parameters).length > 0 && { path: z.object(parameters) }),
    },
  };
}

const LIST_SERVERS: Operation = {
  operationId: 'listServers',
  summary: 'List servers',
  description: 'Every version of every server, ordered by name and version, in pages.',
  requestParams: { query: z.object(listParameters.shape) },
  responses: cacheable({ description: 'A page of servers.', schema: serverList }, READ_ERRORS),
};
const LIST_VERSIONS: Operation = {
  operationId: 'listVersions',
  summary: 'List the versions of a server',
  description: 'Newest publication first.',
  requestParams: { query: readParameters },
  responses: cacheable({ description: 'The versions.', schema: serverList }, READ_ERRORS),
};
const GET_VERSION: Operation = {
  operationId: 'getVersion',
  summary: 'Read a version of a server',
  description: "`latest` is the highest version that isn't deleted.",
  requestParams: { query: readParameters },
  responses: cacheable({ description: 'The version.', schema: serverResponse }, READ_ERRORS),
};
const GET_SERVER: Operation = {
  ...GET_VERSION,
  operationId: 'getServer',
  summary: 'Read the latest version of a server',
  description: 'The same as `…/versions/latest`.',
};
const writeHeaders = z.object({ 'Idempotency-Key': idempotencyKey });
const document = { required: true, content: jsonContent(serverJsonSchema) };
const PUBLISH: Operation = {
  operationId: 'publish',
  summary: 'Publish a version of a server',
  description: 'Publishes to the managed source of the registry. A version can only be published once.',
  requestParams: { header: writeHeaders },
  requestBody: document,
  responses: answers({ description: 'The version as it was published.', schema: serverResponse }, [
    ...WRITE_ERRORS,
    409,
    422,
  ]),
};
const REPLACE_VERSION: Operation = {
  operationId: 'replaceVersion',
  summary: 'Replace the document of a version',
  description: 'Name and version of the document must match the path.',
  requestParams: { header: writeHeaders },
  requestBody: document,
  responses: answers({ description: 'The version as it is now.', schema: serverResponse }, [...WRITE_ERRORS, 409, 422]),
};
const DELETE_VERSION: Operation = {
  operationId: 'deleteVersion',
  summary: 'Delete a version',
  description: "Leaves a tombstone, so that copies of this registry learn of it. The version can't be published again.",
  requestParams: { header: writeHeaders },
  responses: answers(
    { description: 'The version with the status deleted.', schema: serverResponse },
    [400, 401, 403, 404, 409, 422, 429, 501, 503],
  ),
};
const SET_STATUS: Operation = {
  operationId: 'setStatus',
  summary: 'Set the status of a version',
  description: 'Returns 400 if the version already has this status and message.',
  requestParams: { header: writeHeaders },
  requestBody: { required: true, content: jsonContent(statusUpdate) },
  responses: answers({ description: 'The version as it is now.', schema: serverResponse }, [...WRITE_ERRORS, 409, 422]),
};
const SET_STATUS_OF_ALL: Operation = {
  ...SET_STATUS,
  operationId: 'setStatusOfAll',
  summary: 'Set the status of all versions of a server',
  description: 'Changes all of them or none. Returns 400 if all of them already have this status and message.',
  responses: answers({ description: 'The versions that changed.', schema: allVersionsStatus }, [
    ...WRITE_ERRORS,
    409,
    422,
  ]),
};
const VALIDATE: Operation = {
  operationId: 'validate',
  summary: 'Check a server.json',
  description: 'Applies the rules for publishing, without storing anything.',
  requestBody: { required: true, content: jsonContent(z.unknown()) },
  responses: answers(
    { description: 'Whether the document can be published, and all issues.', schema: validationResult },
    [400, 401, 403, 404, 413, 415, 429, 503],
  ),
};
const AUTHENTICATE: Operation = {
  operationId: 'authenticate',
  summary: 'Get a token for mcp-publisher',
  description: 'Used by `mcp-publisher login none`. Without authentication, the token has no effect.',
  responses: answers({ description: 'A token.', schema: publisherToken }, [401, 403, 404, 429, 501, 503]),
  security: [],
};
const HEALTH: Operation = {
  operationId: 'serviceHealth',
  summary: 'Check that the server is running',
  responses: answers({ description: 'The server is running.', schema: serviceHealth }, []),
  security: [],
};
const PING: Operation = {
  operationId: 'ping',
  summary: 'Check that the server answers',
  responses: answers({ description: 'The server answers.', schema: pong }, []),
  security: [],
};
const VERSION: Operation = {
  operationId: 'serviceVersion',
  summary: 'Read the version of the server',
  responses: answers({ description: 'The version, commit, and build time.', schema: serviceVersion }, []),
  security: [],
};
const AUTHENTICATE_BY_OIDC: Operation = {
  operationId: 'authenticateByOidc',
  summary: 'Publish with the identity of a CI job',
  description:
    'Accepts a token of a configured provider and returns it as the registry token, so that it can be sent as a bearer token.',
  requestBody: { required: true, content: jsonContent(oidcLogin) },
  responses: answers(
    { description: 'The token.', schema: publisherToken },
    [400, 401, 403, 404, 413, 415, 429, 501, 503],
  ),
  security: [],
};
const AUTHENTICATE_BY_GITHUB: Operation = {
  ...AUTHENTICATE_BY_OIDC,
  operationId: 'authenticateByGithubOidc',
  description: '`mcp-publisher login github-oidc`: the same for a job of GitHub Actions.',
};
