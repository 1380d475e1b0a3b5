/** What a web page can do through a visitor's browser if authentication is off. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isForWebPages } from '../../api/endpoints/endpoint.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { draft, source, sync } from '../db/sync-source.ts';
import { createTestDatabase, type TestDatabase } from '../environment.ts';
import { DECLARED, procedures } from './access/endpoints.ts';
import { type RunningApi, startApi } from './running-api.ts';
import { sendAsWritten } from './sent-as-written.ts';

/** Reads of registries, which `rollcall` offers to every client, and so to every web page. */
const REGISTRY_READS = [
  '/v0.1/servers',
  '/v0/servers',
  '/v0.1/servers/com.example%2Fweather',
  '/v0.1/servers/com.example%2Fweather/versions',
  '/v0.1/servers/com.example%2Fweather/versions/latest',
  '/registry/v0.1/servers',
  '/registry/main/v0.1/servers',
  '/registry/main/v0/servers',
  '/registry/main/registry.json',
  '/registry/main/upstream-registry.json',
  '/registry/main/servers.json',
  '/registry/main/exports',
  '/api/v0/servers',
  '/api/v1/registry',
];
const ORIGIN = 'https://editor.example';

let database: TestDatabase;
let api: RunningApi;
beforeAll(async () => {
  database = await createTestDatabase();
  await storeConfiguration(database.database, {
    sources: [source('main')],
    registries: [{ name: 'main', access: 'protected', sources: ['main'] }],
    defaultRegistry: 'main',
  });
  await sync(database.database, { sourceName: 'main', entries: [draft('com.example/weather', '1.0.0')] });
  api = await startApi(database, { publicHosts: ['registry.example.com'], trustedProxies: ['10.9.8.7'] });
});
afterAll(async () => {
  await api.stop();
  await database.drop();
});

describe('a page of another origin', () => {
  test.each([
    ['an answer', '/v0.1/servers', 200],
    ['a client error', '/v0.1/servers?limit=0', 400],
    ['an absent server', '/v0.1/servers/com.example%2Fnone/versions/latest', 404],
    ['an absent registry', '/registry/absent/v0.1/servers', 404],
  ])('can read %s of a registry', async (_, path, status) => {
    const response = await api.get(path, { headers: { origin: ORIGIN } });
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'ETag,Retry-After,WWW-Authenticate',
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  test.each(REGISTRY_READS)('can read %s, also from the cache', async (path) => {
    for (const response of [await api.get(path), await api.get(path)]) {
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    }
  });

  test('cannot read anything else', async () => {
    const closed = DECLARED.filter(({ endpoint }) => endpoint.method === 'get' && !isForWebPages(endpoint));
    const queries = procedures().filter((procedure) => procedure.startsWith('GET '));
    const others = [
      ...closed.map(({ path }) => path.replaceAll(/:\w+/g, 'main')),
      ...queries.map((procedure) => procedure.slice(4)),
    ];
    expect(others).toEqual(expect.arrayContaining(['/v1/sources', '/trpc/sources.list', '/extension/v0/registries']));
    for (const path of [...others, '/nothing', '/v1/sources/absent', '/trpc/audit.list?input=1']) {
      const response = await api.get(path, { headers: { origin: ORIGIN } });
      const { headers } = response;
      expect([path, headers.get('access-control-allow-origin'), headers.get('cross-origin-resource-policy')]).toEqual([
        path,
        null,
        'same-origin',
      ]);
    }
  });

  test('gets a preflight allowed only for reads of registries', async () => {
    const preflight = async (path: string, method: string): Promise<Response> =>
      await api.get(path, {
        method: 'OPTIONS',
        headers: { origin: ORIGIN, 'access-control-request-method': method },
      });
    const allowedOrigin = async (path: string, method: string): Promise<unknown> => {
      const { status, headers } = await preflight(path, method);
      return [status, headers.get('access-control-allow-origin')];
    };
    expect(Object.fromEntries((await preflight('/v0.1/servers', 'GET')).headers)).toMatchObject({
      'access-control-allow-methods': 'GET,OPTIONS',
      'access-control-allow-headers': 'Authorization,Content-Type',
      'access-control-max-age': '86400',
    });
    for (const path of REGISTRY_READS) expect(await allowedOrigin(path, 'GET')).toEqual([204, '*']);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(await allowedOrigin('/v0.1/servers', method)).toEqual([204, null]);
    }
    for (const path of ['/v0.1/publish', '/v1/sources', '/trpc/sources.list']) {
      expect(await allowedOrigin(path, 'GET')).toEqual([204, null]);
    }
  });

  test.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['another site, according to the browser', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['another port of this machine, according to its origin', { origin: 'http://127.0.0.1:1' }],
    ['an opaque origin', { origin: 'null' }],
  ])('cannot change anything: %s', async (_, headers) => {
    for (const [method, path] of [
      ['POST', '/v0.1/publish'],
      ['POST', '/v0.1/validate'],
      ['DELETE', '/v0.1/servers/com.example%2Fweather/versions/1.0.0'],
      ['PUT', '/v1/sources/main'],
      ['POST', '/trpc/sources.pause'],
    ] as const) {
      const response = await api.send(method, path, { body: {}, headers });
      expect([path, response.status, await response.json()]).toEqual([
        path,
        403,
        { error: expect.stringContaining('A web page of another origin cannot change anything here') as string },
      ]);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  test('can be of this origin, which can change things', async () => {
    const headers = { origin: api.url, 'sec-fetch-site': 'same-origin' };
    expect((await api.send('POST', '/v0.1/validate', { body: {}, headers })).status).toBe(200);
  });
});

describe('the host of a request', () => {
  const statusFor = async (host: string, path: string, method = 'GET'): Promise<number> =>
    (await sendAsWritten(api.url, path, { method, headers: ['Host', host, 'Connection', 'close'] })).status;
  const READS = [
    '/v1/sources',
    '/v1/me',
    '/trpc/sources.list',
    '/trpc/audit.list',
    '/extension/v0/registries',
    '/nothing',
  ];
  const CHANGES = [
    ['POST', '/v0.1/publish'],
    ['POST', '/v0.1/validate'],
    ['DELETE', '/v0.1/servers/com.example%2Fweather/versions/1.0.0'],
    ['POST', '/trpc/sources.pause'],
    ['DELETE', '/v1/sources/main'],
  ] as const;

  test.each([
    'evil.example',
    'evil.example:8080',
    'registry.example.com.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'registry.example.com@evil.example',
    'evil.example, registry.example.com',
    'rollcall',
    '',
  ])('is refused for changes and administration: "%s"', async (host) => {
    for (const path of READS) expect([path, await statusFor(host, path)]).toEqual([path, 403]);
    for (const [method, path] of CHANGES) expect([path, await statusFor(host, path, method)]).toEqual([path, 403]);
  });

  test.each([
    'registry.example.com',
    'REGISTRY.example.com.:443',
    'localhost:8080',
    'rollcall.localhost',
    '127.0.0.1',
    '[::1]:8080',
    '192.168.7.20:8080',
    '[fd00::7]',
  ])('is accepted: "%s"', async (host) => {
    expect(await statusFor(host, '/v1/sources')).toBe(200);
    expect(await statusFor(host, '/v0.1/validate', 'POST')).not.toBe(403);
  });

  test('doesn’t matter for reads of registries, health checks, and documentation', async () => {
    for (const path of [...REGISTRY_READS, '/health', '/readiness', '/version', '/docs', '/openapi.json']) {
      expect([path, await statusFor('evil.example', path)]).toEqual([path, 200]);
    }
  });

  test('isn’t taken from X-Forwarded-Host of a sender that isn’t a trusted proxy', async () => {
    const statusOf = async (host: string, forwarded: string): Promise<number> => {
      const headers = ['Host', host, 'Connection', 'close', 'X-Forwarded-Host', forwarded];
      return (await sendAsWritten(api.url, '/v1/sources', { headers })).status;
    };
    expect(await statusOf('evil.example', 'registry.example.com')).toBe(403);
    expect(await statusOf('localhost', 'evil.example')).toBe(200);
  });

  test('behind a trusted proxy is every one in X-Forwarded-Host', async () => {
    const behindProxy = await startApi(database, {
      publicHosts: ['registry.example.com'],
      trustedProxies: ['127.0.0.1'],
    });
    const statusOf = async (forwarded: string | null, more: readonly string[] = []): Promise<number> => {
      const names = forwarded === null ? [] : ['X-Forwarded-Host', forwarded];
      const headers = ['Host', 'rollcall:8080', 'Connection', 'close', ...names, ...more];
      return (await sendAsWritten(behindProxy.url, '/v1/sources', { headers })).status;
    };
    expect(await statusOf('registry.example.com')).toBe(200);
    expect(await statusOf(null)).toBe(403);
    expect(await statusOf('evil.example')).toBe(403);
    expect(await statusOf('registry.example.com, evil.example')).toBe(403);
    expect(await statusOf('registry.example.com', ['X-Forwarded-Host', 'evil.example'])).toBe(403);
    await behindProxy.stop();
  });
});
