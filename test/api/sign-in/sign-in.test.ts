/** Signing in to the console at a real identity provider, step by step as a browser does it. */
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ConsoleClient, OAuthSettings } from '../../../config/model.ts';
import { currentSessionSecrets } from '../../../db/configuration/session-keys.ts';
import { findFreePort } from '../../../embedded/free-port.ts';
import type { TestDatabase } from '../../environment.ts';
import { CLIENT, CONSOLE_CLIENT_ID, type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { createRegistries, oauth } from '../access/protected-api.ts';
import { AUDIT, recorded } from '../audit/recorded.ts';
import { type RunningApi, startApi } from '../running-api.ts';
import { Visitor } from './visitor.ts';

const SESSION_COOKIE = 'rollcall_session';

let provider: IdentityProvider;
let registries: TestDatabase;
let api: RunningApi;
let port: number;

beforeAll(async () => {
  port = await findFreePort();
  [provider, registries] = await Promise.all([
    startIdentityProvider({ consoleOf: `http://127.0.0.1:${port}` }),
    createRegistries(),
  ]);
  provider.addPerson('ada', { name: 'Ada Lovelace', role: 'admin' });
  provider.addPerson('eve', { name: 'Eve', role: 'admin' });
  provider.addPerson('bob', { name: 'Bob' });
  provider.addPerson('heavy', { name: 'Heavy', groups: Array.from({ length: 200 }, (_, i) => `group-${i}-${i * i}`) });
  api = await startApi(registries, { auth: await settings(), audit: AUDIT, port });
});
afterAll(async () => {
  await api.stop();
  await provider.stop();
  await registries.drop();
});

async function settings(
  client: Partial<ConsoleClient> = {},
  changes: Partial<OAuthSettings> = {},
): Promise<OAuthSettings> {
  const secretFile = `${provider.caFile}.secret`;
  await writeFile(secretFile, CLIENT.secret);
  const atProvider = { clientId: CONSOLE_CLIENT_ID, clientSecret: { file: secretFile }, ...client };
  return oauth(provider, {
    resourceUrl: `http://127.0.0.1:${port}`,
    providers: [provider.settings({ console: atProvider })],
    authz: { roles: { superAdmin: [{ role: 'admin' }], manageSources: [], manageRegistries: [], manageEntries: [] } },
    ...changes,
  });
}

const newVisitor = (): Promise<Visitor> => Visitor.trusting(provider.caFile);

/** Stops where the console's pages begin, which aren't served here. */
async function signIn(visitor: Visitor, subject: string, returnTo = '/console/sources?phase=failing'): Promise<URL> {
  const asked = await visitor.visit(
    `${api.url}/auth/login?return=${encodeURIComponent(returnTo)}`,
    `${api.url}/console/`,
  );
  // The provider remembers who signed in before.
  if (asked.url.href.startsWith(api.url)) return asked.url;
  expect(asked.body).toContain('Who are you?');
  const { url } = await visitor.visit(`${asked.url.href}?sub=${subject}`, `${api.url}/console/`);
  return url;
}

async function signedIn(subject: string): Promise<Visitor> {
  const visitor = await newVisitor();
  await signIn(visitor, subject);
  return visitor;
}

interface SessionAnswer {
  readonly kind: string;
  readonly displayName: string | null;
  readonly session: { readonly expiresAt: string | null; readonly canRenew: boolean } | null;
}

async function session(visitor: Visitor, headers: Record<string, string> = {}): Promise<SessionAnswer> {
  const response = await visitor.asPage(`${api.url}/trpc/session`, { headers });
  const answer = (await response.json()) as { result: { data: SessionAnswer } };
  return answer.result.data;
}

const query = (name: string): string => `${api.url}/trpc/${name}`;

describe('signing in', () => {
  test('leads to the provider and back to the page, and the page then knows who looks at it', async () => {
    const visitor = await newVisitor();
    const url = await signIn(visitor, 'ada');
    expect(url.href).toBe(`${api.url}/console/sources?phase=failing`);
    expect(await session(visitor)).toMatchObject({
      kind: 'token',
      providers: ['test'],
      subject: 'ada',
      displayName: 'Ada Lovelace',
      issuer: provider.issuer,
      roles: ['superAdmin', 'manageSources', 'manageRegistries', 'manageEntries'],
      mayWrite: true,
      session: { canRenew: true },
    });
    expect((await visitor.asPage(query('sources.list'))).status).toBe(200);
  });

  test('asks the provider with PKCE, a state, and a nonce, and for tokens that are meant for this server', async () => {
    const visitor = await newVisitor();
    const response = await visitor.send(`${api.url}/auth/login/test`);
    expect(response.status).toBe(303);
    const { origin, searchParams } = new URL(response.headers.get('location') ?? '');
    expect(origin).toBe(provider.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${api.url}/auth/callback`,
      resource: 'https://registry.example.com',
      scope: 'openid mcp-registry:read mcp-registry:write',
    });
    for (const name of ['code_challenge', 'state', 'nonce']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
  });

  test('leaves cookies that scripts and other sites cannot use, and no token in them that can be read', async () => {
    const visitor = await signedIn('ada');
    const cookies = visitor.cookiesOf(api.url);
    expect(Object.keys(cookies).toSorted()).toEqual([SESSION_COOKIE, 'rollcall_sign_out']);
    for (const { attributes } of Object.values(cookies)) expect(attributes).toMatch(/HttpOnly.*SameSite=Strict/i);
    expect(cookies['rollcall_sign_out']?.path).toBe('/auth');
    const { value = '' } = cookies[SESSION_COOKIE] ?? {};
    const [header = ''] = value.split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'dir', enc: 'A256GCM' });
    expect(value).not.toContain('eyJhbGciOiJSUzI1NiI');
  });

  test('splits a session with many groups over several cookies', async () => {
    const visitor = await signedIn('heavy');
    expect(Object.keys(visitor.cookiesOf(api.url))).toContain(`${SESSION_COOKIE}_1`);
    expect(await session(visitor)).toMatchObject({ displayName: 'Heavy' });
    // Signing in again replaces all of them.
    await signIn(visitor, 'heavy');
    expect(await session(visitor)).toMatchObject({ displayName: 'Heavy' });
  });

  test.each([
    'https://evil.example/console/',
    '//evil.example/console/',
    String.raw`/\evil.example/console/`,
    'javascript:alert(1)',
    '/v0.1/servers',
    '/console/../auth/logout',
    'https://127.0.0.1:1/console/',
  ])('never leads to %s afterwards', async (returnTo) => {
    const visitor = await newVisitor();
    expect((await signIn(visitor, 'bob', returnTo)).href).toBe(`${api.url}/console/`);
  });

  test('that the user denies says so on the sign-in page, which leads back later', async () => {
    const visitor = await newVisitor();
    const asked = await visitor.visit(`${api.url}/auth/login?return=%2Fconsole%2Faudit`);
    const { url } = await visitor.visit(`${asked.url.href}?deny`, `${api.url}/console/`);
    expect(url.pathname + url.search).toBe('/console/sign-in?error=denied&return=%2Fconsole%2Faudit');
    expect(await session(visitor)).toMatchObject({ kind: 'public' });
  });

  test('works once: the same answer of the provider is refused the second time', async () => {
    const visitor = await newVisitor();
    const asked = await visitor.visit(`${api.url}/auth/login`);
    const back = await visitor.visit(`${asked.url.href}?sub=ada`, `${api.url}/auth/callback`);
    const other = visitor.copy();
    expect((await visitor.visit(back.url.href, `${api.url}/console/`)).url.pathname).toBe('/console/');
    const again = await visitor.visit(back.url.href, `${api.url}/console/`);
    expect(again.url.search).toBe('?error=expired');
    expect((await other.visit(back.url.href, `${api.url}/console/`)).url.search).toMatch(/^\?error=failed/);
  });

  test("with another user's answer is refused: the state is bound to the browser that started", async () => {
    const [attacker, victim] = await Promise.all([newVisitor(), newVisitor()]);
    const asked = await attacker.visit(`${api.url}/auth/login`);
    const { url } = await attacker.visit(`${asked.url.href}?sub=bob`, `${api.url}/auth/callback`);
    expect((await victim.visit(url.href, `${api.url}/console/`)).url.search).toBe('?error=expired');
    await victim.send(`${api.url}/auth/login`);
    expect((await victim.visit(url.href, `${api.url}/console/`)).url.search).toMatch(/^\?error=failed/);
    expect(await session(victim)).toMatchObject({ kind: 'public' });
  });

  test('at a provider that is unavailable says so', async () => {
    await provider.pause();
    const visitor = await newVisitor();
    const other = await startApi(registries, { auth: await settings() });
    const { url } = await visitor.visit(`${other.url}/auth/login`, `${other.url}/console/`);
    await other.stop();
    await provider.resume();
    expect(url.search).toMatch(/^\?error=unavailable/);
  });

  test('with a provider without sign-in is not found', async () => {
    expect((await api.get('/auth/login/other')).status).toBe(404);
  });
});

describe('a session', () => {
  const publish = { method: 'POST', body: JSON.stringify({ name: 'absent' }) };

  test.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
  ])('does not work for %s', async (_what, headers) => {
    const visitor = await signedIn('ada');
    expect(await session(visitor, headers)).toMatchObject({ kind: 'public' });
    expect((await visitor.asPage(query('sources.list'), { headers })).status).toBe(401);
    expect((await visitor.asPage(query('sources.pause'), { ...publish, headers })).status).toBe(401);
    expect((await visitor.asPage(`${api.url}/auth/logout`, { method: 'POST', headers })).status).toBe(403);
    expect((await visitor.asPage(`${api.url}/auth/refresh`, { method: 'POST', headers })).status).toBe(403);
  });

  test.each([
    ['of another origin', { origin: 'https://evil.example' }, 401],
    ['of the console', { origin: 'ORIGIN' }, 404],
    ['without an origin', {}, 401],
  ])('in a browser without Sec-Fetch-Site: a change by a page %s', async (_what, headers, status) => {
    const visitor = await signedIn('ada');
    const own = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('ORIGIN', api.url)]),
    );
    const response = await visitor.send(query('sources.pause'), {
      ...publish,
      headers: { 'content-type': 'application/json', ...own },
    });
    expect(response.status).toBe(status);
  });

  test('publishes nothing over REST: its cookie is for the admin API, and for reads', async () => {
    const visitor = await signedIn('ada');
    const response = await visitor.asPage(`${api.url}/v0.1/publish`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
    expect((await visitor.asPage(`${api.url}/v0.1/servers`)).status).toBe(200);
  });

  test.each([
    ['changed', (value: string) => `${value.slice(0, -3)}AAA`],
    ['made up', () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA'],
    ['not encrypted', () => 'not-a-session'],
    ['empty', () => ''],
  ])('whose cookie was %s is no session', async (_what, change) => {
    const visitor = await signedIn('ada');
    const { value = '' } = visitor.cookiesOf(api.url)[SESSION_COOKIE] ?? {};
    visitor.setCookie(api.url, SESSION_COOKIE, change(value));
    expect(await session(visitor)).toMatchObject({ kind: 'public', session: { expiresAt: null } });
    const response = await visitor.asPage(query('sources.list'));
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('Your session has ended: sign in again');
  });

  test('does not open with the cookie of another purpose', async () => {
    const visitor = await signedIn('ada');
    const { value = '' } = visitor.cookiesOf(api.url)['rollcall_sign_out'] ?? {};
    visitor.setCookie(api.url, SESSION_COOKIE, value);
    expect(await session(visitor)).toMatchObject({ kind: 'public' });
  });

  test('is renewed by its page', async () => {
    const visitor = await signedIn('ada');
    const { value: before } = visitor.cookiesOf(api.url)[SESSION_COOKIE] ?? {};
    const response = await visitor.asPage(`${api.url}/auth/refresh`, { method: 'POST' });
    expect(response.status).toBe(204);
    expect(visitor.cookiesOf(api.url)[SESSION_COOKIE]?.value).not.toBe(before);
    expect(await session(visitor)).toMatchObject({ displayName: 'Ada Lovelace' });
  });

  test('whose refresh token is no longer accepted ends', async () => {
    const visitor = await signedIn('bob');
    const stale = visitor.copy();
    await visitor.asPage(`${api.url}/auth/logout`, { method: 'POST' });
    provider.revokeEverything();
    const response = await stale.asPage(`${api.url}/auth/refresh`, { method: 'POST' });
    expect(response.status).toBe(401);
    expect(stale.cookiesOf(api.url)[SESSION_COOKIE]).toBeUndefined();
  });

  test('opens at every replica, also after its key was replaced', async () => {
    const visitor = await signedIn('ada');
    const { value = '' } = visitor.cookiesOf(api.url)[SESSION_COOKIE] ?? {};
    // The newest key is too old to seal, but not to open.
    await currentSessionSecrets(registries.database, { sealsForMs: 0, opensForMs: 3_600_000 });
    const replica = await startApi(registries, { auth: await settings() });
    const answer = await replica.get('/trpc/sources.list', {
      headers: { cookie: `${SESSION_COOKIE}=${value}`, 'sec-fetch-site': 'same-origin' },
    });
    expect(answer.status).toBe(200);
    await replica.stop();
  });
});

describe('signing out', () => {
  test('ends the session here and leads to the provider, which ends its own', async () => {
    const visitor = await signedIn('ada');
    const response = await visitor.asPage(`${api.url}/auth/logout`, { method: 'POST' });
    const { url } = (await response.json()) as { url: string };
    expect(visitor.cookiesOf(api.url)).toEqual({});
    expect(url).toMatch(new RegExp(`^${provider.issuer}/session/end\\?`));
    expect(new URL(url).searchParams.get('post_logout_redirect_uri')).toBe(`${api.url}/console/`);
    expect((await visitor.visit(url)).body).toContain('sign-out');
  });

  test('without a session leads to the console', async () => {
    const visitor = await newVisitor();
    const response = await visitor.asPage(`${api.url}/auth/logout`, { method: 'POST' });
    expect(await response.json()).toEqual({ url: `${api.url}/console/` });
  });
});

test('sign-ins, failed ones, sign-outs, and looking at a registry as someone else are recorded', async () => {
  const visitor = await signedIn('eve');
  const input = encodeURIComponent(JSON.stringify({ name: 'default', claims: {} }));
  expect((await visitor.asPage(query(`registries.viewAs?input=${input}`))).status).toBe(200);
  await visitor.asPage(`${api.url}/auth/logout`, { method: 'POST' });
  const other = await newVisitor();
  const asked = await other.visit(`${api.url}/auth/login`);
  await other.visit(`${asked.url.href}?deny`, `${api.url}/console/`);

  const event = (action: string, target: string, detail: object): object => ({
    action,
    outcome: 'success',
    actor: 'token',
    issuer: provider.issuer,
    displayName: 'Eve',
    target: expect.objectContaining({ name: target }),
    detail,
  });
  await vi.waitFor(async () => {
    const events = await recorded(registries.database);
    expect(events.filter(({ subject }) => subject === 'eve')).toMatchObject([
      event('auth.login', 'GET /auth/callback', { provider: 'test' }),
      event('registry.viewAs', 'default', {}),
      event('auth.logout', 'POST /auth/logout', { provider: 'test' }),
    ]);
    expect(events.findLast(({ actor }) => actor === 'public')).toMatchObject({
      action: 'auth.login',
      outcome: 'denied',
      detail: { provider: 'test', reason: 'denied' },
    });
  }, 15_000);
});

test('under a path of an HTTPS host, cookies and redirects stay below that path', async () => {
  const other = await startApi(registries, {
    auth: await settings({}, { resourceUrl: 'https://tools.example/registry/' }),
  });
  const response = await fetch(`${other.url}/auth/login?return=/registry/console/audit`, { redirect: 'manual' });
  await other.stop();
  const { searchParams } = new URL(response.headers.get('location') ?? '');
  expect(searchParams.get('redirect_uri')).toBe('https://tools.example/registry/auth/callback');
  const [cookie = ''] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^__Secure-rollcall_sign_in=.*Path=\/registry\/auth;.*HttpOnly; Secure; SameSite=Lax$/);
});

test('where authentication is off, there is nothing to sign in to', async () => {
  const open = await startApi(registries);
  expect((await open.get('/auth/login')).status).toBe(404);
  expect(await (await open.get('/trpc/session')).json()).toMatchObject({
    result: { data: { kind: 'everybody', providers: [], session: null, mayWrite: true } },
  });
  await open.stop();
});
