import { afterEach, beforeEach, expect, test } from 'vitest';
import { draft, drafts, source, sync, useSources } from '../db/sync-source.ts';
import { labels, readPage } from './items.ts';
import { eventually } from '../eventually.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

const SERVERS = 250;
let api: RunningApi;

beforeEach(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  await sync(api.database, { sourceName: 'alpha', entries: drafts(SERVERS) });
});
afterEach(() => api.stop());

/** Small pages by cursor; `atEntry` is called before the page that starts with the entry of that number. */
async function walk(limit: number, atEntry: (number: number) => Promise<void> = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let path: string | undefined = `/v0.1/servers?limit=${limit}`;
  while (path !== undefined) {
    await atEntry(found.length);
    const page = await readPage(api, path);
    found.push(...labels(page));
    const { nextCursor } = page.metadata;
    path = nextCursor === undefined ? undefined : `/v0.1/servers?cursor=${nextCursor}&limit=${limit}`;
  }
  return found;
}

test.each([1, 3, 10])('a walk in pages of %i finds every server once, with one query for many pages', async (limit) => {
  await eventually(async () => (await readPage(api, '/v0.1/servers')).servers.length > 0, 'servers are there');
  const before = api.queries();
  const found = await walk(limit);
  expect(new Set(found).size).toBe(SERVERS);
  expect(found).toEqual(found.toSorted());
  expect(api.queries() - before).toBeLessThan(10);
});

test('a walk finds entries that are published just ahead of it, although it has read ahead', async () => {
  const published = `${drafts(SERVERS)[10]!.name}-published-meanwhile`;
  const found = await walk(1, async (entry) => {
    if (entry !== 5) return;
    await sync(api.database, {
      sourceName: 'alpha',
      entries: [...drafts(SERVERS), draft(published, '1.0.0')],
    });
    const search = '/v0.1/servers?search=published-meanwhile';
    await eventually(async () => labels(await readPage(api, search)).length === 1, 'the change is known');
  });
  expect(found).toHaveLength(SERVERS + 1);
  expect(found).toContain(`${published}@1.0.0`);
});
