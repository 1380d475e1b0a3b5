import { afterAll, beforeAll, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { labels, type Page, readJson, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const SERVERS = 40;
const FILLING = 'x'.repeat(1_000_000);
const NAMES = Array.from({ length: SERVERS }, (_, index) => `com.example/large-${String(index).padStart(2, '0')}`);

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  const entries = NAMES.map((name) => {
    const document = { name, version: '1.0.0', description: 'Large', _meta: { 'com.example/filling': FILLING } };
    return draft(name, '1.0.0', { document: JSON.stringify(document) });
  });
  await sync(api.database, { sourceName: 'alpha', entries });
});
afterAll(() => api.stop());

test.each(['', '&search=large', '&version=latest'])(
  'a page ends before it is too large for the process, and the walk goes on: %s',
  async (query) => {
    const found: string[] = [];
    let cursor = '';
    do {
      const page = await readPage(api, `/v0.1/servers?limit=1000${query}${cursor}`);
      expect(page.servers.length).toBeLessThan(20);
      found.push(...labels(page));
      cursor = page.metadata.nextCursor === undefined ? '' : `&cursor=${page.metadata.nextCursor}`;
    } while (cursor !== '');
    expect(found).toEqual(NAMES.map((name) => `${name}@1.0.0`));
  },
);

test('an export has all of them', async () => {
  const { servers } = await readJson<Page>(api, '/registry/default/servers.json');
  expect(servers.map(({ server }) => server.name)).toEqual(NAMES);
});
