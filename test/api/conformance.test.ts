/**
 * The official specification of the MCP Registry API (version 2025-12-01): paths, statuses, and answers, as this project reads
 * it, checked against the running server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ENDPOINT_GROUPS } from '../../api/endpoints/groups.ts';
import { openApiDocument } from '../../api/openapi/document.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

/** The specification's schemas that some answer has matched. */
const met = new Set<string>();

/** A schema of the specification, by its name there. */
function named<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  return schema.refine(() => met.add(name));
}

const dateTime = z.iso.datetime({ offset: true });
const inputMembers = {
  description: z.string().optional(),
  isRequired: z.boolean().optional(),
  format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
  value: z.string().optional(),
  isSecret: z.boolean().optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  choices: z.array(z.string()).optional(),
};
const input = named('Input', z.looseObject(inputMembers));
const withVariables = { ...inputMembers, variables: z.record(z.string(), input).optional() };
const argumentMembers = { ...withVariables, isRepeated: z.boolean().optional() };
const positionalArgument = named(
  'PositionalArgument',
  z
    .looseObject({ ...argumentMembers, type: z.literal('positional'), valueHint: z.string().optional() })
    .refine(({ value, valueHint }) => value !== undefined || valueHint !== undefined),
);
const namedArgument = named(
  'NamedArgument',
  z.looseObject({ ...argumentMembers, type: z.literal('named'), name: z.string() }),
);
const argument = named('Argument', z.union([positionalArgument, namedArgument]));
const keyValueInput = named('KeyValueInput', z.looseObject({ ...withVariables, name: z.string() }));

const url = z.string().regex(/^(https?:\/\/[^\s]+|\{[a-zA-Z_][a-zA-Z0-9_]*\}[^\s]*)$/);
const httpMembers = { url, headers: z.array(keyValueInput).optional() };
const stdio = named('StdioTransport', z.looseObject({ type: z.literal('stdio') }));
const streamableHttp = named(
  'StreamableHttpTransport',
  z.looseObject({ type: z.literal('streamable-http'), ...httpMembers }),
);
const sse = named('SseTransport', z.looseObject({ type: z.literal('sse'), ...httpMembers }));
const localTransport = named('LocalTransport', z.union([stdio, streamableHttp, sse]));
const remoteTransport = named(
  'RemoteTransport',
  z.intersection(z.union([streamableHttp, sse]), z.looseObject({ variables: z.record(z.string(), input).optional() })),
);

const icon = named(
  'Icon',
  z.looseObject({
    src: z.url().max(255),
    mimeType: z.enum(['image/png', 'image/jpeg', 'image/jpg', 'image/svg+xml', 'image/webp']).optional(),
    sizes: z.array(z.string().regex(/^(\d+x\d+|any)$/)).optional(),
    theme: z.enum(['light', 'dark']).optional(),
  }),
);
const repository = named(
  'Repository',
  z.looseObject({ url: z.url(), source: z.string(), id: z.string().optional(), subfolder: z.string().optional() }),
);
const packageSchema = named(
  'Package',
  z.looseObject({
    registryType: z.string(),
    registryBaseUrl: z.url().optional(),
    identifier: z.string(),
    version: z
      .string()
      .min(1)
      .max(255)
      .refine((version) => version !== 'latest')
      .optional(),
    fileSha256: z
      .string()
      .regex(/^[a-f0-9]{64}$/)
      .optional(),
    runtimeHint: z.string().optional(),
    transport: localTransport,
    runtimeArguments: z.array(argument).optional(),
    packageArguments: z.array(argument).optional(),
    environmentVariables: z.array(keyValueInput).optional(),
  }),
);
const serverDetail = named(
  'ServerDetail',
  z.looseObject({
    $schema: z.url().optional(),
    name: z
      .string()
      .min(3)
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    description: z.string().min(1).max(100),
    title: z.string().min(1).max(100).optional(),
    repository: repository.optional(),
    version: z.string().max(255),
    websiteUrl: z.url().optional(),
    icons: z.array(icon).optional(),
    packages: z.array(packageSchema).optional(),
    remotes: z.array(remoteTransport).optional(),
    _meta: z
      .looseObject({
        'io.modelcontextprotocol.registry/publisher-provided': z.looseObject({}).optional(),
      })
      .optional(),
  }),
);
const serverResponse = named(
  'ServerResponse',
  z.strictObject({
    server: serverDetail,
    _meta: z.looseObject({
      'io.modelcontextprotocol.registry/official': z.strictObject({
        status: z.enum(['active', 'deprecated', 'deleted']),
        statusMessage: z.string().max(500).optional(),
        statusChangedAt: dateTime,
        publishedAt: dateTime,
        updatedAt: dateTime,
        isLatest: z.boolean(),
      }),
    }),
  }),
);
const serverList = named(
  'ServerList',
  z.strictObject({
    servers: z.array(serverResponse),
    metadata: z.strictObject({ count: z.int(), nextCursor: z.string().min(1).optional() }),
  }),
);
const allVersionsStatus = named(
  'AllVersionsStatusResponse',
  z
    .strictObject({ updatedCount: z.int(), servers: z.array(serverResponse) })
    .refine(({ updatedCount, servers }) => updatedCount === servers.length, 'must list the versions that were updated'),
);
const error = z.looseObject({ error: z.string().min(1) });

/** All schemas of the specification, except those of requests and those that are parts of others. */
const SCHEMAS = [
  'Repository',
  'ServerList',
  'Package',
  'Input',
  'PositionalArgument',
  'NamedArgument',
  'KeyValueInput',
  'Argument',
  'StdioTransport',
  'StreamableHttpTransport',
  'SseTransport',
  'LocalTransport',
  'RemoteTransport',
  'Icon',
  'ServerDetail',
  'ServerResponse',
  'AllVersionsStatusResponse',
];

interface Expectation {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
  readonly schema: z.ZodType;
}

const NAME = 'com.example%2Fweather';
const INPUT = {
  description: 'An input',
  isRequired: true,
  format: 'string',
  isSecret: false,
  default: 'a',
  placeholder: 'b',
  choices: ['a', 'b'],
};
/** A document with every member of the specification. */
const document = (version: string): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: 'com.example/weather',
  title: 'Weather',
  description: 'Forecasts',
  version,
  repository: { url: 'https://github.com/example/weather', source: 'github', id: '1', subfolder: 'src/weather' },
  websiteUrl: 'https://weather.example.com',
  icons: [{ src: 'https://weather.example.com/icon.png', mimeType: 'image/png', sizes: ['48x48'], theme: 'dark' }],
  packages: [
    {
      registryType: 'npm',
      registryBaseUrl: 'https://npm.example.com',
      identifier: '@example/weather',
      version,
      fileSha256: '0'.repeat(64),
      runtimeHint: 'npx',
      transport: { type: 'stdio' },
      runtimeArguments: [{ type: 'positional', valueHint: 'folder', isRepeated: true, ...INPUT }],
      packageArguments: [{ type: 'named', name: '--port', value: '{port}', variables: { port: INPUT } }],
      environmentVariables: [{ name: 'KEY', ...INPUT }],
    },
    {
      registryType: 'oci',
      identifier: 'ghcr.io/example/weather:1',
      transport: { type: 'streamable-http', url: 'http://localhost:8080/mcp', headers: [{ name: 'X-Key', ...INPUT }] },
    },
  ],
  remotes: [{ type: 'sse', url: 'https://{region}.example.com/sse', variables: { region: INPUT } }],
  _meta: { 'io.modelcontextprotocol.registry/publisher-provided': { tool: 'ci' } },
});

/** In this order: later rows depend on earlier writes. Paths are below `/v0.1`. */
const EXPECTATIONS: readonly Expectation[] = [
  { method: 'POST', path: '/publish', body: document('1.0.0'), status: 200, schema: serverResponse },
  { method: 'POST', path: '/publish', body: document('2.0.0+build'), status: 200, schema: serverResponse },
  // The same document again gets the same answer; a different one under the same version is refused.
  { method: 'POST', path: '/publish', body: document('2.0.0+build'), status: 200, schema: serverResponse },
  {
    method: 'POST',
    path: '/publish',
    body: { ...document('2.0.0+build'), description: 'Other forecasts' },
    status: 409,
    schema: error,
  },
  { method: 'POST', path: '/publish', body: document('latest'), status: 422, schema: error },
  { method: 'GET', path: '/servers', status: 200, schema: serverList },
  { method: 'GET', path: '/servers?limit=1', status: 200, schema: serverList },
  { method: 'GET', path: '/servers?search=weather&version=latest', status: 200, schema: serverList },
  { method: 'GET', path: '/servers?updated_since=2025-08-07T13:15:04.280Z', status: 200, schema: serverList },
  { method: 'GET', path: '/servers?include_deleted=true', status: 200, schema: serverList },
  { method: 'GET', path: '/servers?limit=0', status: 400, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions`, status: 200, schema: serverList },
  { method: 'GET', path: `/servers/${NAME}/versions?include_deleted=true`, status: 200, schema: serverList },
  { method: 'GET', path: '/servers/com.example%2Fnone/versions', status: 404, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions/latest`, status: 200, schema: serverResponse },
  { method: 'GET', path: `/servers/${NAME}/versions/2.0.0%2Bbuild`, status: 200, schema: serverResponse },
  { method: 'GET', path: `/servers/${NAME}/versions/3.0.0`, status: 404, schema: error },
  {
    method: 'PUT',
    path: `/servers/${NAME}/versions/1.0.0`,
    body: document('1.0.0'),
    status: 200,
    schema: serverResponse,
  },
  { method: 'PUT', path: `/servers/${NAME}/versions/3.0.0`, body: document('3.0.0'), status: 404, schema: error },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/versions/1.0.0/status`,
    body: { status: 'deprecated', statusMessage: 'Old' },
    status: 200,
    schema: serverResponse,
  },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/versions/1.0.0/status`,
    body: { status: 'deprecated', statusMessage: 'Old' },
    status: 200,
    schema: serverResponse,
  },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/versions/1.0.0/status`,
    body: { status: 'unheard-of' },
    status: 400,
    schema: error,
  },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/versions/3.0.0/status`,
    body: { status: 'deleted' },
    status: 404,
    schema: error,
  },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/status`,
    // Only one of them isn't active.
    body: { status: 'active' },
    status: 200,
    schema: allVersionsStatus,
  },
  {
    method: 'PATCH',
    path: '/servers/com.example%2Fnone/status',
    body: { status: 'active' },
    status: 404,
    schema: error,
  },
  { method: 'DELETE', path: `/servers/${NAME}/versions/1.0.0`, status: 200, schema: serverResponse },
  { method: 'DELETE', path: `/servers/${NAME}/versions/1.0.0`, status: 200, schema: serverResponse },
  { method: 'DELETE', path: `/servers/${NAME}/versions/3.0.0`, status: 404, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions/1.0.0`, status: 404, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions/1.0.0?include_deleted=true`, status: 200, schema: serverResponse },
];

/** Expectations for a registry without a managed source. */
const READ_ONLY: readonly Expectation[] = [
  { method: 'POST', path: '/publish', body: document('1.0.0'), status: 501, schema: error },
  { method: 'PUT', path: `/servers/${NAME}/versions/1.0.0`, body: document('1.0.0'), status: 501, schema: error },
  { method: 'DELETE', path: `/servers/${NAME}/versions/1.0.0`, status: 501, schema: error },
  {
    method: 'PATCH',
    path: `/servers/${NAME}/versions/1.0.0/status`,
    body: { status: 'deleted' },
    status: 501,
    schema: error,
  },
  { method: 'PATCH', path: `/servers/${NAME}/status`, body: { status: 'deleted' }, status: 501, schema: error },
];

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  /** Except 500, which is never expected. */
  readonly statuses: readonly number[];
}

const VERSION = '/servers/{server}/versions/{version}';
/** All operations of the official specification, below `/v0.1`. */
const OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    path: '/servers',
    query: ['cursor', 'limit', 'search', 'updated_since', 'version', 'include_deleted'],
    statuses: [200],
  },
  { method: 'GET', path: '/servers/{server}/versions', query: ['include_deleted'], statuses: [200, 404] },
  { method: 'GET', path: VERSION, query: ['include_deleted'], statuses: [200, 404] },
  { method: 'PUT', path: VERSION, query: [], statuses: [200, 401, 403, 404, 501] },
  { method: 'DELETE', path: VERSION, query: [], statuses: [200, 401, 403, 404, 501] },
  { method: 'PATCH', path: `${VERSION}/status`, query: [], statuses: [200, 400, 401, 403, 404] },
  { method: 'PATCH', path: '/servers/{server}/status', query: [], statuses: [200, 400, 401, 403, 404] },
  { method: 'POST', path: '/publish', query: [], statuses: [200, 401, 403, 501] },
];

test('a success and a failure of every operation of the specification are tested', () => {
  const operations = new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`));
  const expected = (succeeds: boolean): Set<string> =>
    new Set(
      EXPECTATIONS.filter(({ status }) => status < 400 === succeeds).map(({ method, path }) => {
        const [pathname = ''] = path.split('?');
        return `${method} ${pathname.replace(/\/servers\/[^/]+/, '/servers/{server}').replace(/\/versions\/[^/]+/, '/versions/{version}')}`;
      }),
    );
  expect(expected(true)).toEqual(operations);
  expect(expected(false)).toEqual(operations);
});

test.each(OPERATIONS)('the served document has $method $path, its parameters and its answers', (operation) => {
  const { method, path, query, statuses } = operation;
  const served = openApiDocument(ENDPOINT_GROUPS, { needsTokens: true }).paths?.[`/v0.1${path}`] as Record<
    string,
    DocumentedOperation
  >;
  const documented = served[method.toLowerCase()];
  const parameters = documented?.parameters?.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  expect(parameters ?? []).toEqual(expect.arrayContaining([...query]));
  expect(Object.keys(documented?.responses ?? {})).toEqual(expect.arrayContaining(statuses.map(String)));
});

interface DocumentedOperation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

let publishing: PublishingApi;

beforeAll(async () => {
  publishing = await startPublishingApi(source('own', 'managed'), source('alpha'));
  const sources = [source('own', 'managed'), source('alpha')];
  const registries = [
    { name: 'default', sources: ['own'] },
    { name: 'read-only', sources: ['alpha'] },
  ];
  await storeConfiguration(publishing.api.database, { sources, registries, defaultRegistry: 'default' });
  await sync(publishing.api.database, { sourceName: 'alpha', entries: [draft('com.example/other', '1.0.0')] });
});
afterAll(() => publishing.end());

async function expectAnswer(base: string, { method, path, body, status, schema }: Expectation): Promise<void> {
  const response = await publishing.api.send(method, base + path, { ...(body !== undefined && { body }) });
  const answer: unknown = await response.json();
  expect({ status: response.status, answer }).toMatchObject({ status });
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(schema.safeParse(answer).error).toBeUndefined();
}

describe('the default registry', () => {
  test.each(EXPECTATIONS)('$method $path: $status', (expectation) => expectAnswer('/v0.1', expectation));

  test('every schema of the specification has been used in an answer', () => {
    expect([...met].toSorted()).toEqual(SCHEMAS.toSorted());
  });
});

describe('a read-only registry', () => {
  test.each(READ_ONLY)('$method $path: $status', (expectation) =>
    expectAnswer('/registry/read-only/v0.1', expectation),
  );
});
