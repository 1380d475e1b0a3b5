/** The requests of real clients, exactly as they send them, and how they use the answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drafts, source, sync, useSources } from '../db/sync-source.ts';
import { type Item, labels, official, readJson, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'));
  await sync(api.database, { sourceName: 'alpha', entries: drafts(120) });
});
afterAll(() => api.stop());

const BASES = ['', '/registry/default'];

describe.each(BASES)('a client that is given "%s" as base', (base) => {
  test('VS Code: probes, walks the latest versions without repeating its search, and opens one', async () => {
    expect((await api.get(`${base}/v0.1/servers?limit=1`)).ok).toBe(true);
    const first = await readPage(api, `${base}/v0.1/servers?limit=50&version=latest&search=server-0001`);
    expect(labels(first)).toHaveLength(10);
    const all: Item[] = [];
    let cursor = '';
    do {
      const page = await readPage(api, `${base}/v0.1/servers?limit=50&version=latest${cursor}`);
      all.push(...page.servers);
      const next = page.metadata.nextCursor;
      cursor = next === undefined ? '' : `&cursor=${next}`; // Not encoded.
    } while (cursor !== '');
    expect(new Set(all.map(({ server }) => server.name)).size).toBe(120);
    expect(all.map((item) => official(item)['isLatest'])).not.toContain(false);
    const name = encodeURIComponent(all[0]?.server.name ?? '');
    expect(await readJson(api, `${base}/v0.1/servers/${name}/versions/latest`)).toEqual(all[0]);
  });

  test('thv: accepts it as a registry, and walks it one by one', async () => {
    const response = await api.get(`${base}/v0.1/servers?limit=1&version=latest`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toMatchObject({ servers: [{}], metadata: {} });
    let walked = 0;
    let cursor: string | undefined;
    do {
      const page = await readPage(
        api,
        `${base}/v0.1/servers?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`,
      );
      walked += page.servers.length;
      cursor = page.metadata.nextCursor;
    } while (cursor !== undefined);
    expect(walked).toBe(120);
  });

  test('Copilot: 200 for a registered server, 404 for an unknown one, from any origin', async () => {
    const headers = { origin: 'https://copilot.example' };
    const get = (name: string): Promise<Response> =>
      api.get(`${base}/v0.1/servers/com.example%2F${name}/versions/latest`, { headers });
    const answers = [await get('server-00007'), await get('unregistered')];
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    expect(answers.map((answer) => answer.headers.get('access-control-allow-origin'))).toEqual(['*', '*']);
  });
});

test('a page has 30 servers by default', async () => {
  expect((await readPage(api, '/v0.1/servers')).metadata.count).toBe(30);
});

test('caches are told that answers depend on origin and authorization', async () => {
  const vary = (await api.get('/v0.1/servers')).headers.get('vary') ?? '';
  expect(vary.split(', ')).toEqual(expect.arrayContaining(['Authorization', 'Origin']));
});
