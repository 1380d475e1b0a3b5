/** The queries of the console's catalog. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, skillDraft, source, sync, useSources } from '../db/sync-source.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

const packaged = (registryType: string, transport = 'stdio'): string =>
  JSON.stringify({ packages: [{ registryType, identifier: 'a', transport: { type: transport } }] });
const remote = JSON.stringify({ remotes: [{ transport_type: 'sse', url: 'https://a.example' }] });
const ofSeveralGenerations = JSON.stringify({
  packages: [
    { registryType: 'npm', transport: { type: 'stdio' } },
    { registry_type: 'npm' },
    { registry_name: 'pypi' },
    {},
  ],
  remotes: [{ type: 'sse' }, { transport_type: 'sse' }, {}],
});

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'), source('beta'));
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [
      draft('com.example/a', '1.0.0', { document: packaged('npm') }),
      draft('com.example/a', '2.0.0', { document: packaged('oci'), title: 'Alpha', tags: ['x'] }),
      draft('com.example/b', '1.0.0', { document: packaged('npm', 'sse'), status: 'deprecated' }),
      draft('com.example/c', '1.0.0', { status: 'deleted', document: ofSeveralGenerations }),
      skillDraft('skill', ['com.example/pdf', '1.0.0'], {
        packages: [{ registryType: 'git', url: 'https://example.com/skills', ref: 'v1' }],
      }),
    ],
  });
  await sync(api.database, {
    sourceName: 'beta',
    entries: [
      draft('com.example/a', '9.0.0'),
      draft('com.example/d', '1.0.0', { document: remote, updatedAt: '2020-01-01T00:00:00Z' }),
      draft('com.example/e', '1.0.0', { document: '{"packages": "\\u0000", "remotes": [1]}' }),
    ],
  });
});
afterAll(() => api.stop());

async function ask<Data>(query: string, input: object): Promise<Data> {
  const response = await api.get(
    `/trpc/catalog.${query}?input=${encodeURIComponent(JSON.stringify({ registry: 'default', ...input }))}`,
  );
  expect(response.status).toBe(200);
  const { result } = (await response.json()) as { result: { data: Data } };
  return result.data;
}

interface CatalogPage {
  readonly servers: readonly { readonly name: string; readonly version: string }[];
  readonly total: number;
}

const found = async (input: object): Promise<string[]> =>
  (await ask<CatalogPage>('search', input)).servers.map(
    ({ name, version }) => `${name.replace('com.example/', '')}@${version}`,
  );

test('lists each server once, by its latest version in the source that owns it', async () => {
  expect(await found({})).toEqual(['a@2.0.0', 'b@1.0.0', 'd@1.0.0', 'e@1.0.0']);
});

test.each<[object, string[]]>([
  [{ search: 'ALPHA' }, ['a@2.0.0']],
  [{ search: '100%' }, []],
  [{ source: 'beta' }, ['d@1.0.0', 'e@1.0.0']],
  [{ kind: 'npm' }, ['b@1.0.0']],
  [{ kind: 'oci' }, ['a@2.0.0']],
  [{ place: 'remote' }, ['d@1.0.0']],
  [{ place: 'local' }, ['a@2.0.0', 'b@1.0.0']],
  [{ transport: 'sse' }, ['b@1.0.0', 'd@1.0.0']],
  [{ transport: 'sse', place: 'local' }, ['b@1.0.0']],
  [{ tag: 'x' }, ['a@2.0.0']],
  [{ status: 'deprecated' }, ['b@1.0.0']],
  [{ status: 'deleted' }, ['c@1.0.0']],
  [{ updatedSince: '2025-01-01T00:00:00Z' }, ['a@2.0.0', 'b@1.0.0', 'e@1.0.0']],
  [{ updatedSince: '0000-01-01T00:00:00Z' }, ['a@2.0.0', 'b@1.0.0', 'd@1.0.0', 'e@1.0.0']],
])('filters by %j', async (input, expected) => {
  expect(await found(input)).toEqual(expected);
});

test('shows each kind of package and transport of a server once', async () => {
  const { servers } = await ask<{ servers: readonly { facets: readonly string[] }[] }>('search', { status: 'deleted' });
  expect(servers.map(({ facets }) => facets.toSorted())).toEqual([
    ['local', 'package:npm', 'package:pypi', 'remote', 'transport:sse', 'transport:stdio'],
  ]);
});

test('sorts by the last update, and pages keep the total', async () => {
  expect((await found({ sort: 'updated' })).at(-1)).toBe('d@1.0.0');
  const page = await ask<CatalogPage>('search', { offset: 1, limit: 2 });
  expect(page.servers.map(({ name }) => name)).toEqual(['com.example/b', 'com.example/d']);
  expect(page.total).toBe(4);
});

test('offers the values that servers have, with their number', async () => {
  const choices = await ask<{ group: string; value: string; servers: number }[]>('choices', {});
  expect(choices).toContainEqual({ group: 'facet', value: 'transport:sse', servers: 2 });
  expect(choices).toContainEqual({ group: 'source', value: 'alpha', servers: 2 });
  expect(choices).toContainEqual({ group: 'tag', value: 'x', servers: 1 });
  expect(choices.filter(({ value }) => value === 'package:npm')).toEqual([
    { group: 'facet', value: 'package:npm', servers: 1 },
  ]);
});

test('offers the kinds of packages of skills, but not how servers are run', async () => {
  expect(await ask('choices', { entryKind: 'skill' })).toEqual([
    { group: 'source', value: 'alpha', servers: 1 },
    { group: 'facet', value: 'package:git', servers: 1 },
  ]);
  expect(await ask('search', { entryKind: 'skill' })).toMatchObject({ servers: [{ facets: ['package:git'] }] });
});

test('shows every version of a server, deleted ones included, with provenance', async () => {
  const versions = await ask<{ version: string; status: string }[]>('versions', { name: 'com.example/c' });
  expect(versions).toMatchObject([{ version: '1.0.0', status: 'deleted' }]);
  expect(await ask('version', { name: 'com.example/a', version: '1.0.0' })).toMatchObject({
    version: '1.0.0',
    isLatest: false,
    sourceName: 'alpha',
    document: packaged('npm'),
  });
});

test('says that a registry, a server, or a version does not exist', async () => {
  const status = async (query: string, input: object): Promise<number> =>
    (await api.get(`/trpc/catalog.${query}?input=${encodeURIComponent(JSON.stringify(input))}`)).status;
  expect(await status('search', { registry: 'none' })).toBe(404);
  expect(await status('versions', { registry: 'default', name: 'com.example/none' })).toBe(404);
  expect(await status('version', { registry: 'default', name: 'com.example/a', version: '9.0.0' })).toBe(404);
});

test('a version names the sync that last added or changed it', async () => {
  const version = { name: 'com.example/a', version: '2.0.0' };
  expect(await ask('version', version)).toMatchObject({ ...version, sourceName: 'alpha', syncNumber: 1 });
});

test('opens an entry whose name and version are as long as they can be', async () => {
  const name = `com.example/${'n'.repeat(500)}`;
  const version = `1.0.0-${'v'.repeat(506)}`;
  await useSources(api.database, source('alpha'), source('beta'), source('long'));
  await sync(api.database, { sourceName: 'long', entries: [draft(name, version)] });
  expect(await ask('versions', { name })).toMatchObject([{ version }]);
  expect(await ask('version', { name, version })).toMatchObject({ name, version });
});
