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

/** Pages of one by cursor; `atPage` is called before the page of that number is asked for. */
async function walk(atPage: (number: number) => Promise<void> = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let path: string | undefined = '/v0.1/servers?limit=1';
  while (path !== undefined) {
    await atPage(found.length);
    const page = await readPage(api, path);
    found.push(...labels(page));
    const { nextCursor } = page.metadata;
    path = nextCursor === undefined ? undefined : `/v0.1/servers?limit=1&cursor=${nextCursor}`;
  }
  return found;
}

test('a walk in pages of one finds every server once, with a query for a hundred of them', async () => {
  await eventually(async () => (await readPage(api, '/v0.1/servers')).servers.length > 0, 'servers are there');
  const before = api.queries();
  const found = await walk();
  expect(new Set(found).size).toBe(SERVERS);
  expect(found).toEqual(found.toSorted());
  expect(api.queries() - before).toBeLessThan(10);
});

test('a walk meets what is published just ahead of it, although it has read ahead', async () => {
  const published = `${drafts(SERVERS)[10]!.name}-published-meanwhile`;
  const found = await walk(async (page) => {
    if (page !== 5) return;
    await sync(api.database, {
      sourceName: 'alpha',
      entries: [...drafts(SERVERS), draft(published, '1.0.0')],
    });
    await eventually(
      async () => (await readPage(api, '/v0.1/servers?search=published-meanwhile')).servers.length === 1,
      'the new server is listed',
    );
  });
  expect(found).toHaveLength(SERVERS + 1);
  expect(found).toContain(`${published}@1.0.0`);
});
