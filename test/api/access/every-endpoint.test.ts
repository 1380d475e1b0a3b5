/** Calls every endpoint as every kind of caller. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OAuthSettings } from '../../../config/model.ts';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import type { SourceDefinition } from '../../../registry/source-definition.ts';
import { source } from '../../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider, type TokenClaims } from '../../identity-provider.ts';
import { type PublishingApi, startPublishingApiWith } from '../publishing-api.ts';
import { eventually } from '../../eventually.ts';
import { DECLARED, procedures } from './endpoints.ts';
import { oauth } from './protected-api.ts';

const SCOPES = 'mcp-registry:read mcp-registry:write';
const STAFF = { org: 'acme', scope: SCOPES };

/** The claims of the callers' tokens. */
const HOLDERS = {
  reader: { ...STAFF, scope: 'mcp-registry:read' },
  'publisher of another namespace': { ...STAFF, role: 'entries', team: 'other' },
  publisher: { ...STAFF, role: 'entries', team: 'example' },
  manageSources: { ...STAFF, role: 'sources' },
  manageRegistries: { ...STAFF, role: 'registries' },
  manageEntries: { ...STAFF, role: 'entries' },
  superAdmin: { scope: SCOPES, role: 'admin' },
} as const satisfies Readonly<Record<string, TokenClaims>>;
type Holder = keyof typeof HOLDERS;
type Asker = 'no token' | 'wrong token' | Holder;

const HOLDER_NAMES = Object.keys(HOLDERS) as Holder[];
const PUBLISHERS: readonly Holder[] = ['publisher of another namespace', 'publisher', 'manageEntries', 'superAdmin'];

function settings(): OAuthSettings {
  return oauth(provider, {
    authz: {
      roles: {
        superAdmin: [{ role: 'admin' }],
        manageSources: [{ role: 'sources' }],
        manageRegistries: [{ role: 'registries' }],
        manageEntries: [{ role: 'entries' }],
      },
      namespaces: [
        { claims: { team: 'example' }, names: ['com.example/*'] },
        { claims: { team: 'other' }, names: ['com.other/*'] },
      ],
    },
  });
}

type Statuses = Readonly<Record<Asker, number>>;

const open = (status: number): Statuses => ({ 'no token': status, 'wrong token': status, ...forHolders(() => status) });
const anyToken = (status: number): Statuses => ({ ...open(401), ...forHolders(() => status) });
const only = (holders: readonly Holder[], status: number): Statuses => ({
  ...open(401),
  ...forHolders((holder) => (holders.includes(holder) ? status : 403)),
});

function forHolders(status: (holder: Holder) => number): Record<Holder, number> {
  return Object.fromEntries(HOLDER_NAMES.map((holder) => [holder, status(holder)])) as Record<Holder, number>;
}

const sourceManagers = (status = 200): Statuses => only(['manageSources', 'superAdmin'], status);
const registryManagers = (status = 200): Statuses => only(['manageRegistries', 'superAdmin'], status);
/** Statuses for publishers of names in `com.example`. */
const publishers = (status = 200): Statuses => only(['publisher', 'superAdmin'], status);

interface Endpoint {
  /** The name of the endpoint in the routers. */
  readonly endpoint: string;
  readonly expected: Statuses;
  /** The path and body of the request; `unique` is a different text each time. */
  readonly request: (unique: string) => readonly [path: string, body?: unknown];
  /** Prepares what the request needs, for callers that are allowed to send it. */
  readonly prepare?: (unique: string) => Promise<unknown>;
}

const CATALOGUED = 'com.example%2Fcatalogued';
const nameOf = (unique: string): string => `com.example/${unique}`;
const pathOf = (unique: string): string => `com.example%2F${unique}`;
const document = (unique: string): object => ({ name: nameOf(unique), description: 'A server', version: '1.0.0' });
const publish = (unique: string): Promise<unknown> => asAdmin('POST', '/v0.1/publish', document(unique));
const DEPRECATED = { status: 'deprecated' };
const CLAIMS = { org: 'acme' };

/** The registry API under one of its prefixes. */
function registryApi(mount: string, base: string): Endpoint[] {
  const version = (unique: string): string => `${base}/servers/${pathOf(unique)}/versions/1.0.0`;
  const reads = ['/servers', '/servers/:server', '/servers/:server/versions', '/servers/:server/versions/:version'];
  return [
    ...reads.map((path) => ({
      endpoint: `GET ${mount}${path}`,
      expected: anyToken(200),
      request: () => [base + path.replace(':server', CATALOGUED).replace(':version', 'latest')] as const,
    })),
    ...['/health', '/ping', '/version'].map((path) => ({
      endpoint: `GET ${mount}${path}`,
      expected: open(200),
      request: () => [base + path] as const,
    })),
    {
      endpoint: `POST ${mount}/publish`,
      expected: publishers(),
      request: (unique) => [`${base}/publish`, document(unique)],
    },
    {
      endpoint: `PUT ${mount}/servers/:server/versions/:version`,
      expected: publishers(),
      request: (unique) => [version(unique), document(unique)],
      prepare: publish,
    },
    {
      endpoint: `DELETE ${mount}/servers/:server/versions/:version`,
      expected: publishers(),
      request: (unique) => [version(unique)],
      prepare: publish,
    },
    {
      endpoint: `PATCH ${mount}/servers/:server/versions/:version/status`,
      expected: publishers(),
      request: (unique) => [`${version(unique)}/status`, DEPRECATED],
      prepare: publish,
    },
    {
      endpoint: `PATCH ${mount}/servers/:server/status`,
      expected: publishers(),
      request: (unique) => [`${base}/servers/${pathOf(unique)}/status`, DEPRECATED],
      prepare: publish,
    },
    {
      endpoint: `POST ${mount}/validate`,
      expected: anyToken(200),
      request: (unique) => [`${base}/validate`, document(unique)],
    },
    // Explains how to get a token, which this server doesn't issue.
    ...['none', ':method'].map((method) => ({
      endpoint: `POST ${mount}/auth/${method}`,
      expected: { ...open(501), 'wrong token': 401 },
      request: () => [`${base}/auth/${method.replace(':method', 'github')}`] as const,
    })),
    // The token is in the body.
    ...['github-oidc', 'oidc'].map((method) => ({
      endpoint: `POST ${mount}/auth/${method}`,
      expected: { ...open(401), 'wrong token': 401 },
      request: () => [`${base}/auth/${method}`, { oidc_token: 'not.a.token' }] as const,
    })),
  ];
}

/** Skills and plugins under one of the prefixes of the registry API. */
function skillApi(mount: string, base: string): Endpoint[] {
  const reads = ['', '/:namespace/:name', '/:namespace/:name/versions', '/:namespace/:name/versions/:version'];
  const asked = (path: string): string =>
    base + path.replace(':namespace', 'com.example').replace(':name', 'catalogued').replace(':version', 'latest');
  return ['/skills', '/plugins'].flatMap((kind) =>
    reads.map((path) => ({
      endpoint: `GET ${mount}${kind}${path}`,
      expected: anyToken(200),
      request: () => [asked(kind + path)] as const,
    })),
  );
}

const get = (path: string, expected: Statuses, asked = path): Endpoint => ({
  endpoint: `GET ${path}`,
  expected,
  request: () => [asked],
});

const managed = (unique: string): object => ({ name: unique, managed: {}, claims: CLAIMS });
const createSource = (unique: string): Promise<unknown> => asAdmin('POST', '/trpc/sources.create', managed(unique));
const showing = (unique: string): object => ({ name: unique, sources: ['catalog'], claims: CLAIMS });
const createRegistry = (unique: string): Promise<unknown> =>
  asAdmin('POST', '/trpc/registries.create', showing(unique));

const withoutSignIn = (endpoint: string): Endpoint => ({
  endpoint,
  expected: open(404),
  request: () => [endpoint.replace(/^\w+ /, '')],
});

const REST: readonly Endpoint[] = [
  get('/v1/me', anyToken(200)),
  get('/v1/sources', sourceManagers()),
  get('/v1/sources/:name', sourceManagers(), '/v1/sources/catalog'),
  get('/v1/sources/:name/entries', sourceManagers(), '/v1/sources/catalog/entries'),
  {
    endpoint: 'PUT /v1/sources/:name',
    expected: sourceManagers(201),
    request: (unique) => [`/v1/sources/${unique}`, managed(unique)],
  },
  {
    endpoint: 'DELETE /v1/sources/:name',
    expected: sourceManagers(204),
    request: (unique) => [`/v1/sources/${unique}`],
    prepare: createSource,
  },
  get('/v1/registries', anyToken(200)),
  get('/v1/registries/:name', anyToken(200), '/v1/registries/internal'),
  get('/v1/registries/:name/entries', registryManagers(), '/v1/registries/internal/entries'),
  {
    endpoint: 'PUT /v1/registries/:name',
    expected: registryManagers(201),
    request: (unique) => [`/v1/registries/${unique}`, showing(unique)],
  },
  {
    endpoint: 'DELETE /v1/registries/:name',
    expected: registryManagers(204),
    request: (unique) => [`/v1/registries/${unique}`],
    prepare: createRegistry,
  },
  {
    endpoint: 'POST /v1/entries',
    expected: publishers(201),
    request: (unique) => ['/v1/entries', { server: document(unique), claims: CLAIMS }],
  },
  {
    endpoint: 'DELETE /v1/entries/:type/:name/versions/:version',
    expected: publishers(204),
    request: (unique) => [`/v1/entries/server/${pathOf(unique)}/versions/1.0.0`],
    prepare: publish,
  },
  {
    endpoint: 'PATCH /v1/entries/:type/:name/versions/:version/status',
    expected: publishers(),
    request: (unique) => [`/v1/entries/server/${pathOf(unique)}/versions/1.0.0/status`, DEPRECATED],
    prepare: publish,
  },
  {
    endpoint: 'PATCH /v1/entries/:type/:name/status',
    expected: publishers(),
    request: (unique) => [`/v1/entries/server/${pathOf(unique)}/status`, DEPRECATED],
    prepare: publish,
  },
  {
    endpoint: 'GET /v1/entries/:type/:name/claims',
    expected: only(PUBLISHERS, 200),
    request: (unique) => [`/v1/entries/server/${pathOf(unique)}/claims`],
    prepare: publish,
  },
  {
    endpoint: 'PUT /v1/entries/:type/:name/claims',
    expected: publishers(204),
    request: (unique) => [`/v1/entries/server/${pathOf(unique)}/claims`, { claims: CLAIMS }],
    prepare: publish,
  },
];

const query = (name: string, expected: Statuses, input?: object): Endpoint => ({
  endpoint: `GET /trpc/${name}`,
  expected,
  request: () => [`/trpc/${name}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`],
});

function mutation(
  name: string,
  expected: Statuses,
  { input, prepare }: { readonly input: (unique: string) => object; readonly prepare?: Endpoint['prepare'] },
): Endpoint {
  return {
    endpoint: `POST /trpc/${name}`,
    expected,
    request: (unique) => [`/trpc/${name}`, input(unique)],
    ...(prepare !== undefined && { prepare }),
  };
}

const catalog = (): object => ({ name: 'catalog' });
const version = (unique: string): object => ({ name: nameOf(unique), version: '1.0.0' });

/** Of a page of the console, whether or not the console is built. */
const CONSOLE = existsSync(new URL('../../../console/dist/index.html', import.meta.url)) ? 200 : 503;
/** Queries of the console need no token, but refuse one that isn't valid. */
const withoutToken: Statuses = { ...open(200), 'wrong token': 401 };
/** A protected registry doesn't exist for callers without a token. */
const readers: Statuses = { ...withoutToken, 'no token': 404 };

const TRPC: readonly Endpoint[] = [
  query('me', anyToken(200)),
  query('session', withoutToken),
  query('catalog.registries', withoutToken),
  query('catalog.search', readers, { registry: 'internal' }),
  query('catalog.choices', readers, { registry: 'internal' }),
  query('catalog.versions', readers, { registry: 'internal', name: 'com.example/catalogued' }),
  query('catalog.version', readers, { registry: 'internal', name: 'com.example/catalogued', version: '1.0.0' }),
  query('system.info', sourceManagers()),
  query('audit.list', only(['superAdmin'], 200), {}),
  query('sources.list', sourceManagers()),
  query('sources.get', sourceManagers(), catalog()),
  query('sources.runs', sourceManagers(), catalog()),
  query('sources.run', sourceManagers(), { name: 'catalog', number: 1 }),
  query('sources.recentRuns', sourceManagers(), {}),
  // Refusals are the first event: see subscriptions.test.ts.
  query('sources.watch', anyToken(200), catalog()),
  mutation('sources.try', sourceManagers(), {
    input: (name) => ({ name, file: { data: '[]' }, claims: CLAIMS }),
  }),
  mutation('sources.create', sourceManagers(), { input: managed }),
  mutation('sources.update', sourceManagers(), { input: managed, prepare: createSource }),
  mutation('sources.delete', sourceManagers(), { input: (name) => ({ name }), prepare: createSource }),
  mutation('sources.sync', sourceManagers(), { input: catalog }),
  mutation('sources.pause', sourceManagers(), { input: catalog }),
  mutation('sources.resume', sourceManagers(), { input: catalog }),
  query('registries.list', anyToken(200)),
  query('registries.get', anyToken(200), { name: 'internal' }),
  query('registries.viewAs', only(['superAdmin'], 200), { name: 'internal', claims: CLAIMS }),
  mutation('registries.create', registryManagers(), { input: showing }),
  mutation('registries.update', registryManagers(), { input: showing, prepare: createRegistry }),
  mutation('registries.delete', registryManagers(), { input: (name) => ({ name }), prepare: createRegistry }),
  query('entries.ofSource', sourceManagers(), catalog()),
  query('entries.ofRegistry', registryManagers(), { name: 'internal' }),
  query('entries.claims', only(PUBLISHERS, 200), { name: 'com.example/published' }),
  mutation('entries.publish', publishers(), { input: (unique) => ({ document: document(unique) }) }),
  mutation('entries.replace', publishers(), {
    input: (unique) => ({ ...version(unique), document: document(unique) }),
    prepare: publish,
  }),
  mutation('entries.setStatus', publishers(), {
    input: (unique) => ({ ...version(unique), ...DEPRECATED }),
    prepare: publish,
  }),
  mutation('entries.delete', publishers(), { input: version, prepare: publish }),
  mutation('entries.setClaims', publishers(), {
    input: (unique) => ({ name: nameOf(unique), claims: CLAIMS }),
    prepare: publish,
  }),
];

const ENDPOINTS: readonly Endpoint[] = [
  ...registryApi('/v0.1', '/v0.1'),
  ...registryApi('/v0', '/v0'),
  ...registryApi('/registry/v0.1', '/registry/v0.1'),
  ...registryApi('/registry/:registry/v0.1', '/registry/internal/v0.1'),
  ...registryApi('/registry/:registry/v0', '/registry/internal/v0'),
  ...skillApi('/v0.1/x/dev.toolhive', '/v0.1/x/dev.toolhive'),
  ...skillApi('/registry/v0.1/x/dev.toolhive', '/registry/v0.1/x/dev.toolhive'),
  ...skillApi('/registry/:registry/v0.1/x/dev.toolhive', '/registry/internal/v0.1/x/dev.toolhive'),
  get('/registry/:registry/registry.json', anyToken(200), '/registry/internal/registry.json'),
  get('/registry/:registry/upstream-registry.json', anyToken(200), '/registry/internal/upstream-registry.json'),
  get('/registry/:registry/servers.json', anyToken(200), '/registry/internal/servers.json'),
  get('/registry/:registry/exports', anyToken(200), '/registry/internal/exports'),
  get('/registry/:registry/exports/:target', anyToken(200), '/registry/internal/exports/vscode-mcp'),
  get('/registry/:registry/exports/:target/report', anyToken(200), '/registry/internal/exports/vscode-mcp/report'),
  get('/.well-known/agent-skills/index.json', anyToken(200)),
  get(
    '/registry/:registry/.well-known/agent-skills/index.json',
    anyToken(200),
    '/registry/internal/.well-known/agent-skills/index.json',
  ),
  get('/registry/:registry/content/:digest', anyToken(404), `/registry/internal/content/sha256:${'0'.repeat(64)}`),
  ...['skills', 'plugins'].map((kinds) =>
    get(
      `/registry/:registry/v0.1/x/dev.toolhive/${kinds}/:namespace/:name/versions/:version/files`,
      anyToken(404),
      `/registry/internal/v0.1/x/dev.toolhive/${kinds}/com.example/none/versions/latest/files`,
    ),
  ),
  get('/api/v0/servers', anyToken(200)),
  get('/api/v0/servers/:server', anyToken(200), `/api/v0/servers/${CATALOGUED}`),
  get('/api/v0/deployed', anyToken(200)),
  get('/api/v0/deployed/:server', anyToken(200), `/api/v0/deployed/${CATALOGUED}`),
  get('/api/v1/registry', anyToken(200)),
  get('/extension/v0/registries', anyToken(200)),
  get('/extension/v0/registries/:registry', anyToken(200), '/extension/v0/registries/internal'),
  get(
    '/.well-known/oauth-protected-resource{/*resource}',
    open(200),
    '/.well-known/oauth-protected-resource/registry/internal',
  ),
  get('/openapi.json', open(200)),
  get('/openapi.yaml', open(200)),
  get('/docs', open(200)),
  get('/', open(404)),
  // No provider has a client for the console.
  ...['GET /auth/login', 'GET /auth/login/:provider', 'GET /auth/callback'].map((name) => withoutSignIn(name)),
  ...['POST /auth/refresh', 'POST /auth/logout'].map((name) => withoutSignIn(name)),
  get('/console/', open(CONSOLE)),
  get('/console/*path', open(CONSOLE), '/console/catalog'),
  get('/health', open(200)),
  get('/readiness', open(200)),
  get('/version', open(200)),
  ...REST,
  ...TRPC,
];

let provider: IdentityProvider;
let publishing: PublishingApi;
let tokens: Readonly<Record<Holder, string>>;
let asked = 0;

const SKILL = { namespace: 'com.example', name: 'catalogued', description: 'A skill', version: '1.0.0' };

const CATALOG: SourceDefinition = {
  ...source('catalog'),
  origin: {
    kind: 'file',
    location: {
      data: JSON.stringify({
        data: {
          servers: [
            {
              name: 'com.example/catalogued',
              description: 'A server',
              version: '1.0.0',
              packages: [{ registryType: 'oci', identifier: 'ghcr.io/example/a:1', transport: { type: 'stdio' } }],
            },
          ],
          skills: [SKILL],
          plugins: [SKILL],
        },
      }),
    },
  },
};
const SOURCES = [source('own', 'managed'), CATALOG];

beforeAll(async () => {
  provider = await startIdentityProvider();
  const signed = HOLDER_NAMES.map(async (name) => [name, await provider.token({ sub: name, ...HOLDERS[name] })]);
  tokens = Object.fromEntries(await Promise.all(signed)) as Record<Holder, string>;
  publishing = await startPublishingApiWith({ auth: settings() }, ...SOURCES);
  await storeConfiguration(publishing.test.database, {
    sources: SOURCES,
    sourceClaims: { own: CLAIMS, catalog: CLAIMS },
    registries: [{ name: 'internal', sources: ['own', 'catalog'], claims: CLAIMS }],
    defaultRegistry: 'default',
  });
  const isServed = async (): Promise<boolean> =>
    (await ask('reader', 'GET', [`/registry/internal/v0.1/servers/${CATALOGUED}`])).status === 200;
  await eventually(isServed, 'the catalog is served to who holds its claims');
  await publish('published');
});
afterAll(async () => {
  await publishing.end();
  await provider.stop();
});

async function ask(asker: Asker, method: string, [path, body]: readonly [string, unknown?]): Promise<Response> {
  const token = asker === 'wrong token' ? 'not.a.token' : asker === 'no token' ? undefined : tokens[asker];
  return await publishing.api.send(method, path, {
    ...(body !== undefined && { body }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

async function asAdmin(method: string, path: string, body: unknown): Promise<void> {
  const response = await ask('superAdmin', method, [path, body]);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

test('every endpoint has a row in this table', () => {
  const declared = DECLARED.filter(({ path }) => !path.startsWith('/trpc/')).map(({ name }) => name);
  expect(declared.length).toBeGreaterThan(80);
  const listed = ENDPOINTS.map(({ endpoint }) => endpoint);
  expect(listed.toSorted()).toEqual([...declared, ...procedures()].toSorted());
});

test.each(ENDPOINTS)('$endpoint', async ({ endpoint, expected, request, prepare }) => {
  const [method = ''] = endpoint.split(' ');
  const answers: Record<string, number> = {};
  for (const [asker, status] of Object.entries(expected) as [Asker, number][]) {
    const unique = `n${(asked += 1)}`;
    if (prepare !== undefined && status < 300) await prepare(unique);
    const response = await ask(asker, method, request(unique));
    // Not read: a subscription has no end.
    await response.body?.cancel();
    answers[asker] = response.status;
  }
  expect(answers).toEqual(expected);
});
