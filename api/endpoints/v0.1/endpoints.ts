/** The MCP Registry API: reading a registry and publishing to it. */
import { z } from 'zod';
import { serverJsonSchema } from '../../../registry/server-json/schema.ts';
import { statusUpdate } from '../../admin/entries/changes.ts';
import { endpoint, type EndpointGroup } from '../endpoint.ts';
import { managedWrite, pathParameters } from '../common-parts.ts';
import { listParameters, readParameters } from './parameters.ts';
import { authenticateByOidc, authenticatePublisher, oidcLogin, refuseLogin } from './publisher-authentication.ts';
import { getServerVersion, listServers, listServerVersions } from './reads.ts';
import {
  allVersionsStatus,
  pong,
  publisherToken,
  serverList,
  serverResponse,
  serviceHealth,
  serviceVersion,
  validationResult,
} from './response-schemas.ts';
import { deleteVersion, publish, replaceVersion, setStatus, setStatusOfAll, validate } from './writes.ts';

const { registry, server, version, versionOrLatest } = pathParameters;

const reads = [
  endpoint({
    method: 'get',
    path: '/servers',
    access: 'registry',
    operationId: 'listServers',
    summary: 'List servers',
    description: 'Every version of every server, ordered by name and version, in pages.',
    query: listParameters,
    answers: { 200: { description: 'A page of servers.', schema: serverList } },
    errors: [404],
    handle: listServers,
  }),
  endpoint({
    method: 'get',
    path: '/servers/:server/versions/:version',
    access: 'registry',
    operationId: 'getVersion',
    summary: 'Read a version of a server',
    description: "`latest` is the highest version that isn't deleted.",
    parameters: { server, version: versionOrLatest },
    query: readParameters,
    answers: { 200: { description: 'The version.', schema: serverResponse } },
    errors: [404],
    handle: getServerVersion,
  }),
  endpoint({
    method: 'get',
    path: '/servers/:server/versions',
    access: 'registry',
    operationId: 'listVersions',
    summary: 'List the versions of a server',
    description: 'Newest publication first.',
    parameters: { server },
    query: readParameters,
    answers: { 200: { description: 'The versions.', schema: serverList } },
    errors: [404],
    handle: listServerVersions,
  }),
  endpoint({
    method: 'get',
    path: '/servers/:server',
    access: 'registry',
    operationId: 'getServer',
    summary: 'Read the latest version of a server',
    description: 'The same as `…/versions/latest`.',
    parameters: { server },
    query: readParameters,
    answers: { 200: { description: 'The version.', schema: serverResponse } },
    errors: [404],
    handle: getServerVersion,
  }),
];

const writes = [
  endpoint({
    method: 'post',
    path: '/publish',
    ...managedWrite,
    operationId: 'publish',
    summary: 'Publish a version of a server',
    description: 'Publishes to the managed source of the registry. A version can only be published once.',
    body: serverJsonSchema,
    answers: { 200: { description: 'The version as it was published.', schema: serverResponse } },
    handle: publish,
  }),
  endpoint({
    method: 'put',
    path: '/servers/:server/versions/:version',
    ...managedWrite,
    operationId: 'replaceVersion',
    summary: 'Replace the document of a version',
    description: 'Name and version of the document must match the path.',
    parameters: { server, version },
    body: serverJsonSchema,
    answers: { 200: { description: 'The version as it is now.', schema: serverResponse } },
    handle: replaceVersion,
  }),
  endpoint({
    method: 'delete',
    path: '/servers/:server/versions/:version',
    ...managedWrite,
    operationId: 'deleteVersion',
    summary: 'Delete a version',
    description:
      "Leaves a tombstone, so that copies of this registry learn of it. The version can't be published again.",
    parameters: { server, version },
    answers: { 200: { description: 'The version with the status deleted.', schema: serverResponse } },
    handle: deleteVersion,
  }),
  endpoint({
    method: 'patch',
    path: '/servers/:server/versions/:version/status',
    ...managedWrite,
    operationId: 'setStatus',
    summary: 'Set the status of a version',
    description: 'Returns 400 if the version already has this status and message.',
    parameters: { server, version },
    body: statusUpdate,
    answers: { 200: { description: 'The version as it is now.', schema: serverResponse } },
    handle: setStatus,
  }),
  endpoint({
    method: 'patch',
    path: '/servers/:server/status',
    ...managedWrite,
    operationId: 'setStatusOfAll',
    summary: 'Set the status of all versions of a server',
    description: 'Changes all of them or none. Returns 400 if all of them already have this status and message.',
    parameters: { server },
    body: statusUpdate,
    answers: { 200: { description: 'The versions that changed.', schema: allVersionsStatus } },
    handle: setStatusOfAll,
  }),
  endpoint({
    method: 'post',
    path: '/validate',
    access: 'token',
    operationId: 'validate',
    summary: 'Check a server.json',
    description: 'Applies the rules for publishing without storing anything.',
    body: z.unknown(),
    answers: {
      200: { description: 'Whether the document can be published, and all issues.', schema: validationResult },
    },
    errors: [404],
    handle: validate,
  }),
];

const byOidc = {
  method: 'post',
  access: 'optional',
  body: oidcLogin,
  answers: { 200: { description: 'The token.', schema: publisherToken } },
  errors: [404, 501],
} as const;

const logins = [
  endpoint({
    method: 'post',
    path: '/auth/none',
    access: 'optional',
    operationId: 'authenticate',
    summary: 'Get a token for mcp-publisher',
    description: 'Used by `mcp-publisher login none`. Without authentication, the token has no effect.',
    answers: { 200: { description: 'A token.', schema: publisherToken } },
    errors: [404, 501],
    handle: authenticatePublisher,
  }),
  endpoint({
    ...byOidc,
    path: '/auth/github-oidc',
    operationId: 'authenticateByGithubOidc',
    summary: 'Publish with the identity of a GitHub Actions job',
    description: 'Used by `mcp-publisher login github-oidc`; the same as `…/auth/oidc`.',
    handle: (call) => authenticateByOidc(call, 'github-oidc'),
  }),
  endpoint({
    ...byOidc,
    path: '/auth/oidc',
    operationId: 'authenticateByOidc',
    summary: 'Publish with the identity of a CI job',
    description:
      'Accepts a token of a configured provider and returns it as the registry token, so that it can be sent as a bearer token.',
    handle: (call) => authenticateByOidc(call, 'oidc'),
  }),
  endpoint({
    method: 'post',
    path: '/auth/:method',
    access: 'optional',
    summary: 'Refuse other login methods of the official registry',
    parameters: { method: z.string() },
    handle: refuseLogin,
  }),
];

/** These endpoints describe this server, not one registry. */
const service = [
  endpoint({
    method: 'get',
    path: '/health',
    access: 'open',
    operationId: 'serviceHealth',
    summary: 'Check that the server is running',
    answers: { 200: { description: 'The server is running.', schema: serviceHealth } },
    // No `github_client_id`: this registry has no login with GitHub.
    handle: () => ({ status: 'ok' as const }),
  }),
  endpoint({
    method: 'get',
    path: '/ping',
    access: 'open',
    operationId: 'ping',
    summary: 'Check that the server answers',
    answers: { 200: { description: 'The server answers.', schema: pong } },
    handle: () => ({ pong: true as const }),
  }),
  endpoint({
    method: 'get',
    path: '/version',
    access: 'open',
    operationId: 'serviceVersion',
    summary: 'Read the version of the server',
    answers: { 200: { description: 'The version, commit, and build time.', schema: serviceVersion } },
    handle: ({ context: { software } }) => ({
      version: software.version,
      git_commit: software.commit,
      build_time: software.buildDate,
    }),
  }),
];

export const registryApi: EndpointGroup = {
  bases: [
    { path: '/v0.1', tag: 'Default registry' },
    { path: '/registry/:registry/v0.1', tag: 'Registries', suffix: 'OfRegistry', parameters: { registry } },
    // The same for older clients, and for clients that expect a registry in the path.
    { path: '/v0' },
    { path: '/registry/v0.1' },
    { path: '/registry/:registry/v0' },
  ],
  endpoints: [...reads, ...writes, ...logins, ...service],
};
