import { sql } from 'slonik';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listSourceVersions } from '../../db/entries/versions.ts';
import type { EntryPage } from '../../api/admin/outputs.ts';
import type { EntryDraft } from '../../registry/entry.ts';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { expectError, labels, type Page, readJson, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const SERVERS = 40;
const FILLING = 'x'.repeat(1_000_000);
const NAMES = Array.from({ length: SERVERS }, (_, index) => `com.example/large-${String(index).padStart(2, '0')}`);

const MANY_VERSIONS = 'com.example/versions';
const VERSIONS = Array.from({ length: 25 }, (_, index) => `1.0.${index}`);

let api: RunningApi;

function large(name: string, version: string): EntryDraft {
  const document = { name, version, description: 'Large', _meta: { 'com.example/filling': FILLING } };
  return draft(name, version, { document: JSON.stringify(document) });
}

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  const entries = NAMES.map((name) => large(name, '1.0.0'));
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [...entries, ...VERSIONS.map((version) => large(MANY_VERSIONS, version))],
  });
});
afterAll(() => api.stop());

test.each(['?limit=1000', '?limit=30', '?limit=100&search=large', '?limit=1000&version=latest'])(
  'a page ends before it is too large for the process, and the walk continues: %s',
  async (query) => {
    const found: string[] = [];
    let cursor = '';
    do {
      const page = await readPage(api, `/v0.1/servers${query}${cursor}`);
      expect(page.servers.length).toBeLessThan(10);
      found.push(...labels(page));
      cursor = page.metadata.nextCursor === undefined ? '' : `&cursor=${page.metadata.nextCursor}`;
    } while (cursor !== '');
    expect(found.filter((label) => label.startsWith('com.example/large'))).toEqual(
      NAMES.map((name) => `${name}@1.0.0`),
    );
  },
);

test('an export has all of them', async () => {
  const { servers } = await readJson<Page>(api, '/registry/default/servers.json');
  expect(servers.map(({ server }) => server.name)).toEqual([...NAMES, ...VERSIONS.map(() => MANY_VERSIONS)]);
});

test('a list of versions that is too large for memory is streamed, and complete', async () => {
  const response = await api.get(`/v0.1/servers/${encodeURIComponent(MANY_VERSIONS)}/versions`);
  expect(response.headers.get('content-length')).toBeNull();
  const { servers, metadata } = (await response.json()) as Page;
  expect(servers.map(({ server }) => server.version).sort()).toEqual([...VERSIONS].sort());
  expect(metadata.count).toBe(VERSIONS.length);
});

test('the answer to a publish is limited as well', async () => {
  const { id: sourceId } = await api.database.one(sql.type(z.object({ id: z.string() }))`
    select id from source where name = 'alpha'`);
  const listed = await listSourceVersions(api.database, { sourceId, name: MANY_VERSIONS, versions: VERSIONS });
  expect(listed.length).toBeLessThan(10);
});

test('an administrative list of long descriptions is split into pages, and complete over /v1', async () => {
  await useSources(api.database, source('alpha'), source('described'));
  const names = Array.from({ length: 8 }, (_, index) => `com.example/described-${index}`);
  const entries = names.map((name) => draft(name, '1.0.0', { description: FILLING }));
  await sync(api.database, { sourceName: 'described', entries });

  const input = encodeURIComponent(JSON.stringify({ name: 'described', limit: 1000 }));
  const { result } = await readJson<{ result: { data: EntryPage } }>(api, `/trpc/entries.ofSource?input=${input}`);
  expect(result.data.entries.length).toBeLessThan(names.length);
  expect(result.data.next).toMatchObject({ name: result.data.entries.at(-1)?.name });

  const all = await readJson<{ entries: { name: string; versions: object[] }[] }>(api, '/v1/sources/described/entries');
  expect(all.entries.map(({ name }) => name)).toEqual(names);
  const ofAlpha = await readJson<typeof all>(api, '/v1/sources/alpha/entries');
  expect(ofAlpha.entries.at(-1)).toMatchObject({ name: MANY_VERSIONS });
  expect(ofAlpha.entries.at(-1)?.versions).toHaveLength(VERSIONS.length);
});

test('a search term that is too long is refused', async () => {
  expect((await api.get(`/v0.1/servers?search=${'a'.repeat(500)}`)).status).toBe(200);
  const error = await expectError(await api.get(`/v0.1/servers?search=${'a'.repeat(501)}`), 400);
  expect(error).toContain('at most 500 characters');
});
