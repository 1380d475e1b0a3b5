/** The OpenAPI document of this API, generated from the schemas that validate requests. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import { registrySummary, registrySummaries } from '../toolhive/extension-schemas.ts';
import { deployedServers, serverDetail, serverSummaries, toolhiveRegistry } from '../toolhive/legacy-schemas.ts';
import { EXPORT_PATHS } from './export-paths.ts';
import { pathParameters } from './path-parameters.ts';
import { health, readiness, serverList, upstreamRegistry, versionInformation } from './response-schemas.ts';
import { answers, cacheable, READ_ERRORS, registryPaths } from './v0.1-paths.ts';
import { ADMINISTRATION_PATHS, ADMINISTRATION_TAG } from './v1-paths.ts';

/** A result of `createDocument`, served as JSON or YAML. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

/**
 * Older versions of `thv` recognize a registry by this version, and by the repository of the official specification in
 * the description.
 */
const API_VERSION = '1.0.0';

const DESCRIPTION = `The MCP Registry API (https://github.com/modelcontextprotocol/registry), served by Rollcall.

\`/v0.1\` is the default registry; \`/registry/v0.1\` and, for older clients, \`/v0\` are the same.
\`/registry/{registry}/v0.1\` and \`/registry/{registry}/v0\` are one registry.
Errors are \`{"error": "…"}\`. Reads of a registry have an \`ETag\` and honour \`If-None-Match\`. Web pages of any origin can send GET requests.`;

/** The default for all operations if authentication is on. Operations that need no token override it. */
const TOKENS = {
  security: [{ token: [] }],
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          'A token from one of the issuers in `/.well-known/oauth-protected-resource`. Public registries need no token.',
      },
    },
  },
} satisfies Pick<ZodOpenApiObject, 'security' | 'components'>;

export function openApiDocument({ needsTokens }: { readonly needsTokens: boolean }): OpenApiDocument {
  return createDocument({
    openapi: '3.1.0',
    ...(needsTokens && TOKENS),
    info: {
      title: 'Rollcall',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [
      { name: 'Default registry', description: 'Reading from and publishing to the default registry.' },
      { name: 'Registries', description: 'The same operations for a named registry.' },
      { name: 'Exports', description: 'A whole registry as one file.' },
      { name: 'Status', description: 'Status of registries and of this server.' },
      ADMINISTRATION_TAG,
      { name: 'ToolHive', description: 'Endpoints for the oldest ToolHive clients.' },
    ],
    paths: {
      ...registryPaths({ prefix: '/v0.1', suffix: '', tag: 'Default registry', namesRegistry: false }),
      ...registryPaths({
        prefix: '/registry/{registry}/v0.1',
        suffix: 'OfRegistry',
        tag: 'Registries',
        namesRegistry: true,
      }),
      '/registry/{registry}/registry.json': { get: EXPORT_TOOLHIVE },
      '/registry/{registry}/upstream-registry.json': { get: EXPORT_UPSTREAM },
      '/registry/{registry}/servers.json': { get: EXPORT_PAGE },
      ...EXPORT_PATHS,
      '/extension/v0/registries': { get: LIST_REGISTRIES },
      '/extension/v0/registries/{registry}': { get: GET_REGISTRY },
      '/health': { get: HEALTH },
      '/readiness': { get: READINESS },
      '/version': { get: VERSION },
      ...ADMINISTRATION_PATHS,
      '/api/v0/servers': { get: LIST_TOOLHIVE_SERVERS },
      '/api/v0/servers/{server}': { get: GET_TOOLHIVE_SERVER },
      '/api/v0/deployed': { get: LIST_DEPLOYED },
      '/api/v0/deployed/{server}': { get: GET_DEPLOYED },
      '/api/v1/registry': { get: GET_TOOLHIVE_REGISTRY },
    },
  });
}

const ofRegistry = { path: z.object({ registry: pathParameters.registry }) };
const ofServer = { path: z.object({ server: pathParameters.server }) };

const EXPORT_TOOLHIVE: ZodOpenApiOperationObject = {
  operationId: 'exportToolhive',
  tags: ['Exports'],
  summary: 'Export the latest versions in ToolHive format',
  requestParams: ofRegistry,
  responses: cacheable({ description: 'A ToolHive registry document.', schema: toolhiveRegistry }, READ_ERRORS),
};
const EXPORT_UPSTREAM: ZodOpenApiOperationObject = {
  operationId: 'exportUpstream',
  tags: ['Exports'],
  summary: 'Export the latest versions in the current ToolHive format (upstream)',
  requestParams: ofRegistry,
  responses: cacheable(
    { description: 'A registry document in upstream format.', schema: upstreamRegistry },
    READ_ERRORS,
  ),
};
const EXPORT_PAGE: ZodOpenApiOperationObject = {
  operationId: 'exportPage',
  tags: ['Exports'],
  summary: 'Export all versions in the format of the registry API',
  requestParams: ofRegistry,
  responses: cacheable({ description: 'The list of all servers on one page.', schema: serverList }, READ_ERRORS),
};
const LIST_REGISTRIES: ZodOpenApiOperationObject = {
  operationId: 'listRegistries',
  tags: ['Status'],
  summary: 'List registries with their sync status',
  responses: answers({ description: 'The registries.', schema: registrySummaries }, [401, 429, 503]),
};
const GET_REGISTRY: ZodOpenApiOperationObject = {
  operationId: 'getRegistry',
  tags: ['Status'],
  summary: 'Read a registry with its sync status',
  requestParams: ofRegistry,
  responses: answers({ description: 'The registry.', schema: registrySummary }, READ_ERRORS),
};
const HEALTH: ZodOpenApiOperationObject = {
  operationId: 'health',
  tags: ['Status'],
  summary: 'Check that the process is alive',
  responses: answers({ description: 'The process is alive.', schema: health }, []),
  security: [],
};
const READINESS: ZodOpenApiOperationObject = {
  operationId: 'readiness',
  tags: ['Status'],
  summary: 'Check that the database is available',
  responses: answers({ description: 'The database is available.', schema: readiness }, [503]),
  security: [],
};
const VERSION: ZodOpenApiOperationObject = {
  operationId: 'version',
  tags: ['Status'],
  summary: 'Read the build information',
  responses: answers({ description: 'The build information.', schema: versionInformation }, []),
  security: [],
};
const LIST_TOOLHIVE_SERVERS: ZodOpenApiOperationObject = {
  operationId: 'listToolhiveServers',
  tags: ['ToolHive'],
  summary: 'List summaries of all servers in the default registry',
  responses: cacheable({ description: 'The servers.', schema: serverSummaries }, [401, 404, 429, 503]),
};
const GET_TOOLHIVE_SERVER: ZodOpenApiOperationObject = {
  operationId: 'getToolhiveServer',
  tags: ['ToolHive'],
  summary: 'Read a server of the default registry',
  requestParams: ofServer,
  responses: cacheable({ description: 'The server.', schema: serverDetail }, READ_ERRORS),
};
const LIST_DEPLOYED: ZodOpenApiOperationObject = {
  operationId: 'listDeployed',
  tags: ['ToolHive'],
  summary: 'List servers that run in a Kubernetes cluster',
  responses: answers(
    { description: 'The servers, by namespace and name.', schema: deployedServers },
    [401, 404, 429, 503],
  ),
};
const GET_DEPLOYED: ZodOpenApiOperationObject = {
  ...LIST_DEPLOYED,
  operationId: 'getDeployed',
  summary: 'List running instances of a server',
  requestParams: ofServer,
  responses: answers({ description: 'The servers, by namespace.', schema: deployedServers }, READ_ERRORS),
};
const GET_TOOLHIVE_REGISTRY: ZodOpenApiOperationObject = {
  operationId: 'getToolhiveRegistry',
  tags: ['ToolHive'],
  summary: 'Export the default registry in ToolHive format',
  responses: cacheable(
    { description: 'A ToolHive registry document.', schema: toolhiveRegistry },
    [401, 404, 429, 503],
  ),
};
