/** Response schemas of the oldest ToolHive API. */
import { z } from 'zod';
import 'zod-openapi';
import { serverDocument } from '../v0.1/response-schemas.ts';

const serverSummary = z.object({
  name: z.string(),
  description: z.string(),
  tier: z.string(),
  status: z.string(),
  transport: z.string(),
  tools_count: z.int(),
});
export type ServerSummary = z.infer<typeof serverSummary>;

export const serverSummaries = z
  .object({ servers: z.array(serverSummary), total: z.int() })
  .meta({ id: 'ToolhiveServerSummaries' });

export const serverDetail = serverSummary
  .omit({ tools_count: true })
  .extend({
    tools: z.array(z.string()),
    env_vars: z.array(z.unknown()).optional(),
    permissions: z.record(z.string(), z.unknown()).optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    repository_url: z.string().optional(),
    tags: z.array(z.string()).optional(),
    args: z.array(z.string()).optional(),
    image: z.string().optional(),
  })
  .meta({ id: 'ToolhiveServer' });
export type ServerDetail = z.infer<typeof serverDetail>;

const deployedServer = z
  .object({
    name: z.string().meta({ description: 'Name of the object in the cluster.' }),
    namespace: z.string(),
    kind: z.string().meta({ example: 'MCPServer' }),
    server: z.string().meta({ description: 'Name in the registry.', example: 'com.toolhive.k8s.team-a/weather' }),
    version: z.string(),
    source: z.string(),
    status: z.string().meta({ description: "The operator's term for the phase.", example: 'Ready' }),
    ready: z.boolean(),
    transport: z.string(),
    image: z.string().optional(),
    endpoint_url: z.string().optional(),
  })
  .meta({ id: 'ToolhiveDeployedServer' });
export type DeployedServer = z.infer<typeof deployedServer>;

export const deployedServers = z.array(deployedServer);

export const toolhiveRegistry = z
  .looseObject({
    version: z.string(),
    last_updated: z.string(),
    servers: z.record(z.string(), z.unknown()),
    remote_servers: z.record(z.string(), z.unknown()).optional(),
    groups: z.array(z.unknown()).optional(),
  })
  .meta({ id: 'ToolhiveRegistry', description: 'A registry document in ToolHive format.' });

export const upstreamRegistry = z
  .looseObject({
    version: z.string().meta({ description: 'Version of the format.', example: '1.0.0' }),
    meta: z.looseObject({ last_updated: z.string() }),
    data: z.object({
      servers: z.array(serverDocument),
      groups: z
        .array(z.looseObject({ name: z.string(), description: z.string(), servers: z.array(serverDocument) }))
        .optional(),
    }),
  })
  .meta({ id: 'UpstreamRegistry', description: 'A registry document in the format that ToolHive calls upstream.' });
