/**
 * What the official specification of the MCP Registry API (version 2025-12-01) says about paths, statuses and answers,
 * as this project understands it, walked against the running server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { draft, source, sync } from '../db/sync-source.ts';
import { storeConfiguration } from '../../db/configuration.ts';
import { type PublishingApi, startPublishingApi } from './publishing-api.ts';

const dateTime = z.iso.datetime({ offset: true });
const serverDetail = z.looseObject({
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  description: z.string().min(1).max(100),
  title: z.string().min(1).max(100).optional(),
  version: z.string().max(255),
  repository: z.looseObject({ url: z.url(), source: z.string() }).optional(),
  websiteUrl: z.url().optional(),
  packages: z
    .array(
      z.looseObject({
        registryType: z.string(),
        identifier: z.string(),
        transport: z.looseObject({ type: z.string() }),
      }),
    )
    .optional(),
  remotes: z.array(z.looseObject({ type: z.enum(['streamable-http', 'sse']), url: z.string() })).optional(),
});
const serverResponse = z.strictObject({
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
});
const serverList = z.strictObject({
  servers: z.array(serverResponse),
  metadata: z.strictObject({ count: z.int(), nextCursor: z.string().min(1).optional() }),
});
const allVersionsStatus = z.strictObject({ updatedCount: z.int(), servers: z.array(serverResponse) });
const error = z.looseObject({ error: z.string().min(1) });

interface Expectation {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
  readonly schema: z.ZodType;
}

const NAME = 'com.example%2Fweather';
const document = (version: string): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: 'com.example/weather',
  title: 'Weather',
  description: 'Forecasts',
  version,
  repository: { url: 'https://github.com/example/weather', source: 'github' },
  packages: [{ registryType: 'npm', identifier: '@example/weather', version, transport: { type: 'stdio' } }],
  remotes: [{ type: 'sse', url: 'https://mcp.example.com/sse' }],
});

/** In this order: later rows rely on what earlier ones wrote. Paths are below `/v0.1`. */
const EXPECTATIONS: readonly Expectation[] = [
  { method: 'POST', path: '/publish', body: document('1.0.0'), status: 200, schema: serverResponse },
  { method: 'POST', path: '/publish', body: document('2.0.0+build'), status: 200, schema: serverResponse },
  { method: 'POST', path: '/publish', body: document('2.0.0+build'), status: 409, schema: error },
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
    status: 400,
    schema: error,
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
  { method: 'DELETE', path: `/servers/${NAME}/versions/1.0.0`, status: 404, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions/1.0.0`, status: 404, schema: error },
  { method: 'GET', path: `/servers/${NAME}/versions/1.0.0?include_deleted=true`, status: 200, schema: serverResponse },
];

/** On a registry that nothing can be published to. */
const READ_ONLY: readonly Expectation[] = [
  { method: 'POST', path: '/publish', body: document('1.0.0'), status: 501, schema: error },
  { method: 'PUT', path: `/servers/${NAME}/versions/1.0.0`, body: document('1.0.0'), status: 501, schema: error },
  { method: 'DELETE', path: `/servers/${NAME}/versions/1.0.0`, status: 501, schema: error },
];

/** All operations of the official specification, below `/v0.1`. */
const OPERATIONS = [
  'GET /servers',
  'GET /servers/{name}/versions',
  'GET /servers/{name}/versions/{version}',
  'PUT /servers/{name}/versions/{version}',
  'DELETE /servers/{name}/versions/{version}',
  'PATCH /servers/{name}/versions/{version}/status',
  'PATCH /servers/{name}/status',
  'POST /publish',
];

test('every operation of the specification is expected to succeed, and to fail', () => {
  const expected = (succeeds: boolean): Set<string> =>
    new Set(
      EXPECTATIONS.filter(({ status }) => status < 400 === succeeds).map(({ method, path }) => {
        const [pathname = ''] = path.split('?');
        return `${method} ${pathname.replace(/\/servers\/[^/]+/, '/servers/{name}').replace(/\/versions\/[^/]+/, '/versions/{version}')}`;
      }),
    );
  expect(expected(true)).toEqual(new Set(OPERATIONS));
  expect(expected(false)).toEqual(new Set(OPERATIONS));
});

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
});

describe('a registry that is read only', () => {
  test.each(READ_ONLY)('$method $path: $status', (expectation) =>
    expectAnswer('/registry/read-only/v0.1', expectation),
  );
});
