import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { draft, source, sync, useSources } from '../db/sync-source.ts';
import { labels, meta, official, type Page, expectError, readPage } from './items.ts';
import { type RunningApi, startApiOnFreshDatabase } from './running-api.ts';

let api: RunningApi;

beforeAll(async () => {
  api = await startApiOnFreshDatabase();
  await useSources(api.database, source('alpha'), source('beta'));
  await sync(api.database, {
    sourceName: 'alpha',
    entries: [
      draft('com.example/weather', '1.0.0', { title: 'Sunshine', description: '100% accurate' }),
      draft('com.example/weather', '1.10.0'),
      draft('com.example/weather', '1.9.0', { status: 'deprecated', statusMessage: 'Use 1.10.0' }),
      draft('com.example/old', '1.0.0', { status: 'deleted' }),
      draft('com.example/gone', '1.0.0', { status: 'deleted' }),
      draft('com.example/gone', '0.9.0'),
    ],
  });
  await sync(api.database, {
    sourceName: 'beta',
    entries: [
      draft('com.example/weather', '9.9.9'),
      draft('com.example/zebra', '2.0.0', { description: 'Über_setzer' }),
    ],
  });
});
afterAll(() => api.stop());

const page = (path: string): Promise<Page> => readPage(api, path);

test('lists every version that is not deleted, ordered by name and version', async () => {
  const list = await page('/v0.1/servers');
  expect(labels(list)).toEqual([
    'com.example/gone@0.9.0',
    'com.example/weather@1.0.0',
    'com.example/weather@1.10.0',
    'com.example/weather@1.9.0',
    'com.example/zebra@2.0.0',
  ]);
  expect(list.metadata).toEqual({ count: 5 });
});

test('an item has the official metadata and its provenance', async () => {
  const { servers } = await page('/v0.1/servers?search=weather');
  const deprecated = servers.find(({ server }) => server.version === '1.9.0');
  expect(official(deprecated)).toMatchObject({
    status: 'deprecated',
    statusMessage: 'Use 1.10.0',
    isLatest: false,
  });
  expect(Object.keys(official(deprecated))).toEqual([
    'status',
    'statusMessage',
    'statusChangedAt',
    'publishedAt',
    'updatedAt',
    'isLatest',
  ]);
  expect(meta(deprecated)['dev.rollcall/provenance']).toEqual({ source: 'alpha', kind: 'file' });
  const active = servers.find(({ server }) => server.version === '1.10.0');
  expect(official(active)).not.toHaveProperty('statusMessage');
  expect(official(active)).toMatchObject({ isLatest: true });
});

test.each(['/v0', '/registry/v0.1', '/registry/default/v0.1', '/registry/default/v0'])(
  'serves the default registry at %s too',
  async (base) => {
    expect(await page(`${base}/servers?limit=2`)).toEqual(await page('/v0.1/servers?limit=2'));
  },
);

test('a registry that does not exist is 404', async () => {
  const response = await api.get('/registry/nowhere/v0.1/servers');
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ error: 'There is no registry "nowhere"' });
});

test('version=latest returns each name once, with its highest version', async () => {
  expect(labels(await page('/v0.1/servers?version=latest'))).toEqual([
    'com.example/gone@0.9.0',
    'com.example/weather@1.10.0',
    'com.example/zebra@2.0.0',
  ]);
  expect(labels(await page('/v0.1/servers?version=1.0.0'))).toEqual(['com.example/weather@1.0.0']);
});

describe('search', () => {
  test.each([
    ['name', 'search=ZEBRA', ['com.example/zebra@2.0.0']],
    ['title', 'search=sunshine', ['com.example/weather@1.0.0']],
    ['description', 'search=accurate', ['com.example/weather@1.0.0']],
    ['per cent, which is not a wildcard', 'search=100%25', ['com.example/weather@1.0.0']],
    ['underscore, which is not a wildcard', 'search=ber_setzer', ['com.example/zebra@2.0.0']],
    ['letters beyond ASCII in any case', 'search=%C3%BCBER', ['com.example/zebra@2.0.0']],
    ['a text that doesn’t occur', 'search=0_0', []],
  ])('finds by %s', async (_, query, expected) => {
    expect(labels(await page(`/v0.1/servers?${query}`))).toEqual(expected);
  });
});

test('deleted versions are listed with include_deleted, and with updated_since, so that a copy can follow', async () => {
  expect(labels(await page('/v0.1/servers?include_deleted=true'))).toContain('com.example/old@1.0.0');
  expect(labels(await page('/v0.1/servers?updated_since=2020-01-01T00:00:00Z'))).toContain('com.example/old@1.0.0');
  expect(labels(await page('/v0.1/servers?include_deleted=false'))).not.toContain('com.example/old@1.0.0');
  expect(labels(await page('/v0.1/servers?updated_since=2999-01-01T00:00:00Z'))).toEqual([]);
});

describe('pages', () => {
  test('follow each other by cursor, and the last has none', async () => {
    const first = await page('/v0.1/servers?limit=2');
    const second = await page(`/v0.1/servers?limit=2&cursor=${first.metadata.nextCursor}`);
    const third = await page(`/v0.1/servers?limit=2&cursor=${second.metadata.nextCursor}`);
    expect([first, second, third].flatMap(labels)).toEqual(labels(await page('/v0.1/servers')));
    expect(third.metadata).toEqual({ count: 1 });
  });

  test('the cursor is safe in a URL, and keeps the query if a client drops it', async () => {
    const first = await page('/v0.1/servers?limit=1&version=latest&search=e&include_deleted=true');
    expect(first.metadata.nextCursor).toMatch(/^[\w-]+$/);
    const rest = await page(`/v0.1/servers?cursor=${first.metadata.nextCursor}`);
    expect([...labels(first), ...labels(rest)]).toEqual(
      labels(await page('/v0.1/servers?version=latest&search=e&include_deleted=true')),
    );
  });

  test('a cursor with another query, a tampered one, and one from another registry are 400', async () => {
    const { metadata } = await page('/v0.1/servers?limit=1&search=weather');
    const cursor = metadata.nextCursor ?? '';
    const tampered = (cursor.startsWith('A') ? 'B' : 'A') + cursor.slice(1);
    for (const query of [
      `cursor=${tampered}`,
      `cursor=${cursor}&search=other`,
      `cursor=${cursor}&version=latest`,
      'cursor=x',
    ]) {
      expect(await expectError(await api.get(`/v0.1/servers?${query}`), 400)).toContain('"cursor"');
    }
  });

  test('a limit above 1000 is treated as 1000', async () => {
    expect((await page('/v0.1/servers?limit=5000')).metadata.count).toBe(5);
    expect((await page('/v0.1/servers?limit=99999999999999999999')).metadata.count).toBe(5);
  });
});
