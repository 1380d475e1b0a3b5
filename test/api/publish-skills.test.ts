/** Publishing skills and plugins: in the shape of ToolHive Registry Server, and over the admin API. */
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AdminRouter } from '../../api/trpc/router.ts';
import { storeConfiguration } from '../../db/configuration/configuration.ts';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { skillDraft, source, sync } from '../db/sync-source.ts';
import { type IdentityProvider, startIdentityProvider } from '../identity-provider.ts';
import { oauth } from './access/protected-api.ts';
import { expectError } from './items.ts';
import { type PublishingApi, startPublishingApiWith } from './publishing-api.ts';

let provider: IdentityProvider;
let publishing: PublishingApi;
let admin: TRPCClient<AdminRouter>;
let tokens: Readonly<Record<'admin' | 'publisher' | 'rival' | 'outsider' | 'stranger', string>>;

const TEAM = { team: 'a' };

beforeAll(async () => {
  provider = await startIdentityProvider();
  const authz = {
    roles: {
      superAdmin: [{ role: 'admin' }],
      manageSources: [],
      manageRegistries: [{ role: 'publisher' }],
      manageEntries: [{ role: 'publisher' }],
    },
    namespaces: [{ claims: { role: 'publisher' }, names: ['com.example/*'] }],
  };
  const sources = [source('first'), source('own', 'managed')];
  publishing = await startPublishingApiWith({ auth: oauth(provider, { authz }) }, ...sources);
  await storeConfiguration(publishing.test.database, {
    sources,
    sourceClaims: { own: { org: 'acme' } },
    registries: [{ name: 'other', sources: ['first'], access: 'public' }],
    defaultRegistry: 'default',
  });
  await sync(publishing.test.database, {
    sourceName: 'first',
    entries: SKILL_KINDS.map((kind) => skillDraft(kind, ['com.example/taken', '1.0.0'])),
  });
  tokens = {
    admin: await provider.token({ sub: 'admin', role: 'admin' }),
    publisher: await provider.token({ sub: 'publisher', role: 'publisher', org: 'acme', ...TEAM }),
    // Publishers of another team, and without the claims of the source.
    rival: await provider.token({ sub: 'rival', role: 'publisher', org: 'acme', team: 'b' }),
    outsider: await provider.token({ sub: 'outsider', role: 'publisher', ...TEAM }),
    stranger: await provider.token({ sub: 'stranger', team: 'b' }),
  };
  admin = clientOf('admin');
});
afterAll(async () => {
  await publishing.end();
  await provider.stop();
});

type Asker = keyof typeof tokens;

function clientOf(asker: Asker): TRPCClient<AdminRouter> {
  const headers = { authorization: `Bearer ${tokens[asker]}` };
  return createTRPCClient<AdminRouter>({ links: [httpLink({ url: `${publishing.api.url}/trpc`, headers })] });
}

function ask(
  asker: Asker,
  method: string,
  [path, body, key]: readonly [path: string, body?: unknown, idempotencyKey?: string | undefined],
): Promise<Response> {
  const headers = { authorization: `Bearer ${tokens[asker]}`, ...(key !== undefined && { 'idempotency-key': key }) };
  return publishing.api.send(method, path, { headers, ...(body !== undefined && { body }) });
}

function document(name: string, version = '1.0.0', members: object = {}): Record<string, unknown> {
  return { namespace: 'com.example', name, description: 'Fills in forms', version, ...members };
}

async function statusAndBody(answer: Promise<Response>): Promise<{ status: number; body: unknown }> {
  const response = await answer;
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

describe.each(SKILL_KINDS)('a %s', (kind) => {
  const publish = (asker: Asker, sent: unknown, key?: string): Promise<Response> =>
    ask(asker, 'POST', ['/v1/entries', { [kind]: sent, claims: TEAM }, key]);
  const read = (asker: Asker, path: string): Promise<{ status: number; body: unknown }> =>
    statusAndBody(ask(asker, 'GET', [`/v0.1/x/dev.toolhive/${kind}s/com.example/${path}`]));
  const entry = (name: string): string => `/v1/entries/${kind}/com.example%2F${name}`;

  test('is served as it was published, to those who hold its claims', async () => {
    const sent = document('pdf', '1.0.0', { metadata: { n: 1 }, status: 'deprecated', other: [] });
    const published = await statusAndBody(publish('publisher', sent));
    expect(published).toMatchObject({ status: 201, body: { ...sent, _meta: {} } });
    expect(await read('publisher', 'pdf')).toEqual({ status: 200, body: published.body });
    expect(await read('stranger', 'pdf')).toMatchObject({ status: 404 });
    expect(await statusAndBody(ask('publisher', 'GET', [`${entry('pdf')}/claims`]))).toMatchObject({
      body: { claims: TEAM },
    });
    // A server of the same name is another entry.
    const server = { name: 'com.example/pdf', description: 'A server', version: '1.0.0' };
    const answer = await ask('publisher', 'POST', ['/v1/entries', { server, claims: TEAM }]);
    expect(answer.status).toBe(201);
  });

  test("can't claim what only this server says, such as that its signature was verified", async () => {
    const claimed = { 'dev.rollcall/verification': { result: 'verified' }, 'com.example/own': 1 };
    expect((await publish('publisher', document('claims', '1.0.0', { _meta: claimed }))).status).toBe(201);
    const { body } = await read('publisher', 'claims');
    expect(body).toHaveProperty(['_meta', 'com.example/own'], 1);
    expect(body).not.toHaveProperty(['_meta', 'dev.rollcall/verification']);
  });

  test('is published once, and a repetition with its key is answered like the first', async () => {
    const first = await statusAndBody(publish('publisher', document('once'), `key-${kind}`));
    expect(await statusAndBody(publish('publisher', document('once'), `key-${kind}`))).toEqual(first);
    await expectError(await publish('publisher', document('once', '2.0.0'), `key-${kind}`), 422);
    const error = await expectError(await publish('publisher', document('once', '1.0.0', { title: 'T' })), 409);
    expect(error).toContain(`Version 1.0.0 of ${kind} com.example/once already exists`);
  });

  test.each<[string, object, [status: number, message: RegExp]]>([
    ['with faults', document('Bad', 'latest'), [422, /name must have at least two lower-case.*version must be/]],
    [
      'in another namespace',
      { ...document('pdf'), namespace: 'com.other' },
      [403, /"com.other\/pdf" is not in a name/],
    ],
    ['of an earlier source', document('taken'), [409, /com.example\/taken/]],
  ])('%s is refused', async (_, sent, [status, message]) => {
    expect(await expectError(await publish('publisher', sent), status)).toMatch(message);
  });

  test('changes its status, one version or all, and is deleted', async () => {
    for (const version of ['1.0.0', '2.0.0']) await publish('publisher', document('life', version));
    const change = (path: string, status: string): Promise<{ status: number; body: unknown }> =>
      statusAndBody(ask('publisher', 'PATCH', [`${entry('life')}${path}/status`, { status }]));
    expect(await change('/versions/1.0.0', 'archived')).toEqual({
      status: 200,
      body: { updatedCount: 1, versions: ['1.0.0'] },
    });
    expect(await read('publisher', 'life/versions/1.0.0')).toMatchObject({ body: { status: 'archived' } });
    expect(await change('', 'deprecated')).toMatchObject({ body: { updatedCount: 2 } });
    expect(await read('publisher', 'life')).toMatchObject({ body: { version: '2.0.0', status: 'deprecated' } });
    expect(await change('', 'lost')).toMatchObject({ status: 400 });

    expect(await read('publisher', 'life/versions')).toMatchObject({ body: { metadata: { count: 2 } } });
    const remove = (): Promise<Response> => ask('publisher', 'DELETE', [`${entry('life')}/versions/2.0.0`]);
    expect((await remove()).status).toBe(204);
    expect(await read('publisher', 'life')).toMatchObject({ body: { version: '1.0.0' } });
    expect(await read('publisher', 'life/versions')).toMatchObject({ body: { metadata: { count: 1 } } });
    expect(await read('publisher', 'life/versions/2.0.0')).toMatchObject({ status: 404 });
    expect((await publish('publisher', document('life', '2.0.0', { title: 'again' }))).status).toBe(409);
  });

  test('is managed over the admin API by its kind', async () => {
    const named = { entryKind: kind, name: 'com.example/trpc' } as const;
    const sent = document('trpc');
    expect(await admin.entries.publish.mutate({ entryKind: kind, document: sent, claims: TEAM })).toMatchObject(named);
    await admin.entries.replace.mutate({ ...named, version: '1.0.0', document: { ...sent, title: 'New' } });
    await admin.entries.setStatus.mutate({ ...named, status: 'archived' });
    expect(await read('publisher', 'trpc')).toMatchObject({ body: { title: 'New', status: 'archived' } });
    await admin.entries.setClaims.mutate({ ...named, claims: { team: 'b' } });
    expect(await admin.entries.claims.query(named)).toMatchObject({ claims: { team: 'b' } });
    expect(await read('publisher', 'trpc')).toMatchObject({ status: 404 });
    expect(await read('stranger', 'trpc')).toMatchObject({ status: 200 });
    await expect(admin.entries.setStatus.mutate({ name: 'com.example/pdf', status: 'archived' })).rejects.toThrow(
      'only skills and plugins',
    );
    expect(await admin.entries.delete.mutate({ ...named, version: '1.0.0' })).toMatchObject({ status: 'deleted' });
  });

  test('is in the lists of entries and in the catalog with its kind', async () => {
    await publish('publisher', document('listed'));
    const { entries } = await admin.entries.ofRegistry.query({ name: 'default', limit: 1000 });
    expect(entries).toContainEqual(expect.objectContaining({ entryKind: kind, name: 'com.example/listed' }));
    const type = kind.toUpperCase();
    const { body } = await statusAndBody(ask('admin', 'GET', ['/v1/registries/default/entries']));
    expect((body as { entries: unknown[] }).entries).toContainEqual(
      expect.objectContaining({ entryType: type, name: 'com.example/listed' }),
    );
    const asked = { registry: 'default', entryKind: kind, search: 'listed' } as const;
    expect(await admin.catalog.search.query(asked)).toMatchObject({
      total: 1,
      servers: [{ name: 'com.example/listed' }],
    });
    const named = { registry: 'default', entryKind: kind, name: 'com.example/listed' } as const;
    expect(await admin.catalog.versions.query(named)).toMatchObject([{ version: '1.0.0' }]);
    const version = await admin.catalog.version.query({ ...named, version: 'latest' });
    expect(version).toMatchObject({ entryKind: kind, name: 'com.example/listed' });
    await expect(admin.catalog.versions.query({ ...named, entryKind: 'server' })).rejects.toThrow('no server');
    expect(await admin.catalog.search.query({ ...asked, entryKind: 'server' })).toMatchObject({ total: 0 });
    expect(await admin.catalog.choices.query(asked)).toContainEqual({ group: 'source', value: 'own', servers: 5 });
  });
});

describe.each(SKILL_KINDS)('the rules for a %s', (kind) => {
  const name = 'guarded';
  const own = `/v1/entries/${kind}/com.example%2F${name}`;
  const foreign = own.replace('com.example', 'com.other');
  const sent = { [kind]: document(name), claims: TEAM };
  const renewed = { [kind]: document(name, '2.0.0') };

  beforeAll(async () => {
    await ask('publisher', 'POST', ['/v1/entries', sent]);
  });

  test.each<[string, [asker: Asker, method: string, path: string, body?: unknown], [status: number, message: RegExp]]>([
    ['no claims', ['publisher', 'POST', '/v1/entries', renewed], [400, /claims are required/]],
    [
      'claims of others',
      ['publisher', 'POST', '/v1/entries', { ...renewed, claims: { team: 'b' } }],
      [403, /do not hold "team"/],
    ],
    [
      'other claims than its name',
      ['publisher', 'POST', '/v1/entries', { ...renewed, claims: { org: 'acme' } }],
      [409, /requires other claims/],
    ],
    [
      'a name of another team',
      ['rival', 'POST', '/v1/entries', { ...renewed, claims: { team: 'b' } }],
      [409, new RegExp(`^${kind === 'skill' ? 'Skill' : 'Plugin'} "com.example/guarded" already exists, with claims`)],
    ],
    [
      'a source of others',
      ['outsider', 'POST', '/v1/entries', { ...renewed, claims: TEAM }],
      [403, /a source whose claims/],
    ],
    [
      'the status in another namespace',
      ['publisher', 'PATCH', `${foreign}/status`, { status: 'archived' }],
      [403, /namespace/],
    ],
    ['deletion in another namespace', ['publisher', 'DELETE', `${foreign}/versions/1.0.0`], [403, /namespace/]],
    ['claims in another namespace', ['publisher', 'PUT', `${foreign}/claims`, { claims: TEAM }], [403, /namespace/]],
    [
      'the status of another team’s',
      ['rival', 'PATCH', `${own}/status`, { status: 'archived' }],
      [404, /^There is no/],
    ],
    ['deletion of another team’s', ['rival', 'DELETE', `${own}/versions/1.0.0`], [404, /^There is no/]],
    ['another team’s claims', ['rival', 'GET', `${own}/claims`], [404, /^There is no/]],
    [
      'a change of another team’s claims',
      ['rival', 'PUT', `${own}/claims`, { claims: { team: 'b' } }],
      [404, /^There is no/],
    ],
    [
      'a change to claims of others',
      ['publisher', 'PUT', `${own}/claims`, { claims: { team: 'b' } }],
      [403, /do not hold "team"/],
    ],
    [
      'the status that it has',
      ['publisher', 'PATCH', `${own}/status`, { status: 'active' }],
      [400, /Nothing to change/],
    ],
  ])('refuse %s', async (_, [asker, method, path, body], [status, message]) => {
    expect(await expectError(await ask(asker, method, [path, body]), status)).toMatch(message);
  });

  test('refuse another name or version than the one that is replaced, and a version that was deleted', async () => {
    const named = { entryKind: kind, name: `com.example/${name}`, version: '1.0.0' } as const;
    const replace = (replacement: Record<string, unknown>): Promise<unknown> =>
      admin.entries.replace.mutate({ ...named, document: replacement });
    await expect(replace(document('another'))).rejects.toThrow('name is not the name in the request');
    await expect(replace(document(name, '2.0.0'))).rejects.toThrow('version is not the version in the request');
    await admin.entries.publish.mutate({ entryKind: kind, document: document('removed'), claims: TEAM });
    const removed = { ...named, name: 'com.example/removed' };
    await admin.entries.delete.mutate(removed);
    await expect(clientOf('publisher').entries.delete.mutate(removed)).rejects.toThrow('There is no version 1.0.0');
    await expect(
      admin.entries.replace.mutate({ ...removed, document: document('removed', '1.0.0', { title: 'New' }) }),
    ).rejects.toThrow('There is no version 1.0.0');
  });

  test('don’t count the same document as a change', async () => {
    const named = { entryKind: kind, name: `com.example/${name}`, version: '1.0.0' } as const;
    const { updatedAt, publishedAt } = await admin.entries.replace.mutate({ ...named, document: document(name) });
    expect(updatedAt).toBe(publishedAt);
  });

  test('show it in the catalog of its registry, and only to those who hold its claims', async () => {
    const asked = { registry: 'default', entryKind: kind, search: name } as const;
    const named = { registry: 'default', entryKind: kind, name: `com.example/${name}` } as const;
    const found = async (asker: Asker, registry: string): Promise<number> =>
      (await clientOf(asker).catalog.search.query({ ...asked, registry })).total;
    expect(await found('publisher', 'default')).toBe(1);
    expect(await found('rival', 'default')).toBe(0);
    expect(await found('admin', 'other')).toBe(0);
    expect(await clientOf('publisher').catalog.versions.query(named)).toHaveLength(1);
    const { versions, version } = clientOf('rival').catalog;
    await expect(versions.query(named)).rejects.toThrow(`has no ${kind}`);
    await expect(version.query({ ...named, version: 'latest' })).rejects.toThrow('has no version');
    await expect(admin.catalog.versions.query({ ...named, registry: 'other' })).rejects.toThrow(`has no ${kind}`);
    const inOther = { ...named, registry: 'other', version: 'latest' };
    await expect(admin.catalog.version.query(inOther)).rejects.toThrow('has no version');
    const stored = { ...named, entryKind: 'server', name: `${kind}:${named.name}` } as const;
    await expect(admin.catalog.versions.query(stored)).rejects.toThrow('has no server');
    await expect(admin.catalog.version.query({ ...stored, version: 'latest' })).rejects.toThrow('has no version');
  });
});

test('entries without claims are listed only for callers who see everything', async () => {
  const listed = async (asker: Asker): Promise<string> =>
    await (await ask(asker, 'GET', ['/v1/registries/default/entries'])).text();
  await ask('publisher', 'POST', ['/v1/entries', { skill: document('tagged'), claims: TEAM }]);
  expect(await listed('publisher')).toContain('com.example/tagged');
  expect(await listed('publisher')).not.toContain('com.example/taken');
  expect(await listed('admin')).toContain('com.example/taken');
});

test('entries of all kinds are listed page by page', async () => {
  const all = await admin.entries.ofRegistry.query({ name: 'default', limit: 1000 });
  const walked = [];
  let page = await admin.entries.ofRegistry.query({ name: 'default', limit: 2 });
  for (;;) {
    walked.push(...page.entries);
    if (page.next === null) break;
    page = await admin.entries.ofRegistry.query({ name: 'default', limit: 2, after: page.next });
  }
  expect(walked).toEqual(all.entries);
});
