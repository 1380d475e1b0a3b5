/** Publishing skills and plugins: in the shape of ToolHive Registry Server, and over the admin API. */
import { beforeAll, describe, expect, test } from 'vitest';
import { SKILL_KINDS } from '../../registry/entry-kind.ts';
import { expectError } from './items.ts';
import { type Asker, skillDocument, statusAndBody, TEAM, useSkillPublishers } from './skill-publishers.ts';

const { ask, clientOf } = useSkillPublishers();
let admin: ReturnType<typeof clientOf>;
beforeAll(() => {
  admin = clientOf('admin');
});

describe.each(SKILL_KINDS)('a %s', (kind) => {
  const publish = (asker: Asker, sent: unknown, key?: string): Promise<Response> =>
    ask(asker, 'POST', ['/v1/entries', { [kind]: sent, claims: TEAM }, key]);
  const read = (asker: Asker, path: string): Promise<{ status: number; body: unknown }> =>
    statusAndBody(ask(asker, 'GET', [`/v0.1/x/dev.toolhive/${kind}s/com.example/${path}`]));
  const entry = (name: string): string => `/v1/entries/${kind}/com.example%2F${name}`;

  test('is served as it was published, to those who hold its claims', async () => {
    const sent = skillDocument('pdf', '1.0.0', { metadata: { n: 1 }, status: 'deprecated', other: [] });
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
    expect((await publish('publisher', skillDocument('claims', '1.0.0', { _meta: claimed }))).status).toBe(201);
    const { body } = await read('publisher', 'claims');
    expect(body).toHaveProperty(['_meta', 'com.example/own'], 1);
    expect(body).not.toHaveProperty(['_meta', 'dev.rollcall/verification']);
  });

  test('is published once, and a repetition with its key is answered like the first', async () => {
    const first = await statusAndBody(publish('publisher', skillDocument('once'), `key-${kind}`));
    expect(await statusAndBody(publish('publisher', skillDocument('once'), `key-${kind}`))).toEqual(first);
    await expectError(await publish('publisher', skillDocument('once', '2.0.0'), `key-${kind}`), 422);
    const error = await expectError(await publish('publisher', skillDocument('once', '1.0.0', { title: 'T' })), 409);
    expect(error).toContain(`Version 1.0.0 of ${kind} com.example/once already exists`);
  });

  test.each<[string, object, [status: number, message: RegExp]]>([
    ['with faults', skillDocument('Bad', 'latest'), [422, /name must have at least two lower-case.*version must be/]],
    [
      'in another namespace',
      { ...skillDocument('pdf'), namespace: 'com.other' },
      [403, /"com.other\/pdf" is not in a name/],
    ],
    ['of an earlier source', skillDocument('taken'), [409, /com.example\/taken/]],
  ])('%s is refused', async (_, sent, [status, message]) => {
    expect(await expectError(await publish('publisher', sent), status)).toMatch(message);
  });

  test('changes its status, one version or all, and is deleted', async () => {
    for (const version of ['1.0.0', '2.0.0']) await publish('publisher', skillDocument('life', version));
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
    expect((await publish('publisher', skillDocument('life', '2.0.0', { title: 'again' }))).status).toBe(409);
  });

  test('is managed over the admin API by its kind', async () => {
    const named = { entryKind: kind, name: 'com.example/trpc' } as const;
    const sent = skillDocument('trpc');
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
    await publish('publisher', skillDocument('listed'));
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
