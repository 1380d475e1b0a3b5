import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AdminRouter } from '../../../api/trpc/router.ts';
import type { AuditEvent } from '../../../registry/audit.ts';
import { source } from '../../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider } from '../../identity-provider.ts';
import { oauth } from '../access/protected-api.ts';
import { type PublishingApi, startPublishingApiWith } from '../publishing-api.ts';
import { AUDIT, News } from './recorded.ts';

let provider: IdentityProvider;
let publishing: PublishingApi;
let admin: TRPCClient<AdminRouter>;
let reader: TRPCClient<AdminRouter>;
let token: string;
let readerToken: string;
let news: News;

beforeAll(async () => {
  provider = await startIdentityProvider();
  const authz = {
    roles: {
      superAdmin: [{ role: 'admin' }],
      manageSources: [],
      manageRegistries: [],
      manageEntries: [{ role: 'publisher' }],
    },
    namespaces: [{ claims: { role: 'publisher' }, names: ['com.publisher/*'] }],
  };
  publishing = await startPublishingApiWith(
    { auth: oauth(provider, { authz }), audit: AUDIT },
    source('own', 'managed'),
    inline('catalog'),
  );
  token = await provider.token({ sub: 'ada', name: 'Ada Lovelace', role: 'admin' });
  readerToken = await provider.token({ sub: 'rita', role: 'publisher' });
  admin = client(token);
  reader = client(readerToken);
  news = new News(publishing.test.database);
});
afterAll(async () => {
  await publishing.end();
  await provider.stop();
});
beforeEach(async () => {
  await news.next(0);
});

function inline(name: string): ReturnType<typeof source> {
  return { ...source(name), origin: { kind: 'file', location: { data: '[]' } } };
}

function client(bearer: string): TRPCClient<AdminRouter> {
  const headers = { authorization: `Bearer ${bearer}`, 'user-agent': 'a test' };
  return createTRPCClient<AdminRouter>({ links: [httpLink({ url: `${publishing.api.url}/trpc`, headers })] });
}

const send = (method: string, path: string, body?: unknown): Promise<Response> =>
  publishing.api.send(method, path, { body, headers: { authorization: `Bearer ${token}`, 'user-agent': 'a test' } });

const ADA = {
  actor: 'token',
  subject: 'ada',
  displayName: 'Ada Lovelace',
  sourceAddress: '127.0.0.1',
  userAgent: 'a test',
  requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
  count: 1,
} as const;

/** The only event recorded since the test began. */
async function onlyEvent(): Promise<AuditEvent | undefined> {
  const [event, ...others] = await news.next(1);
  expect(others).toEqual([]);
  return event;
}

const serverJson = (name: string, version: string): Record<string, string> => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name,
  version,
  description: 'Published',
});
const A = 'com.example/a';
const versionPath = `/v0.1/servers/${encodeURIComponent(A)}/versions/1.0.0`;
const entry = (version: string | null, name = A): object => ({ kind: 'entry', name, version, registry: 'default' });
const named = (kind: 'source' | 'registry', name: string): object => ({ kind, name, version: null, registry: null });

const SKILL = { namespace: 'com.example', name: 'a2', description: 'A skill', version: '1.0.0' };

const created = { name: 'made', file: { data: '[]' }, format: 'upstream' } as const;
const CHANGES: readonly [string, Pick<AuditEvent, 'action'> & { readonly target: object }, () => Promise<unknown>][] = [
  [
    'publishing',
    { action: 'entry.publish', target: entry('1.0.0') },
    () => send('POST', '/v0.1/publish', serverJson(A, '1.0.0')),
  ],
  [
    'publishing to a registry by its name',
    { action: 'entry.publish', target: entry('1.1.0') },
    () => send('POST', '/registry/default/v0.1/publish', serverJson(A, '1.1.0')),
  ],
  [
    'replacing a version',
    { action: 'entry.update', target: entry('1.0.0') },
    () => send('PUT', versionPath, serverJson(A, '1.0.0')),
  ],
  [
    'the status of a version',
    { action: 'entry.status.update', target: entry('1.0.0') },
    () => send('PATCH', `${versionPath}/status`, { status: 'deprecated' }),
  ],
  [
    'the status of all versions',
    { action: 'entry.status.update', target: entry(null) },
    () => send('PATCH', `/v0.1/servers/${encodeURIComponent(A)}/status`, { status: 'active' }),
  ],
  [
    'publishing a skill',
    { action: 'entry.publish', target: entry('1.0.0', 'skill:com.example/a2') },
    () => send('POST', '/v1/entries', { skill: SKILL, claims: { org: 'acme' } }),
  ],
  [
    'publishing a plugin over the admin API',
    { action: 'entry.publish', target: entry('1.0.0', 'plugin:com.example/a2') },
    () => admin.entries.publish.mutate({ entryKind: 'plugin', document: SKILL }),
  ],
  [
    'the status of all versions of a skill',
    { action: 'entry.status.update', target: entry(null, 'skill:com.example/a2') },
    () => send('PATCH', `/v1/entries/skill/${encodeURIComponent(`${A}2`)}/status`, { status: 'archived' }),
  ],
  [
    'deleting a skill',
    { action: 'entry.delete', target: entry('1.0.0', 'skill:com.example/a2') },
    () => send('DELETE', `/v1/entries/skill/${encodeURIComponent(`${A}2`)}/versions/1.0.0`),
  ],
  [
    'publishing over the admin API',
    { action: 'entry.publish', target: entry('1.0.0', 'com.example/b') },
    () => admin.entries.publish.mutate({ document: serverJson('com.example/b', '1.0.0') }),
  ],
  [
    'claims of what was published',
    { action: 'entry.claims.update', target: entry(null) },
    () => admin.entries.setClaims.mutate({ name: A, claims: { team: 'a' } }),
  ],
  [
    'a status over the admin API',
    { action: 'entry.status.update', target: entry('1.1.0') },
    () => admin.entries.setStatus.mutate({ name: A, version: '1.1.0', status: 'deprecated' }),
  ],
  ['deleting a version', { action: 'entry.delete', target: entry('1.0.0') }, () => send('DELETE', versionPath)],
  [
    'deleting over the admin API',
    { action: 'entry.delete', target: entry('1.1.0') },
    () => admin.entries.delete.mutate({ name: A, version: '1.1.0' }),
  ],
  [
    'a sync',
    { action: 'source.sync', target: named('source', 'catalog') },
    () => admin.sources.sync.mutate({ name: 'catalog' }),
  ],
  [
    'a pause',
    { action: 'source.pause', target: named('source', 'catalog') },
    () => admin.sources.pause.mutate({ name: 'catalog' }),
  ],
  [
    'a resumption',
    { action: 'source.resume', target: named('source', 'catalog') },
    () => admin.sources.resume.mutate({ name: 'catalog' }),
  ],
  [
    'a new source',
    { action: 'source.create', target: named('source', 'made') },
    () => admin.sources.create.mutate(created),
  ],
  [
    'a source that is changed',
    { action: 'source.update', target: named('source', 'made') },
    () => admin.sources.update.mutate({ ...created, claims: { team: 'a' } }),
  ],
  [
    'a new registry',
    { action: 'registry.create', target: named('registry', 'view') },
    () => admin.registries.create.mutate({ name: 'view', sources: ['made'] }),
  ],
  [
    'a registry that is changed',
    { action: 'registry.update', target: named('registry', 'view') },
    () => admin.registries.update.mutate({ name: 'view', sources: ['own'] }),
  ],
  [
    'a registry that is deleted',
    { action: 'registry.delete', target: named('registry', 'view') },
    () => admin.registries.delete.mutate({ name: 'view' }),
  ],
  [
    'a source that is deleted',
    { action: 'source.delete', target: named('source', 'made') },
    () => admin.sources.delete.mutate({ name: 'made' }),
  ],
];

describe('a change is one event', () => {
  test.each(CHANGES)('%s', async (_, expected, change) => {
    await change();
    expect(await onlyEvent()).toEqual({
      ...ADA,
      id: expect.any(String) as string,
      at: expect.any(String) as string,
      issuer: provider.issuer,
      ...expected,
      outcome: 'success',
      detail: {},
    });
  });
});

describe('a change that is not made is one event too', () => {
  test.each<[string, object, () => Promise<unknown>]>([
    [
      'a document that breaks the rules',
      { action: 'entry.publish', outcome: 'failure', target: entry('latest'), detail: { status: 422 } },
      () => send('POST', '/v0.1/publish', serverJson(A, 'latest')),
    ],
    [
      'a body that is not JSON',
      {
        action: 'entry.publish',
        outcome: 'failure',
        target: { name: null, registry: 'default' },
        detail: { status: 400 },
      },
      () => send('POST', '/v0.1/publish', '{'),
    ],
    [
      'a body that is not JSON, over /v1',
      { action: 'entry.publish', outcome: 'failure', target: { name: null }, detail: { status: 400 } },
      () => send('POST', '/v1/entries', '{'),
    ],
    [
      'a body that isn’t an object, over /v1',
      { action: 'source.create', outcome: 'failure', target: named('source', 'new'), detail: { status: 400 } },
      () => send('PUT', '/v1/sources/new', '[]'),
    ],
    [
      'claims that can’t be read, over /v1',
      { action: 'entry.claims.update', outcome: 'failure', target: { name: A }, detail: { status: 400 } },
      () => send('PUT', `/v1/entries/server/${encodeURIComponent(A)}/claims`, '5'),
    ],
    [
      'an unknown type of entry',
      { action: 'entry.delete', outcome: 'failure', target: { name: 'a', version: '1.0.0' }, detail: { status: 400 } },
      () => send('DELETE', '/v1/entries/hook/a/versions/1.0.0'),
    ],
    [
      'a skill that doesn’t exist',
      { action: 'entry.delete', outcome: 'failure', target: { name: 'skill:a/b' }, detail: { status: 404 } },
      () => send('DELETE', '/v1/entries/skill/a%2Fb/versions/1.0.0'),
    ],
    [
      'a skill that is no object',
      { action: 'entry.publish', outcome: 'failure', target: { name: null }, detail: { status: 422 } },
      () => send('POST', '/v1/entries', { skill: 5, claims: { org: 'acme' } }),
    ],
    [
      'an unknown registry',
      { action: 'entry.publish', outcome: 'failure', detail: { status: 404 } },
      () => send('POST', '/registry/none/v0.1/publish', serverJson(A, '9.0.0')),
    ],
    [
      'an unknown status',
      { action: 'entry.status.update', outcome: 'failure', target: entry('1.0.0'), detail: { status: 400 } },
      () => send('PATCH', `${versionPath}/status`, { status: 'perfect' }),
    ],
    [
      'a version that was deleted',
      { action: 'entry.publish', outcome: 'failure', target: entry('1.0.0'), detail: { status: 409 } },
      () => send('POST', '/v0.1/publish', serverJson(A, '1.0.0')),
    ],
    [
      'an unknown source',
      { action: 'source.sync', outcome: 'failure', target: named('source', 'none'), detail: { status: 404 } },
      () => admin.sources.sync.mutate({ name: 'none' }).catch(() => undefined),
    ],
    [
      'a name outside the publisher’s namespaces',
      {
        action: 'entry.publish',
        outcome: 'denied',
        subject: 'rita',
        target: { name: 'com.example/r' },
        detail: { status: 403 },
      },
      () => reader.entries.publish.mutate({ document: serverJson('com.example/r', '1.0.0') }).catch(() => undefined),
    ],
    [
      'a role that is missing',
      { action: 'source.pause', outcome: 'denied', subject: 'rita', target: named('source', 'catalog') },
      () => reader.sources.pause.mutate({ name: 'catalog' }).catch(() => undefined),
    ],
  ])('%s', async (_, expected, change) => {
    await change();
    expect(await onlyEvent()).toMatchObject(expected);
  });

  test('many denied changes become a few events, and none stays without an outcome', async () => {
    const path = '/v0.1/publish';
    const headers = { authorization: `Bearer ${readerToken}` };
    const publish = (): Promise<Response> =>
      publishing.api.send('POST', path, { body: serverJson('com.example/flood', '1.0.0'), headers });
    await Promise.all(Array.from({ length: 50 }, publish));
    const denied = await news.next(1);
    expect(denied.length).toBeLessThanOrEqual(20); // A minute may end in the middle.
    expect(denied.every(({ outcome }) => outcome === 'denied')).toBe(true);
  });
});

test('a change is recorded before its answer', async () => {
  const name = 'com.example/prompt';
  await send('POST', '/v0.1/publish', serverJson(name, '1.0.0'));
  expect(await admin.audit.list.query({ target: name })).toMatchObject([{ outcome: 'success' }]);
});

test('the audit is listed by conditions, page by page, and only for a superAdmin', async () => {
  const [newest, ...older] = await admin.audit.list.query({
    subject: 'ada',
    action: 'entry.publish',
    outcome: 'success',
  });
  expect(older.length).toBeGreaterThan(1);
  expect(older.every(({ action, at }) => action === 'entry.publish' && at <= (newest?.at ?? ''))).toBe(true);
  const page = await admin.audit.list.query({
    subject: 'ada',
    action: 'entry.publish',
    outcome: 'success',
    limit: 1,
    ...(newest && { before: { at: newest.at, id: newest.id } }),
  });
  expect(page).toEqual(older.slice(0, 1));
  await expect(reader.audit.list.query({})).rejects.toThrow('superAdmin');
  await expect(admin.audit.list.query({ from: 'yesterday' })).rejects.toThrow('must be a timestamp');
});
