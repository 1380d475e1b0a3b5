/** The OpenAPI document of this API, generated from the declared endpoints and the schemas that validate requests. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiObject, type ZodOpenApiOperationObject } from 'zod-openapi';
import type { Endpoint, EndpointGroup } from '../endpoints/endpoint.ts';
import { responsesOf } from './responses.ts';

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

/** Sections of the document, in order. */
const TAGS = [
  { name: 'Default registry', description: 'Reading from and publishing to the default registry.' },
  { name: 'Registries', description: 'The same operations for a named registry.' },
  {
    name: 'Skills and plugins',
    description: "Agent skills and plugins of a registry, as ToolHive's clients read them.",
  },
  { name: 'Exports', description: 'A whole registry as one file.' },
  { name: 'Skills', description: 'Skills and their files.' },
  { name: 'Status', description: 'Status of registries and of this server.' },
  {
    name: 'Administration',
    description: 'Sources, registries, and published entries, in the shapes of ToolHive Registry Server.',
  },
  { name: 'ToolHive', description: 'Endpoints for the oldest ToolHive clients.' },
] as const;

/** @param needsTokens whether authentication is on */
export function openApiDocument(
  groups: readonly EndpointGroup[],
  { needsTokens }: { readonly needsTokens: boolean },
): OpenApiDocument {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const { bases, endpoints } of groups) {
    for (const base of bases) {
      for (const endpoint of endpoints) {
        const operation = operationOf(base, endpoint);
        if (operation === null) continue;
        const path = documentedPath(base.path + endpoint.path);
        paths[path] = { ...paths[path], [endpoint.method]: operation };
      }
    }
  }
  return createDocument({
    openapi: '3.1.0',
    ...(needsTokens && TOKENS),
    info: {
      title: 'Rollcall',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...TAGS],
    paths,
  });
}

/** `/servers/{server}` for `/servers/:server`. */
export function documentedPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operationOf(base: EndpointGroup['bases'][number], endpoint: Endpoint): ZodOpenApiOperationObject | null {
  const { operationId, summary, description, query, headers, body, access } = endpoint;
  if (operationId === undefined || base.tag === undefined) return null;
  const parameters = { ...base.parameters, ...endpoint.parameters };
  return {
    operationId: operationId + (base.suffix ?? ''),
    tags: [base.tag],
    summary,
    ...(description !== undefined && { description }),
    requestParams: {
      ...(Object.keys(parameters).length > 0 && { path: z.object(parameters) }),
      ...(query !== undefined && { query: z.object(query.shape) }),
      ...(headers !== undefined && { header: headers }),
    },
    ...(body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: responsesOf(endpoint),
    ...((access === 'open' || access === 'optional') && { security: [] }),
  };
}
