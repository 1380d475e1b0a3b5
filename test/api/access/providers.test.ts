/** Requests to identity providers that are unavailable, change, or require credentials. */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OAuthSettings, ProviderSettings } from '../../../config/model.ts';
import { createLoopbackCertificate } from '../../certificate-authority.ts';
import type { TestDatabase } from '../../environment.ts';
import { AUDIENCE, CLIENT, type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { eventually } from '../../eventually.ts';
import { createRegistries, oauth, type ProtectedApi, startProtectedApi } from './protected-api.ts';

let provider: IdentityProvider;
let registries: TestDatabase;
let folder: string;
const started: ProtectedApi[] = [];
const servers: Server[] = [];
beforeAll(async () => {
  [provider, registries] = await Promise.all([startIdentityProvider(), createRegistries()]);
  folder = await mkdtemp(join(tmpdir(), 'rollcall-providers-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((one) => one.stop()));
  for (const server of servers.splice(0)) server.close();
});
afterAll(async () => {
  await Promise.all([provider.stop(), registries.drop()]);
  await rm(folder, { recursive: true });
});

describe('keys', () => {
  test('that a provider has replaced are found with the first token that names a new one', async () => {
    const { withToken } = await start();
    const old = await provider.token({ sub: 'not seen before the change' });
    expect((await withToken(await provider.token())).status).toBe(200);
    await provider.rotateKeys();
    expect((await withToken(await provider.token())).status).toBe(200);
    expect((await withToken(old)).status).toBe(401);
  });

  test('that were just rotated are found even right after a token named an unknown key', async () => {
    const { withToken } = await start();
    const unknown = { header: { kid: 'unknown' } };
    expect((await withToken(await provider.token({}, unknown))).status).toBe(401);
    await provider.rotateKeys();
    expect((await withToken(await provider.token())).status).toBe(200);
  });

  test('are read from jwksUrl without discovery', async () => {
    const before = provider.requests.length;
    const { withToken } = await start({ jwksUrl: provider.jwksUrl });
    expect((await withToken(await provider.token())).status).toBe(200);
    expect(new Set(provider.requests.slice(before))).toEqual(new Set(['GET /jwks']));
  });

  test('that can’t be used are not the server’s fault: tokens that name them are refused', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const keys = [
      { ...publicKey.export({ format: 'jwk' }), kid: 'short' },
      { kty: 'RSA', kid: 'broken', n: '', e: 'AQAB' },
      { kty: 'EC', kid: 'off', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
    ];
    const jwksUrl = await listen((_request, response) => void response.end(JSON.stringify({ keys })));
    const { withToken, log } = await start({ jwksUrl });
    const claims = Buffer.from(JSON.stringify({ iss: provider.issuer, aud: AUDIENCE, exp: 9e9 })).toString('base64url');
    for (const { kid, kty } of keys) {
      const alg = kty === 'EC' ? 'ES256' : 'RS256';
      const signed = `${Buffer.from(JSON.stringify({ alg, kid })).toString('base64url')}.${claims}`;
      const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
      expect([kid, (await withToken(`${signed}.${signature}`)).status]).toEqual([kid, 401]);
    }
    expect(log()).not.toContain('request failed');
  });

  test('are not accepted from a provider that names another issuer', async () => {
    const issuerUrl = provider.issuer.replace('127.0.0.1', 'localhost');
    const { withToken, log } = await start({ issuerUrl });
    expect((await withToken(await provider.token({}, { issuer: issuerUrl }))).status).toBe(503);
    expect(log()).toContain('which is not its issuerUrl');
  });

  test('are kept while the provider is unavailable', async () => {
    const { withToken } = await start();
    expect((await withToken(await provider.token())).status).toBe(200);
    await provider.pause();
    expect((await withToken(await provider.token({ sub: 'somebody else' }))).status).toBe(200);
    await provider.resume();
  });
});

test('an issuer can end with a slash', async () => {
  const { withToken } = await start({ issuerUrl: `${provider.issuer}/` });
  expect((await withToken(await provider.token())).status).toBe(200);
});

describe('a provider that doesn’t answer', () => {
  test('doesn’t prevent a start; its tokens are neither accepted nor refused until it answers', async () => {
    const late = await startIdentityProvider({ isListening: false });
    const { withToken, log } = await startWith({ providers: [late.settings({ name: 'late' }), provider.settings()] });
    const token = await late.token();
    const response = await withToken(token);
    expect([response.status, await response.json()]).toEqual([
      503,
      { error: 'Tokens of this issuer cannot be checked now: try again later' },
    ]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect((await withToken(await provider.token())).status).toBe(200);
    expect(log()).toContain('"provider":"late"');
    expect(log()).not.toContain(token);

    await late.resume();
    await eventually(async () => (await withToken(token)).status === 200, 'the provider is asked again');
    await late.stop();
  });

  test('is left alone for a while: many tokens cause few requests', async () => {
    let requests = 0;
    const jwksUrl = await listen((_request, response) => {
      requests += 1;
      response.writeHead(500).end();
    });
    const { withToken } = await start({ jwksUrl });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => withToken(await provider.token({ sub: `s${index}` }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(requests).toBeLessThanOrEqual(2);
  });

  test('is asked again soon, although many requests failed at the same time', async () => {
    const waiting: ServerResponse[] = [];
    const introspectionUrl = await listen((_request, response) => {
      waiting.push(response);
      if (waiting.length === 10) for (const one of waiting) one.writeHead(500).end();
    });
    const { withToken } = await start({ introspectionUrl });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => withToken(`opaque-${index}`)));
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get('retry-after')}`))).toEqual(
      new Set(['503 1']),
    );
  });

  test.each([
    { how: 'with a redirect', status: 302, body: '', logged: 'redirects are not followed' },
    { how: 'with too much', status: 200, body: `{"keys":[${' '.repeat(1_100_000)}]}`, logged: 'larger than' },
    { how: 'with something else', status: 200, body: '<html>', logged: 'JSON' },
    { how: 'without keys', status: 200, body: '{}', logged: 'keys' },
  ])('as it should, but $how', async ({ status, body, logged }) => {
    const jwksUrl = await listen((_request, response) => {
      response.writeHead(status, { location: provider.jwksUrl }).end(body);
    });
    const { withToken, log } = await start({ jwksUrl });
    expect((await withToken(await provider.token())).status).toBe(503);
    expect(log()).toContain(logged);
  });
});

describe('requests to a provider', () => {
  test('trust the current content of the CA file', async () => {
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, (await createLoopbackCertificate()).authority);
    const { withToken, log } = await start({ caFile });
    const token = await provider.token();
    expect((await withToken(token)).status).toBe(503);
    expect(log()).toMatch(/certificate/i);
    await writeFile(caFile, await readFile(provider.caFile));
    await eventually(async () => (await withToken(token)).status === 200, 'the new authority is trusted');
  });

  test('need the CA file, and name its setting', async () => {
    const { withToken, log } = await start({ caFile: '/nowhere/ca.pem' });
    expect((await withToken(await provider.token())).status).toBe(503);
    expect(log()).toContain('the file /nowhere/ca.pem (`caCertPath`) does not exist');
  });

  test.each([
    ['an address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('never reach a private network through %s, unless allowed', async (_what, host) => {
    const before = provider.requests.length;
    const jwksUrl = provider.jwksUrl.replace('127.0.0.1', host);
    const { withToken, log } = await start({ jwksUrl, allowPrivateIp: false });
    expect((await withToken(await provider.token())).status).toBe(503);
    expect(log()).toContain(`${host} resolves to a private address: set allowPrivateIP: true to allow it`);
    expect(provider.requests.length).toBe(before);
  });

  test('that need credentials and have none are logged with the settings to add', async () => {
    const jwksUrl = await listen((_request, response) => void response.writeHead(401).end());
    const { withToken, log } = await start({ jwksUrl });
    expect((await withToken(await provider.token())).status).toBe(503);
    expect(log()).toContain('It answered 401: it rejected a request without credentials: set `authTokenFile`');
    expect(log().match(/identity provider unavailable/g)).toHaveLength(1);
    expect(log()).not.toContain('request failed');
  });

  test('carry the bearer token that the file currently holds', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'an old token\n');
    const keys = await publicKeys();
    const jwksUrl = await listen((request, response) => {
      const isKnown = request.headers.authorization === 'Bearer a new token';
      response.writeHead(isKnown ? 200 : 403).end(isKnown ? keys : '');
    });
    const { withToken, log } = await start({ jwksUrl, token: { file } });
    const token = await provider.token();
    expect((await withToken(token)).status).toBe(503);
    expect(log()).toContain(`It answered 403: it rejected the bearer token in the file ${file} (\`authTokenFile\`)`);
    expect(log()).not.toContain('an old token');
    await writeFile(file, 'a new token\n');
    await eventually(async () => (await withToken(token)).status === 200, 'the new token is sent');
  });
});

describe('a token that isn’t a JWT', () => {
  const introspecting = async (changes: Partial<ProviderSettings> = {}): Promise<ProtectedApi> => {
    const file = join(folder, 'client-secret');
    await writeFile(file, `${CLIENT.secret}\n`);
    return await start({
      introspectionUrl: provider.introspectionUrl,
      clientId: CLIENT.id,
      clientSecret: { file },
      ...changes,
    });
  };
  const introspections = (): number =>
    provider.requests.filter((request) => request === 'POST /token/introspection').length;

  test('is accepted if its provider knows it, which is asked once', async () => {
    const { withToken } = await introspecting();
    const token = await provider.opaqueToken();
    const before = introspections();
    const answers = await Promise.all(Array.from({ length: 5 }, () => withToken(token)));
    answers.push(await withToken(token));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(introspections() - before).toBe(1);
  });

  test('is asked about again after a minute, because it may have been revoked', async () => {
    const { withToken } = await introspecting();
    const token = await provider.opaqueToken();
    expect((await withToken(token)).status).toBe(200);
    const before = introspections();
    const now = performance.now.bind(performance);
    const later = async (ms: number): Promise<void> => {
      vi.spyOn(performance, 'now').mockImplementation(() => now() + ms);
      // The cache reads the clock once per millisecond.
      await delay(2);
    };
    await later(58_000);
    expect((await withToken(token)).status).toBe(200);
    expect(introspections() - before).toBe(0);
    await later(61_000);
    expect((await withToken(token)).status).toBe(200);
    expect(introspections() - before).toBe(1);
  });

  test('is refused if no provider knows it, and each is asked once', async () => {
    const { withToken } = await introspecting();
    const before = introspections();
    for (const path of ['/v0.1/servers', '/v0.1/servers', '/v0/servers']) {
      const response = await withToken('made-up', path);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token", error_description="The token is malformed, unknown, expired'),
      ]);
    }
    expect(introspections() - before).toBe(1);
  });

  test.each([
    ['400', 401, { status: 400, body: '{"error":"invalid_request"}' }],
    ['413', 401, { status: 413, body: '' }],
    ['401', 503, { status: 401, body: '' }],
    ['a redirect', 503, { status: 302, body: '' }],
    ['something that is not JSON', 503, { status: 200, body: '<html>' }],
    ['a claim of the wrong type', 503, { status: 200, body: '{"active":true,"exp":"tomorrow"}' }],
    ['too much', 503, { status: 200, body: `{"active":true}${' '.repeat(1_100_000)}` }],
  ])('does not affect other tokens when its provider answers with %s', async (_what, status, answer) => {
    const introspectionUrl = await listenToIntrospection((token) => (token === 'good' ? null : answer));
    const { withToken } = await introspecting({ introspectionUrl });
    for (const token of ['bad-1', 'bad-2', 'bad-3']) expect((await withToken(token)).status).toBe(status);
    expect((await withToken('good')).status).toBe(200);
  });

  test.each([500, 503, 429, 408])('is not shown to a provider that has just answered with %d', async (status) => {
    let requests = 0;
    const introspectionUrl = await listenToIntrospection(() => {
      requests += 1;
      return { status, body: '' };
    });
    const { withToken } = await introspecting({ introspectionUrl });
    const answers = [await withToken('one'), await withToken('two'), await withToken('three')];
    expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503]);
    expect(requests).toBe(1);
  });

  test('is shown to the next provider if one refuses it', async () => {
    const rejecting = await listenToIntrospection(() => ({ status: 400, body: '' }));
    const second = await startIdentityProvider();
    const accepting = await listenToIntrospection(() => null);
    const { withToken } = await startWith({
      providers: [
        provider.settings({ introspectionUrl: rejecting }),
        second.settings({ name: 'second', introspectionUrl: accepting }),
      ],
    });
    expect((await withToken('opaque')).status).toBe(200);
    await second.stop();
  });

  test('that has the shape of a JWT is not sent to any provider', async () => {
    const { withToken } = await introspecting();
    const before = introspections();
    const header = Buffer.from('{"alg":"RS256"}').toString('base64url');
    for (const token of [`${header}.bm90IEpTT04.c2ln`, `${header}..c2ln`, `${header}.a.b.c.d`]) {
      const response = await withToken(token);
      expect([response.status, await response.json()]).toEqual([401, { error: 'The token is malformed or encrypted' }]);
    }
    expect(introspections() - before).toBe(0);
  });

  test('is refused if it is bound to a key, like a JWT', async () => {
    const cnf = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' };
    const introspectionUrl = await listenToIntrospection(() => ({
      status: 200,
      body: JSON.stringify({ active: true, aud: AUDIENCE, cnf }),
    }));
    const { withToken } = await introspecting({ introspectionUrl });
    for (const token of ['opaque', await provider.token({ cnf }), await provider.token({ cnf: { 'x5t#S256': 'x' } })]) {
      const response = await withToken(token);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringContaining('error="invalid_token", error_description="The token is bound to a key (cnf)'),
      ]);
    }
  });

  test('is not cached beyond its expiry', async () => {
    const { withToken } = await introspecting();
    const token = await provider.opaqueToken({}, { expiresInSeconds: 2 });
    expect((await withToken(token)).status).toBe(200);
    await eventually(async () => (await withToken(token)).status === 401, 'the token expires');
  });

  test('is refused for another audience', async () => {
    const { withToken } = await introspecting();
    const response = await withToken(await provider.opaqueToken({}, { audience: 'https://other.example.com' }));
    expect([response.status, await response.json()]).toEqual([401, { error: 'The token is for another audience' }]);
  });

  test('is asked about with the client secret that the file currently holds', async () => {
    const file = join(folder, 'changing-secret');
    await writeFile(file, 'not the secret');
    const { withToken, log } = await introspecting({ clientSecret: { file } });
    const token = await provider.opaqueToken();
    expect((await withToken(token)).status).toBe(503);
    expect(log()).toContain(
      `it rejected the client ${CLIENT.id} with the secret in the file ${file} (\`clientSecretFile\`)`,
    );
    await writeFile(file, CLIENT.secret);
    await eventually(async () => (await withToken(token)).status === 200, 'the new secret is sent');
    expect(log()).not.toContain(CLIENT.secret);
    expect(log()).not.toContain(token);
  });

  test('is not affected by unreadable keys for JWTs, nor the other way round', async () => {
    const jwksUrl = await listen((_request, response) => void response.writeHead(500).end());
    const { withToken } = await introspecting({ jwksUrl });
    expect((await withToken(await provider.token())).status).toBe(503);
    expect((await withToken(await provider.opaqueToken())).status).toBe(200);
    const silent = await introspecting({ introspectionUrl: jwksUrl });
    expect((await silent.withToken('made-up')).status).toBe(503);
    expect((await silent.withToken(await provider.token())).status).toBe(200);
  });

  const soon = Math.floor(Date.now() / 1000) + 300;
  const good = { active: true, aud: AUDIENCE, exp: soon };
  test.each([
    ['it is good', 200, good],
    ['it is good, of this issuer', 200, { ...good, iss: '(issuer)' }],
    ['it is inactive', 401, { ...good, active: false }],
    ['it is for another audience', 401, { ...good, aud: 'https://other.example.com' }],
    ['it is active, but has no subject', 401, { active: true, exp: soon }],
    ['it is active, of another issuer', 401, { ...good, iss: 'https://evil.example.com' }],
    ['it has expired', 401, { ...good, exp: soon - 600 }],
    ['it is not valid yet', 401, { ...good, nbf: soon }],
    ['it may be active', 503, { ...good, active: 'true' }],
    ['nothing', 503, {}],
    ['nothing at all', 503, null],
    ['something about nobody', 503, { ...good, iss: ['https://evil.example.com'] }],
    ['some time', 503, { ...good, exp: 'tomorrow' }],
  ])('whose provider says that %s is answered with %d', async (_, status, answer) => {
    const introspectionUrl = await listen((_request, response) => {
      response.end(JSON.stringify(answer).replace('(issuer)', `${provider.issuer}/`));
    });
    const { withToken } = await introspecting({ introspectionUrl });
    expect((await withToken('no-jwt')).status).toBe(status);
  });

  test('may belong to the second provider, and isn’t refused while the first one is unavailable', async () => {
    const first = await startIdentityProvider();
    const asked = (issuer: IdentityProvider): ProviderSettings =>
      issuer.settings({
        introspectionUrl: issuer.introspectionUrl,
        clientId: CLIENT.id,
        clientSecret: { file: join(folder, 'client-secret') },
      });
    await writeFile(join(folder, 'client-secret'), CLIENT.secret);
    const { withToken } = await startWith({ providers: [asked(first), asked(provider)] });
    expect((await withToken(await provider.opaqueToken())).status).toBe(200);
    expect((await withToken(await first.opaqueToken())).status).toBe(200);
    await first.stop();
    expect((await withToken(await provider.opaqueToken())).status).toBe(200);
    expect((await withToken('made-up')).status).toBe(503);
  });
});

test('a JWT is checked by the provider that issued it', async () => {
  const other = await startIdentityProvider();
  const { withToken } = await startWith({ providers: [provider.settings(), other.settings({ name: 'other' })] });
  expect((await withToken(await provider.token())).status).toBe(200);
  expect((await withToken(await other.token())).status).toBe(200);
  expect((await withToken(await other.token({}, { issuer: provider.issuer }))).status).toBe(401);
  await other.stop();
});

test('a role can be limited to the tokens of one provider', async () => {
  const other = await startIdentityProvider();
  const roles = { superAdmin: [{ role: 'admin', iss: provider.issuer }] };
  const { withToken } = await startWith({
    providers: [provider.settings(), other.settings({ name: 'other' })],
    authz: { roles: { ...roles, manageSources: [], manageRegistries: [], manageEntries: [] } },
  });
  const rolesOf = async (token: string): Promise<unknown> => await (await withToken(token, '/v1/me')).json();
  expect(await rolesOf(await provider.token({ role: 'admin' }))).toMatchObject({ roles: { length: 4 } });
  expect(await rolesOf(await other.token({ role: 'admin' }))).toMatchObject({ roles: { length: 0 } });
  await other.stop();
});

function start(changes: Partial<ProviderSettings> = {}): Promise<ProtectedApi> {
  return startWith({ providers: [provider.settings(changes)] });
}

async function startWith(changes: Partial<OAuthSettings>): Promise<ProtectedApi> {
  const api = await startProtectedApi(registries, oauth(provider, changes));
  started.push(api);
  return api;
}

/** A server on loopback; returns its URL. */
async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
}

/**
 * An introspection endpoint on loopback with a configured answer per token; null if the token is active.
 * @returns its URL
 */
async function listenToIntrospection(
  answerTo: (token: string | null) => { readonly status: number; readonly body: string } | null,
): Promise<string> {
  return await listen((request, response) => {
    void text(request).then((form) => {
      const { status, body } = answerTo(new URLSearchParams(form).get('token')) ?? {
        status: 200,
        body: JSON.stringify({ active: true, aud: AUDIENCE }),
      };
      response.writeHead(status).end(body);
    });
  });
}

/** The provider's signing key, as a key set. */
async function publicKeys(): Promise<string> {
  const key = createPublicKey(provider.publicKey('RS256')).export({ format: 'jwk' });
  const { kid } = decodeProtectedHeader(await provider.token());
  return JSON.stringify({ keys: [{ ...key, kid }] });
}
