/** The oldest ToolHive API, for the default registry: `/api/v0` and `/api/v1`. */
import type { Transaction } from '../../../db/connection/database.ts';
import { readConsistently } from '../../../db/connection/consistent-read.ts';
import { type DeploymentRow, listDeployments } from '../../../db/entries/deployments.ts';
import { type EntryRow, streamEntries } from '../../../db/entries/entries.ts';
import { type JsonObject, objectsOf, textOf } from '../../../registry/json.ts';
import { toolhiveServer } from '../../../registry/document/writer.ts';
import { TOOLHIVE_NAMESPACE, type ToolhiveServer } from '../../../registry/toolhive/format.ts';
import { entriesOf, type RegistryView } from '../../access/visibility.ts';
import { cacheControl } from '../../cache/pages.ts';
import { servedView } from '../../context.ts';
import { HttpError } from '../../http/error.ts';
import { pathParameter, requiredParameter } from '../../http/path-parameter.ts';
import { type Call, endpoint, type EndpointGroup } from '../endpoint.ts';
import { pathParameters } from '../common-parts.ts';
import { sendToolhiveRegistry } from './export.ts';
import {
  type DeployedServer,
  deployedServers,
  type ServerDetail,
  serverDetail,
  serverSummaries,
  type ServerSummary,
  toolhiveRegistry,
} from './legacy-schemas.ts';

const ofServer = { server: pathParameters.server };

export const legacyToolhiveApi: EndpointGroup = {
  bases: [{ path: '/api/v0', tag: 'ToolHive' }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/servers',
      access: 'registry',
      operationId: 'listToolhiveServers',
      summary: 'List summaries of all servers in the default registry',
      answers: { 200: { description: 'The servers.', schema: serverSummaries } },
      errors: [404],
      handle: listSummaries,
    }),
    endpoint({
      method: 'get',
      path: '/servers/:server',
      access: 'registry',
      operationId: 'getToolhiveServer',
      summary: 'Read a server of the default registry',
      parameters: ofServer,
      answers: { 200: { description: 'The server.', schema: serverDetail } },
      errors: [404],
      handle: getDetail,
    }),
    endpoint({
      method: 'get',
      path: '/deployed',
      access: 'token',
      operationId: 'listDeployed',
      summary: 'List servers that run in a Kubernetes cluster',
      answers: { 200: { description: 'The servers, by namespace and name.', schema: deployedServers } },
      errors: [404],
      handle: listDeployed,
    }),
    endpoint({
      method: 'get',
      path: '/deployed/:server',
      access: 'token',
      operationId: 'getDeployed',
      summary: 'List running instances of a server',
      parameters: ofServer,
      answers: { 200: { description: 'The servers, by namespace.', schema: deployedServers } },
      errors: [404],
      handle: listDeployed,
    }),
  ],
};

export const legacyRegistryExport: EndpointGroup = {
  bases: [{ path: '/api/v1', tag: 'ToolHive' }],
  endpoints: [
    endpoint({
      method: 'get',
      path: '/registry',
      access: 'registry',
      operationId: 'getToolhiveRegistry',
      summary: 'Export the default registry in ToolHive format',
      answers: { 200: { description: 'A ToolHive registry document.', schema: toolhiveRegistry } },
      errors: [404],
      handle: sendToolhiveRegistry,
    }),
  ],
};

async function listSummaries({ context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  await context.pages.stream(request, response, {
    view,
    key: ['toolhive servers'],
    pieces: (reader) => readConsistently(context.database, reader, (transaction) => summaries(transaction, view)),
  });
}

async function* summaries(transaction: Transaction, view: RegistryView): AsyncIterable<string> {
  let total = 0;
  yield '{"servers":[';
  for await (const entry of streamEntries(transaction, {
    ...entriesOf(view),
    version: 'latest',
    includeDeleted: false,
  })) {
    const server = legacyServer(entry);
    if (server === null) continue;
    yield `${total === 0 ? '' : ','}${JSON.stringify(summary(server))}`;
    total += 1;
  }
  yield `],"total":${total}}`;
}

/** Finds a server by its name with or without ToolHive's namespace. */
async function getDetail({ context, request, response }: Call): Promise<void> {
  const view = await servedView(context, request);
  const asked = requiredParameter(request, 'server');
  const name = asked.includes('/') ? asked : `${TOOLHIVE_NAMESPACE}/${asked}`;
  await context.pages.send(request, response, {
    view,
    key: ['toolhive server', name],
    make: async () => {
      const entry = await context.lookUps.find({
        ...entriesOf(view),
        name,
        version: 'latest',
        includeDeleted: false,
      });
      const server = entry === null ? null : legacyServer(entry);
      if (server === null) throw new HttpError(404, `There is no server "${asked}" that ToolHive can run`);
      return JSON.stringify(detail(server));
    },
  });
}

/** Lists deployments from Kubernetes sources: of all servers, or of one by its name or its object's name. */
async function listDeployed({ context, request, response }: Call): Promise<DeployedServer[]> {
  const view = await servedView(context, request);
  const name = pathParameter(request, 'server') ?? null;
  const deployments = await listDeployments(context.database, { ...entriesOf(view), name });
  response.set('Cache-Control', cacheControl(request));
  return deployments.map(deployedServer);
}

function deployedServer({ serverName, phase, image, url, ...deployment }: DeploymentRow): DeployedServer {
  const { name, namespace, kind, version, source, ready, transport } = deployment;
  return {
    name,
    namespace,
    kind,
    server: serverName,
    version,
    source,
    status: phase ?? 'Unknown',
    ready,
    transport,
    ...(image !== null && { image }),
    ...(url !== null && { endpoint_url: url }),
  };
}

/** A server with its short name, which omits ToolHive's own namespace. */
interface LegacyServer extends Pick<ToolhiveServer, 'entry' | 'remote'> {
  readonly name: string;
}

function legacyServer(entry: EntryRow): LegacyServer | null {
  const prefix = `${TOOLHIVE_NAMESPACE}/`;
  const name = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : entry.name;
  const server = toolhiveServer(entry);
  return server && { name, entry: server.entry, remote: server.remote };
}

function summary(server: LegacyServer): ServerSummary {
  return { ...common(server), tools_count: texts(server.entry['tools']).length };
}

function detail(server: LegacyServer): ServerDetail {
  const { entry, remote } = server;
  const variables = objectsOf(entry['env_vars']);
  const metadata = remote
    ? { url: entry['url'] }
    : { target_port: entry['target_port'], docker_tags: entry['docker_tags'] };
  return {
    ...common(server),
    tools: texts(entry['tools']),
    ...(variables.length > 0 && { env_vars: variables }),
    ...(entry['permissions'] !== undefined && { permissions: { profile: entry['permissions'] } }),
    metadata: {
      ...(entry['metadata'] as JsonObject | undefined),
      ...(entry['custom_metadata'] as JsonObject | undefined),
      ...metadata,
    },
    ...optionalText('repository_url', entry),
    ...(texts(entry['tags']).length > 0 && { tags: texts(entry['tags']) }),
    ...(texts(entry['args']).length > 0 && { args: texts(entry['args']) }),
    ...optionalText('image', entry),
  };
}

function common({ name, entry }: LegacyServer): Omit<ServerSummary, 'tools_count'> {
  return {
    name,
    description: textOf(entry['description']) ?? '',
    tier: textOf(entry['tier']) ?? 'Community',
    status: textOf(entry['status']) ?? 'active',
    transport: textOf(entry['transport']) ?? 'stdio',
  };
}

function optionalText<Member extends string>(member: Member, entry: JsonObject): Partial<Record<Member, string>> {
  const value = textOf(entry[member]);
  return (value === undefined ? {} : { [member]: value }) as Partial<Record<Member, string>>;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
