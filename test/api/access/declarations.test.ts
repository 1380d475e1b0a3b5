/** Properties of every declared endpoint, without a list that could miss one. */
import { beforeAll, expect, test } from 'vitest';
import { createApp } from '../../../api/app.ts';
import { ENDPOINT_GROUPS } from '../../../api/endpoints/groups.ts';
import { documentedPath, openApiDocument } from '../../../api/openapi/document.ts';
import { openContext } from '../../../api/open-context.ts';
import type { IdentityProvider } from '../../identity-provider.ts';
import { contextOptions } from '../running-api.ts';
import { DECLARED, type DeclaredEndpoint, routesOf } from './endpoints.ts';
import { type ProtectedApi, startProtectedRegistries } from './protected-api.ts';

let api: ProtectedApi;
let provider: IdentityProvider;
let routes: readonly string[];
beforeAll(async () => {
  const started = await startProtectedRegistries([{ name: 'staff' }]);
  ({ api, provider } = started);
  const opened = await openContext(contextOptions(started.registries, {}));
  routes = routesOf(createApp(opened.context));
  await opened.close();
  return started.stop;
});

/** Express has exactly the declared routes. */
test('every route is declared', () => {
  expect(routes.toSorted()).toEqual(DECLARED.map(({ name }) => name).toSorted());
});

/** Endpoints that the OpenAPI document leaves out on purpose, and those of tRPC, which describes itself. */
const UNDOCUMENTED = [
  'GET /',
  'GET /.well-known/oauth-protected-resource{/*resource}',
  'GET /auth/callback',
  'GET /auth/login',
  'GET /auth/login/:provider',
  'GET /console/',
  'GET /console/*path',
  'GET /docs',
  'GET /openapi.json',
  'GET /openapi.yaml',
  'POST /auth/logout',
  'POST /auth/refresh',
  'POST /registry/:registry/v0.1/auth/:method',
  'POST /v0.1/auth/:method',
];

test('every endpoint is in the OpenAPI document, under one of its bases', () => {
  const { paths = {} } = openApiDocument(ENDPOINT_GROUPS, { needsTokens: true });
  const isDocumented = (base: string, { path, method }: { path: string; method: string }): boolean =>
    method in (paths[documentedPath(base + path)] ?? {});
  const missing = ENDPOINT_GROUPS.flatMap(({ bases, endpoints }) => {
    const documented = bases.filter(({ tag }) => tag !== undefined);
    return (documented.length > 0 ? documented : bases).flatMap(({ path: base }) =>
      endpoints
        .filter((endpoint) => !isDocumented(base, endpoint))
        .map(({ method, path }) => `${method.toUpperCase()} ${base}${path}`),
    );
  });
  expect(missing.filter((name) => !name.includes(' /trpc/')).toSorted()).toEqual(UNDOCUMENTED);
});

/** A path with a value for each parameter. */
const pathOf = ({ path }: DeclaredEndpoint): string =>
  path
    .replace('{/*resource}', '')
    .replaceAll(/:(\w+)/g, (_, name: string) => (name === 'registry' ? 'staff' : 'com.example%2Fstaff'));

const send = async (declared: DeclaredEndpoint, headers: Record<string, string> = {}): Promise<number> => {
  const response = await api.send(declared.endpoint.method.toUpperCase(), pathOf(declared), { headers });
  await response.arrayBuffer();
  return response.status;
};

test.each(DECLARED)('$name refuses callers without a token, unless it is declared open', async (declared) => {
  const isOpen = declared.endpoint.access === 'open' || declared.endpoint.access === 'optional';
  expect((await send(declared)) !== 401).toBe(isOpen);
});

const CHANGES = DECLARED.filter(({ endpoint }) => endpoint.access === 'write');

test.each(CHANGES)('$name refuses a token without the write scope', async (declared) => {
  const token = await provider.token({ scope: 'mcp-registry:read' });
  expect(await send(declared, { authorization: `Bearer ${token}` })).toBe(403);
});

test('every other method than GET needs the write scope, except those that change nothing', () => {
  const changesNothing = DECLARED.filter(({ endpoint: { method, access } }) => method !== 'get' && access !== 'write');
  const names = new Set(changesNothing.map(({ endpoint }) => endpoint.path));
  expect([...names].toSorted()).toEqual([
    '/auth/:method',
    '/auth/github-oidc',
    '/auth/none',
    '/auth/oidc',
    '/logout',
    '/refresh',
    '/validate',
  ]);
});
