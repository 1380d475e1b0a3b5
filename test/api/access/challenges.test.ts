import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../../environment.ts';
import type { IdentityProvider } from '../../identity-provider.ts';
import { type RunningApi, startApi } from '../running-api.ts';
import { oauth, type ProtectedApi, startProtectedApi, startProtectedRegistries } from './protected-api.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

let provider: IdentityProvider;
let registries: TestDatabase;
let api: ProtectedApi;
beforeAll(async () => {
  const started = await startProtectedRegistries([{ name: 'staff' }]);
  ({ provider, registries, api } = started);
  return started.stop;
});

describe('without a token', () => {
  test.each([
    ['/v0.1/servers', ''],
    ['/v0/servers', ''],
    ['/registry/v0.1/servers', ''],
    ['/api/v1/registry', ''],
    ['/trpc/sources.list', ''],
    ['/nothing/here', ''],
    ['/registry/staff/v0.1/servers?limit=1', '/registry/staff'],
    ['/registry/staff/v0/servers', '/registry/staff'],
    ['/registry/staff/registry.json', '/registry/staff'],
    ['/registry/no-such-registry/v0.1/servers', '/registry/no-such-registry'],
  ])('%s is told where to get one', async (path, resource) => {
    const response = await api.get(path);
    expect([response.status, response.headers.get('www-authenticate'), await response.json()]).toEqual([
      401,
      `Bearer realm="mcp-registry", resource_metadata="${api.url}${WELL_KNOWN}${resource}"`,
      { error: 'This request requires a token: send it as "Authorization: Bearer …"' },
    ]);
    const metadata = await readMetadata(`${WELL_KNOWN}${resource}`);
    expect(metadata).toMatchObject({ resource: `${api.url}${resource}`, authorization_servers: [provider.issuer] });
  });

  test('any other scheme of authentication is treated like no token', async () => {
    const response = await api.get('/v0.1/servers', { headers: { authorization: 'Basic eDp5' } });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      expect.not.stringContaining('error='),
    ]);
  });

  test('a web page of another origin can read the challenge, and send a preflight', async () => {
    const response = await api.get('/v0.1/servers', { headers: { origin: 'https://editor.example.com' } });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([401, '*']);
    expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    const preflight = await api.get('/v0.1/servers', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://editor.example.com',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('Authorization'),
    ]);
  });

  test.each([
    '/health',
    '/readiness',
    '/version',
    '/v0/health',
    '/v0.1/ping',
    '/registry/v0.1/version',
    '/registry/staff/v0/health',
    '/registry/no-such-registry/v0.1/version',
    '/docs',
    '/openapi.json',
    '/openapi.yaml',
    WELL_KNOWN,
  ])('%s can be read, even with an invalid token', async (path) => {
    expect((await api.get(path)).status).toBe(200);
    expect((await api.withToken('wrong', path)).status).toBe(200);
  });
});

describe('a token without the write scope', () => {
  const send = async (method: string, path: string, scope: unknown): Promise<Response> =>
    api.send(method, path, {
      body: {},
      headers: { authorization: `Bearer ${await provider.token({ scope })}` },
    });

  test.each([
    ['POST', '/v0.1/publish'],
    ['PUT', '/registry/staff/v0.1/servers/a%2Fb/versions/1.0.0'],
    ['DELETE', '/v0/servers/a%2Fb/versions/1.0.0'],
    ['PATCH', '/v0.1/servers/a%2Fb/status'],
    ['POST', '/trpc/sources.sync'],
  ])('is told which one %s %s needs', async (method, path) => {
    const response = await send(method, path, 'mcp-registry:read');
    const resource = path.startsWith('/registry/staff') ? '/registry/staff' : '';
    const description = 'Changes need a token with the scope mcp-registry:write';
    expect([response.status, response.headers.get('www-authenticate'), await response.json()]).toEqual([
      403,
      `Bearer realm="mcp-registry", error="insufficient_scope", error_description="${description}", scope="mcp-registry:write", resource_metadata="${api.url}${WELL_KNOWN}${resource}"`,
      { error: description },
    ]);
  });

  test('is enough to validate a document', async () => {
    expect((await send('POST', '/v0.1/validate', 'mcp-registry:read')).status).toBe(200);
  });

  test.each([
    ['a list of them, as Okta writes it', { scope: undefined, scp: ['mcp-registry:write'] }],
    ['a text, as Entra ID writes it', { scope: undefined, scp: 'mcp-registry:read mcp-registry:write' }],
  ])('a token with the scope as %s is accepted', async (_how, claims) => {
    const headers = { authorization: `Bearer ${await provider.token(claims)}` };
    expect((await api.send('POST', '/v0.1/publish', { body: {}, headers })).status).not.toBe(403);
  });
});

test('a token without a scope claim has the scopes of its provider', async () => {
  const other = await startProtectedApi(
    registries,
    oauth(provider, { providers: [provider.settings({ scopes: ['mcp-registry:write'] })] }),
  );
  const headers = { authorization: `Bearer ${await provider.token({ scope: undefined })}` };
  const publish = (at: RunningApi): Promise<Response> => at.send('POST', '/v0.1/publish', { body: {}, headers });
  expect([(await publish(other)).status === 403, (await publish(api)).status === 403]).toEqual([false, true]);
  for (const scope of [null, '', [], 5, {}, 'mcp-registry:read', 'mcp-registry:writer']) {
    const says = { authorization: `Bearer ${await provider.token({ scope })}` };
    expect([scope, (await other.send('POST', '/v0.1/publish', { body: {}, headers: says })).status]).toEqual([
      scope,
      403,
    ]);
  }
  await other.stop();
});

describe('protected resource metadata', () => {
  test.each(['', '/v0.1', '/v0', '/registry/staff', '/registry/staff/v0.1', '/registry/staff/v0', '/registry/none'])(
    'names the resource "%s" as the client does',
    async (resource) => {
      expect(await readMetadata(`${WELL_KNOWN}${resource}`)).toEqual({
        resource: `${api.url}${resource}`,
        authorization_servers: [provider.issuer],
        scopes_supported: ['mcp-registry:read', 'mcp-registry:write'],
        bearer_methods_supported: ['header'],
        resource_name: 'mcp-registry',
      });
    },
  );

  test('is absent for paths that aren’t registries', async () => {
    expect((await api.get(`${WELL_KNOWN}/trpc`)).status).toBe(404);
    expect((await api.get(`${WELL_KNOWN}/registry/staff/servers.json`)).status).toBe(404);
  });

  test('and challenges use the configured URL, whatever the request says', async () => {
    const other = await startProtectedApi(
      registries,
      oauth(provider, { resourceUrl: 'https://mcp.example.com/', realm: 'all "our" servers' }),
    );
    const response = await other.get('/registry/staff/v0.1/servers');
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="all \\"our\\" servers", resource_metadata="https://mcp.example.com${WELL_KNOWN}/registry/staff"`,
    );
    const document = async (path: string): Promise<unknown> => (await other.get(`${WELL_KNOWN}${path}`)).json();
    expect(await document('')).toMatchObject({ resource: 'https://mcp.example.com/' });
    expect(await document('/registry/staff')).toMatchObject({ resource: 'https://mcp.example.com/registry/staff' });
    await other.stop();
  });
});

test('the OpenAPI document says which operations need a token', async () => {
  const document = (await (await api.get('/openapi.json')).json()) as {
    readonly security: unknown;
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly security?: unknown }>>>>;
  };
  expect(document).toMatchObject({
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  });
  const open = Object.entries(document.paths).filter(([, item]) =>
    Object.values(item).some(({ security }) => security),
  );
  expect(open.map(([path]) => path)).toEqual([
    '/v0.1/auth/none',
    '/v0.1/auth/github-oidc',
    '/v0.1/auth/oidc',
    '/v0.1/health',
    '/v0.1/ping',
    '/v0.1/version',
    ...['none', 'github-oidc', 'oidc'].map((method) => `/registry/{registry}/v0.1/auth/${method}`),
    ...['health', 'ping', 'version'].map((name) => `/registry/{registry}/v0.1/${name}`),
    '/health',
    '/readiness',
    '/version',
  ]);
});

describe('a login for the official registry', () => {
  test.each(['none', 'github-at', 'dns'])('by %s is told how to get a token', async (method) => {
    for (const prefix of ['/v0', '/v0.1', '/registry/staff/v0']) {
      const response = await api.send('POST', `${prefix}/auth/${method}`);
      expect([response.status, await response.json()]).toEqual([
        501,
        { error: expect.stringContaining(`get a token from ${provider.issuer}`) },
      ]);
    }
  });
});

describe('where authentication is off', () => {
  let open: RunningApi;
  beforeAll(async () => {
    open = await startApi(registries);
  });
  afterAll(() => open.stop());

  test('no token is required', async () => {
    expect((await open.get(WELL_KNOWN)).status).toBe(404);
  });
  test('tokens are ignored', async () => {
    const response = await open.get('/v0.1/servers', { headers: { authorization: 'Bearer wrong' } });
    expect(response.status).toBe(200);
  });
});

async function readMetadata(path: string): Promise<unknown> {
  const response = await api.get(path);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('application/json'),
  ]);
  return await response.json();
}
