import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../../environment.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { createRegistries, oauth } from '../access/protected-api.ts';
import { type RunningApi, startApi } from '../running-api.ts';
import { AUDIT, News, recorded } from './recorded.ts';

let provider: IdentityProvider;
let registries: TestDatabase;
let folder: string;
let api: RunningApi;
let news: News;
const logged: string[] = [];
beforeAll(async () => {
  [provider, registries] = await Promise.all([
    startIdentityProvider(),
    createRegistries({ name: 'open', access: 'public' }),
  ]);
  folder = await mkdtemp(join(tmpdir(), 'audit-'));
  api = await startAuditedApi({ audit: { ...AUDIT, logFile: join(folder, 'audit.log') } });
  news = new News(api.database);
});
afterAll(async () => {
  await api.stop();
  await Promise.all([provider.stop(), registries.drop(), rm(folder, { recursive: true })]);
});

async function startAuditedApi(options: Parameters<typeof startApi>[1]): Promise<RunningApi> {
  const roles = { superAdmin: [{ role: 'admin' }], manageSources: [], manageRegistries: [], manageEntries: [] };
  return await startApi(registries, {
    auth: oauth(provider, { authz: { roles } }),
    logger: pino({ level: 'warn' }, { write: (line) => logged.push(line) }),
    trustedProxies: ['127.0.0.1/32'],
    ...options,
  });
}

const bearer = async (claims: Parameters<IdentityProvider['token']>[0]): Promise<Record<string, string>> => ({
  authorization: `Bearer ${await provider.token(claims)}`,
});

test('a request without a token', async () => {
  const response = await api.get('/v0.1/servers?search=secret', {
    headers: { 'x-request-id': 'of-the-client', 'x-forwarded-for': '198.51.100.7', 'user-agent': 'editor/1.0' },
  });
  expect(response.status).toBe(401);
  expect(response.headers.get('x-request-id')).toBe('of-the-client');
  const [event, ...others] = await news.next(1);
  expect(others).toEqual([]);
  expect(event).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    action: 'auth.unauthenticated',
    outcome: 'denied',
    actor: 'public',
    subject: null,
    issuer: null,
    displayName: null,
    target: { kind: 'request', name: 'GET /v0.1/servers', version: null, registry: null },
    requestId: 'of-the-client',
    sourceAddress: '198.51.100.7',
    userAgent: 'editor/1.0',
    count: 1,
    detail: { status: 401, message: expect.stringContaining('This request requires a token') as string },
  });
  const line = JSON.parse(await readFile(join(folder, 'audit.log'), 'utf8')) as unknown;
  expect(line).toMatchObject({
    level: 'AUDIT',
    msg: 'audit_event',
    audit_id: event?.id,
    type: 'auth.unauthenticated',
    outcome: 'denied',
    source: { type: 'network', value: '198.51.100.7', extra: { user_agent: 'editor/1.0' } },
    subjects: { identity: 'anonymous' },
    target: { resource_type: 'request', resource_name: 'GET /v0.1/servers' },
    metadata: { extra: { request_id: 'of-the-client', status: 401 } },
  });
});

test('the event has the parts of the request that identify it', async () => {
  const [path, agent] = [`/v0.1/servers/${'x'.repeat(30_000)}%2Fx`, 'y'.repeat(30_000)];
  const headers = { 'user-agent': agent, ...(await bearer({ sub: 'z'.repeat(3_000) })) };
  await api.get(path, { headers: { 'user-agent': agent } });
  await api.send('DELETE', `${path}/versions/1.0.0`, { headers });
  const events = await news.next(2);
  expect(events.map(({ target }) => target.name)).toEqual([`GET ${path}`.slice(0, 512), 'x'.repeat(512)]);
  expect(events.map(({ userAgent }) => userAgent)).toEqual([agent.slice(0, 512), agent.slice(0, 512)]);
  expect(JSON.stringify(events).length).toBeLessThan(10_000);
  const lines = (await readFile(join(folder, 'audit.log'), 'utf8')).split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(5_000);
});

test('an invalid token, of which nothing is kept', async () => {
  const token = await provider.token({ sub: 'mallory' }, { issuer: 'https://elsewhere.example.com' });
  await api.get('/v0.1/servers', { headers: { authorization: `Bearer ${token}` } });
  const [event] = await news.next(1);
  expect(event).toMatchObject({ action: 'auth.unauthenticated', outcome: 'denied', actor: 'public', subject: null });
  const [, payload = '', signature = ''] = token.split('.');
  for (const text of [JSON.stringify(event), await readFile(join(folder, 'audit.log'), 'utf8')]) {
    expect(text).not.toContain(payload);
    expect(text).not.toContain(signature);
  }
});

describe('a token without the permission', () => {
  test('the admin API without its role', async () => {
    const headers = await bearer({ sub: 'reader', name: 'Rita Reader' });
    const response = await api.get('/trpc/audit.list?input=%7B%7D', { headers });
    expect(response.status).toBe(403);
    expect(await news.next(1)).toMatchObject([
      {
        action: 'auth.denied',
        outcome: 'denied',
        actor: 'token',
        subject: 'reader',
        issuer: provider.issuer,
        displayName: 'Rita Reader',
        target: { kind: 'request', name: 'GET /trpc/audit.list' },
        detail: { status: 403 },
      },
    ]);
  });

  test('a change without the write scope', async () => {
    const headers = await bearer({ sub: 'reader', scope: 'mcp-registry:read' });
    const response = await api.send('POST', '/v0.1/publish', { headers, body: {} });
    expect(response.status).toBe(403);
    expect(await news.next(1)).toMatchObject([{ outcome: 'denied', subject: 'reader', detail: { status: 403 } }]);
  });
});

test('reads that are answered, and 404s, are not recorded', async () => {
  const headers = await bearer({ sub: 'reader' });
  await Promise.all([
    api.get('/registry/open/v0.1/servers'),
    api.get('/v0.1/servers', { headers }),
    api.get('/registry/none/v0.1/servers', { headers }),
    api.get('/health'),
  ]);
  await api.get('/v0.1/servers', { headers: { 'x-request-id': 'the-only-one' } });
  expect((await news.next(1)).map(({ requestId }) => requestId)).toEqual(['the-only-one']);
});

test('a flood becomes a few events and one that counts the rest', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.99' };
  await Promise.all(Array.from({ length: 200 }, () => api.get('/v0.1/servers', { headers })));
  await api.stop();
  const flood = (await recorded(registries.database)).filter(({ sourceAddress }) => sourceAddress === '198.51.100.99');
  expect(flood.length).toBeLessThan(25); // A minute may end in the middle.
  expect(flood.reduce((sum, { count }) => sum + count, 0)).toBe(200);
  api = await startAuditedApi({ audit: AUDIT });
});

describe('the recorded actions are configurable', () => {
  test.each([
    ['by what is wanted', { eventTypes: ['entry.publish'] }],
    ['by what is not', { excludeEventTypes: ['auth.unauthenticated'] }],
    ['not at all', { enabled: false }],
  ] as const)('%s', async (_, settings) => {
    const before = await recorded(registries.database);
    const other = await startAuditedApi({ audit: { ...AUDIT, ...settings } });
    await other.get('/v0.1/servers');
    await other.stop();
    expect(await recorded(registries.database)).toEqual(before);
  });
});

describe('request ids', () => {
  const answeredTo = async (sent: string): Promise<string | null> =>
    (await api.get('/registry/open/v0.1/servers', { headers: { 'x-request-id': sent } })).headers.get('x-request-id');

  test('of a proxy are kept', async () => {
    const sent = '7d4e1f0c-27b6-4a3e-bb0f-2f1c9f3f7a11';
    expect(await answeredTo(sent)).toBe(sent);
  });

  test.each([
    ['with a character that could forge a line', 'one"two'],
    ['that are too long', 'x'.repeat(129)],
    ['are empty', ''],
  ])('ids %s are replaced', async (_, sent) => {
    expect(await answeredTo(sent)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('every answer has its own id, including cached ones', async () => {
    const ids = [];
    for (let index = 0; index < 3; index++) {
      const response = await api.get('/registry/open/v0.1/servers', { headers: { 'x-request-id': '' } });
      ids.push(response.headers.get('x-request-id'));
    }
    expect(new Set(ids).size).toBe(3);
  });
});
