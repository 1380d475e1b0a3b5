/** Who can see and change published skills and plugins, and under which names. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { expectError } from './items.ts';
import { type Asker, skillDocument, statusAndBody, TEAM, useSkillPublishers } from './skill-publishers.ts';

const { ask, clientOf } = useSkillPublishers();
let admin: ReturnType<typeof clientOf>;
beforeAll(() => {
  admin = clientOf('admin');
});

describe.each(SKILL_KINDS)('the rules for a %s', (kind) => {
  const name = 'guarded';
  const own = `/v1/entries/${kind}/com.example%2F${name}`;
  const foreign = own.replace('com.example', 'com.other');
  const sent = { [kind]: skillDocument(name), claims: TEAM };
  const renewed = { [kind]: skillDocument(name, '2.0.0') };

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
    await expect(replace(skillDocument('another'))).rejects.toThrow('name is not the name in the request');
    await expect(replace(skillDocument(name, '2.0.0'))).rejects.toThrow('version is not the version in the request');
    await admin.entries.publish.mutate({ entryKind: kind, document: skillDocument('removed'), claims: TEAM });
    const removed = { ...named, name: 'com.example/removed' };
    await admin.entries.delete.mutate(removed);
    await expect(clientOf('publisher').entries.delete.mutate(removed)).rejects.toThrow('There is no version 1.0.0');
    await expect(
      admin.entries.replace.mutate({ ...removed, document: skillDocument('removed', '1.0.0', { title: 'New' }) }),
    ).rejects.toThrow('There is no version 1.0.0');
  });

  test('don’t count the same document as a change', async () => {
    const named = { entryKind: kind, name: `com.example/${name}`, version: '1.0.0' } as const;
    const { updatedAt, publishedAt } = await admin.entries.replace.mutate({ ...named, document: skillDocument(name) });
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

describe.each(SKILL_KINDS)('a %s whose namespace the path leaves out', (kind) => {
  const publish = async (asker: Asker, document: object, claims: object): Promise<void> => {
    expect((await ask(asker, 'POST', ['/v1/entries', { [kind]: document, claims }])).status).toBe(201);
  };
  const path = (name: string): string => `/v1/entries/${kind}/${name}`;

  test('is changed, read, and deleted like with its namespace, and recorded with it', async () => {
    for (const version of ['1.0.0', '2.0.0']) await publish('publisher', skillDocument('short', version), TEAM);
    const change = (status: string, at = ''): Promise<{ status: number; body: unknown }> =>
      statusAndBody(ask('publisher', 'PATCH', [`${path('short')}${at}/status`, { status }]));
    expect(await change('archived', '/versions/1.0.0')).toMatchObject({ body: { versions: ['1.0.0'] } });
    expect(await change('deprecated')).toMatchObject({ body: { updatedCount: 2 } });
    expect((await ask('publisher', 'PUT', [`${path('short')}/claims`, { claims: { org: 'acme' } }])).status).toBe(204);
    const claims = await statusAndBody(ask('publisher', 'GET', [`${path('short')}/claims`]));
    expect(claims).toEqual({ status: 200, body: { claims: { org: 'acme' } } });
    expect((await ask('publisher', 'DELETE', [`${path('short')}/versions/2.0.0`])).status).toBe(204);
    const recorded = await admin.audit.list.query({ target: `${kind}:com.example/short`, limit: 1 });
    expect(recorded).toMatchObject([{ action: 'entry.delete', outcome: 'success', target: { version: '2.0.0' } }]);
  });

  test('is refused if another one has the name, even a deleted one', async () => {
    await publish('publisher', skillDocument('twin'), TEAM);
    await publish('admin', skillDocument('twin', '1.0.0', { namespace: 'org.example' }), TEAM);
    const remove = (): Promise<Response> => ask('publisher', 'DELETE', [`${path('twin')}/versions/1.0.0`]);
    const message = `Several ${kind}s have the name "twin": use one of "com.example/twin", "org.example/twin"`;
    expect(await expectError(await remove(), 409)).toContain(message);
    expect((await ask('publisher', 'DELETE', [`${path('com.example%2Ftwin')}/versions/1.0.0`])).status).toBe(204);
    expect(await expectError(await remove(), 409)).toContain(message);
    const read = await statusAndBody(ask('publisher', 'GET', [`/v0.1/x/dev.toolhive/${kind}s/org.example/twin`]));
    expect(read).toMatchObject({ body: { status: 'active' } });
  });

  test('is found among those that the caller can see', async () => {
    await publish('publisher', skillDocument('hidden'), TEAM);
    await publish('admin', skillDocument('hidden', '1.0.0', { namespace: 'org.example' }), { team: 'b' });
    const claimsFor = (asker: Asker): Promise<{ status: number; body: unknown }> =>
      statusAndBody(ask(asker, 'GET', [`${path('hidden')}/claims`]));
    expect(await claimsFor('publisher')).toEqual({ status: 200, body: { claims: TEAM } });
    expect(await claimsFor('rival')).toEqual({ status: 200, body: { claims: { team: 'b' } } });
    expect(await claimsFor('outsider')).toMatchObject({ status: 403 });
    expect(await claimsFor('stranger')).toMatchObject({ status: 403 });
    // The rules for namespaces apply.
    const refused = await ask('rival', 'PATCH', [`${path('hidden')}/status`, { status: 'archived' }]);
    expect(await expectError(refused, 403)).toMatch(/"org.example\/hidden" is not in a name/);
    expect(await expectError(await ask('admin', 'GET', [`${path('nope')}/claims`]), 404)).toContain('There is no');
    expect(await expectError(await ask('admin', 'GET', [`${path('a%00b')}/claims`]), 400)).toContain('name');
  });
});

test('entries without claims are listed only for callers who see everything', async () => {
  const listed = async (asker: Asker): Promise<string> =>
    await (await ask(asker, 'GET', ['/v1/registries/default/entries'])).text();
  await ask('publisher', 'POST', ['/v1/entries', { skill: skillDocument('tagged'), claims: TEAM }]);
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
