/** Publishing with the identity of a CI job, which logs in with a token of its issuer. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OAuthSettings } from '../../../config/model.ts';
import { storeConfiguration } from '../../../db/configuration/configuration.ts';
import { source } from '../../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { findGoProgram, MCP_PUBLISHER } from '../../go-program.ts';
import { labels, type Page } from '../items.ts';
import { type PublishingApi, startPublishingApiWith } from '../publishing-api.ts';
import { startApi } from '../running-api.ts';
import { oauth } from './protected-api.ts';

/** Claims like those of GitHub Actions, except for the issuer: no scope, and the repository in claims. */
const JOB = {
  sub: 'repo:acme/weather:ref:refs/heads/main',
  repository: 'acme/weather',
  repository_owner: 'acme',
  scope: undefined,
};
const NAME = 'io.github.acme/weather';

let provider: IdentityProvider;
let publishing: PublishingApi;
/** The address that clients use, which is the audience that mcp-publisher requests. */
let front: FrontProxy;
beforeAll(async () => {
  [provider, front] = await Promise.all([startIdentityProvider(), startFrontProxy()]);
  publishing = await startPublishingApiWith({ auth: settings() }, source('own', 'managed'));
  front.forwardTo(publishing.api.url);
  await storeConfiguration(publishing.test.database, {
    sources: [source('own', 'managed')],
    sourceClaims: { own: { repository_owner: 'acme' } },
    registries: [],
    defaultRegistry: 'default',
  });
});
afterAll(async () => {
  front.close();
  await publishing.end();
  await provider.stop();
});

interface FrontProxy {
  readonly url: string;
  readonly forwardTo: (url: string) => void;
  readonly close: () => void;
}

/** An address that is known before the API listens. */
async function startFrontProxy(): Promise<FrontProxy> {
  let target = 0;
  const server = createTcpServer((socket) => {
    const onward = connect(target, '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => [socket, onward].map((each) => each.destroy()));
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwardTo: (url) => (target = Number(new URL(url).port)),
    close: () => void server.close(),
  };
}

/** The settings in docs/publishing.md, with the issuer of the test. */
function settings(): OAuthSettings {
  return oauth(provider, {
    providers: [provider.settings({ audience: front.url, scopes: ['mcp-registry:write'] })],
    authz: {
      roles: { superAdmin: [], manageSources: [], manageRegistries: [], manageEntries: [{ repository_owner: 'acme' }] },
      namespaces: [{ claims: { repository_owner: 'acme' }, names: ['io.github.acme/*'] }],
    },
  });
}

const jobToken = (claims = {}, options = {}): Promise<string> =>
  provider.token({ ...JOB, ...claims }, { audience: front.url, ...options });

const login = (body: unknown, path = '/v0/auth/oidc'): Promise<Response> => publishing.api.send('POST', path, { body });

const weather = (version: string, name = NAME): object => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name,
  description: 'Weather forecasts',
  version,
  packages: [{ registryType: 'npm', identifier: '@acme/weather', version, transport: { type: 'stdio' } }],
});

describe('a token of a configured provider', () => {
  test.each(['/v0/auth/oidc', '/v0/auth/github-oidc', '/v0.1/auth/oidc', '/registry/default/v0/auth/github-oidc'])(
    'is returned by %s, with its own expiry',
    async (path) => {
      const token = await jobToken();
      const response = await login({ oidc_token: token }, path);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect([response.status, await response.json()]).toEqual([
        200,
        { registry_token: token, expires_at: decodeJwt(token).exp },
      ]);
    },
  );

  test('publishes only in the namespace of its claims', async () => {
    const { registry_token: token } = (await (await login({ oidc_token: await jobToken() })).json()) as {
      registry_token: string;
    };
    const publish = (name: string): Promise<Response> =>
      publishing.api.send('POST', '/v0/publish', {
        body: weather('1.0.0', name),
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await publish(NAME)).status).toBe(200);
    expect((await publish('io.github.other/weather')).status).toBe(403);
  });
});

describe('401 for', () => {
  test.each([
    ['a token for another audience', () => jobToken({}, { audience: 'https://elsewhere.example' })],
    ['a token of another issuer', () => jobToken({}, { issuer: 'https://issuer.example' })],
    ['a token that has expired', () => jobToken({}, { expiresInSeconds: -3600 })],
    ['something else', () => Promise.resolve('nonsense')],
  ])('%s', async (_what, token) => {
    const response = await login({ oidc_token: await token() });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });
});

test.each([{}, { oidc_token: '' }, { oidc_token: 1 }, []])('400 for the body %j', async (body) => {
  expect((await login(body)).status).toBe(400);
});

test('tokens that the login refuses count as refused', async () => {
  const rateLimits = { writesPerMinute: 1000, failedAuthenticationsPerMinute: 2 };
  const limited = await startApi(publishing.test, { auth: settings(), rateLimits });
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    const response = await limited.send('POST', '/v0/auth/oidc', { body: { oidc_token: `nonsense.${index}` } });
    statuses.push(response.status);
  }
  await limited.stop();
  expect(statuses).toEqual([401, 401, 429, 429]);
});

test(
  'mcp-publisher publishes from a job of GitHub Actions',
  { timeout: MCP_PUBLISHER.buildTimeoutMs + 60_000 },
  async (context) => {
    const program = await findGoProgram(MCP_PUBLISHER);
    if (typeof program !== 'string') {
      context.skip(program.missing);
      return;
    }
    // GitHub gives a job a URL that returns a token for the audience in its query.
    const requests: string[] = [];
    const actions = createServer((request, response) => {
      requests.push(`${request.headers.authorization} ${request.url}`);
      const audience = new URL(request.url ?? '', 'http://localhost').searchParams.get('audience') ?? '';
      void jobToken({}, { audience }).then((value) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ value })),
      );
    });
    await new Promise<void>((resolve) => actions.listen(0, '127.0.0.1', resolve));
    const { port } = actions.address() as AddressInfo;
    const home = await mkdtemp(join(tmpdir(), 'rollcall-actions-'));
    const environment = {
      ...process.env,
      HOME: home,
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
    };
    const publisher = async (...options: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await promisify(execFile)(program, options, { cwd: home, env: environment });
      return stdout + stderr;
    };
    try {
      await writeFile(join(home, 'server.json'), JSON.stringify(weather('2.0.0')));
      await publisher('login', 'github-oidc', '--registry', front.url);
      expect(await publisher('publish')).toContain('2.0.0');
      expect(requests).toEqual([
        expect.stringContaining(`of-the-job /token?api-version=2.0&audience=${encodeURIComponent(front.url)}`),
      ]);
    } finally {
      actions.close();
      await rm(home, { recursive: true, force: true });
    }
    const token = await jobToken();
    const read = await publishing.api.get(`/v0.1/servers?search=weather`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(labels((await read.json()) as Page)).toContain(`${NAME}@2.0.0`);
  },
);
